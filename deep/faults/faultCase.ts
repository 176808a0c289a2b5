/** One thing that is tried: faults at calls of one operation on one tenant. */
import type { FaultCall } from "../../sandbox/faults/faults.ts";
import { FaultKind, FaultPlace } from "../../sandbox/faults/kinds.ts";
import type { FaultRuleInput } from "../../sandbox/faults/rule.ts";
import { type Operation, TENANT_ID, type Tenant } from "./life.ts";

/** A call of an operation on any tenant: `<tenant>` stands for its id, `<id>` for what a cloud has chosen. */
export interface KnownCall extends FaultCall {
  /** Which call of this kind for this resource, from 1. */
  number: number;
  /** Whether the operation has written the resource before: only then can a read of it be late. */
  followsWrite: boolean;
  operation: NonNullable<FaultCall["operation"]>;
  resource: string;
}

export interface FaultCase {
  step: Operation;
  hasHost: boolean;
  faults: readonly { at: KnownCall; kind: FaultKind }[];
}

/** Hexadecimal ids and UUIDs of Cloudflare. */
const CHOSEN_ID = /[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** The call as one on any tenant; `undefined` when it is made for no resource of a tenant. */
export function onAnyTenant(call: FaultCall): Omit<KnownCall, "number" | "followsWrite"> | undefined {
  const { operation, resource } = call;
  const [id] = TENANT_ID.exec(resource ?? "") ?? [];
  if (operation === undefined || resource === undefined || id === undefined) return undefined;
  const name = resource.split("::").at(-1) ?? "";
  const anyTenant = (text: string) => text.replaceAll(id, "<tenant>");
  return {
    ...call,
    operation,
    resource: anyTenant(name),
    call: anyTenant(call.call.replace(CHOSEN_ID, "<id>")),
  };
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** The rules by which a case happens to one tenant. */
export function rulesOf({ faults }: FaultCase, { id }: Tenant): FaultRuleInput[] {
  const exactly = (text: string) => escaped(text.replaceAll("<tenant>", id)).replaceAll("<id>", "[0-9a-f-]+");
  return faults.map(({ at, kind }) => ({
    kind,
    where: at.where,
    call: `^${exactly(at.call)}$`,
    resource: `::${exactly(at.resource)}$`,
    operation: at.operation,
    ...(kind === FaultKind.staleRead ? { reads: 3 } : { calls: [at.number] }),
  }));
}

const REFUSALS = [
  FaultKind.tooManyRequests,
  FaultKind.tooManyRequestsRetryAfter,
  FaultKind.internalError,
  FaultKind.badGateway,
  FaultKind.conflict,
];
const LOSSES = [FaultKind.timeoutBefore, FaultKind.timeoutAfter, FaultKind.droppedConnection, FaultKind.slow];

/** What can go wrong with a call. AWS never says how long to wait, and an engine hears of a provider only errors. */
export function kindsFor({ where, writes, followsWrite }: KnownCall): FaultKind[] {
  if (where === FaultPlace.provider) {
    return [FaultKind.internalError, FaultKind.timeoutAfter, FaultKind.droppedConnection];
  }
  const refusals = REFUSALS.filter(
    (kind) => where === FaultPlace.cloudflare || kind !== FaultKind.tooManyRequestsRetryAfter,
  );
  return [...refusals, ...LOSSES, ...(!writes && followsWrite ? [FaultKind.staleRead] : [])];
}

/** For people, with all that is needed to try it again. */
export function caseText({ step, hasHost, faults }: FaultCase): string {
  const what = faults.map(
    ({ at, kind }) => `${kind} at ${at.where} ${at.operation} ${at.resource} ${at.call} #${at.number}`,
  );
  return `${step}${hasHost ? " with a host" : ""}: ${what.join(" and ")}`;
}
