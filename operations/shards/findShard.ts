/** Which stack of an environment has a tenant. */
import pMap from "p-map";
import type { KeptTenant } from "../../probes/keptProbes.ts";
import type { Call } from "../contract.ts";
import { ErrorCode, OperationError } from "../errors.ts";
import type { TenantReference } from "../findTenant.ts";
import { READERS } from "./overShards.ts";
import { listing, type ShardLists } from "./shardLists.ts";
import type { Shards } from "./shards.ts";

/** What all engines have just said is believed for so long, as the operations on one stack do. */
const ASK_AGAIN_MILLISECONDS = 10_000;

function nameOf({ tenant, hubId, tunnelId }: TenantReference): string {
  if (tenant !== undefined) return `the tenant ${tenant}`;
  return hubId === undefined ? `a tunnel ${tunnelId}` : `the hub ${hubId}`;
}

/** What an input says of which tenant is meant. */
export function referenceOf({ tenant, hubId, tunnelId }: TenantReference): TenantReference {
  return { tenant, hubId, tunnelId };
}

export function notFound(environment: string, reference: TenantReference): OperationError {
  return new OperationError(ErrorCode.TenantNotFound, `no stack of ${environment} has ${nameOf(reference)}`, {
    ways: [`tenant-edge list --env ${environment} shows the tenants of all of its stacks`],
  });
}

function isMeant(id: string, { facts }: KeptTenant, { tenant, hubId, tunnelId }: TenantReference): boolean {
  if (tenant !== undefined) return id === tenant;
  return hubId === undefined ? facts?.tunnelId === tunnelId : facts?.hubId === hubId;
}

/** Looks first where it costs least: the lists, then what is kept of the last deployments, then all engines. */
export class ShardFinder {
  readonly #shards: Shards;
  readonly #now: () => Date;
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(shards: Shards, now: () => Date) {
    this.#shards = shards;
    this.#now = now;
  }

  /**
   * Undefined when no stack has it.
   *
   * @throws OperationError invalid-configuration or what an engine has said, when those that can be read do not have it:
   * one of the others may.
   */
  async find(reference: TenantReference, call: Call): Promise<string | undefined> {
    const quick = await this.#quick(reference, call);
    if (quick !== undefined) return quick;
    const lists = await this.#shards.lists(call.signal);
    const found = listing(lists, reference) ?? (await this.#kept(lists, reference, call));
    if (found !== undefined) return found;
    const deployed = await this.#deployed(lists, reference, call);
    const [problem] = lists.unreadable;
    if (deployed !== undefined || problem === undefined) return deployed;
    throw new OperationError(
      ErrorCode.InvalidConfiguration,
      `the stacks that can be read do not have ${nameOf(reference)}; ${problem.path} cannot be: ${problem.found}`,
      { ways: [problem.action ?? `it has to be ${problem.allowed}`] },
    );
  }

  async #quick(reference: TenantReference, { signal }: Call): Promise<string | undefined> {
    const id = reference.tenant ?? reference.hubId;
    return id === undefined ? undefined : listing(await this.#shards.listsWith(id, signal), reference);
  }

  /** A tenant that has moved is kept in its old stack's document, too: then the lists say where it is. */
  async #kept(lists: ShardLists, reference: TenantReference, { signal }: Call): Promise<string | undefined> {
    const kept = await Promise.all(
      lists.shards.map(async ({ stack }) => ({ stack, ...(await this.#shards.kept(stack, signal)) })),
    );
    for (const { stack, tenants } of kept) {
      const one = [...tenants].find(([id, tenant]) => isMeant(id, tenant, reference));
      if (one !== undefined) return listing(lists, { tenant: one[0] }) ?? stack;
    }
    return undefined;
  }

  /** @throws the first error when none has it and one could not be asked. */
  async #deployed(
    { shards }: ShardLists,
    reference: TenantReference,
    { signal }: Call,
  ): Promise<string | undefined> {
    const startedAt = this.#now().getTime();
    const age = startedAt - this.#askedAt;
    if (age >= 0 && age < ASK_AGAIN_MILLISECONDS) return undefined;
    let found: string | undefined;
    const errors: unknown[] = [];
    await pMap(
      shards,
      async ({ stack }) => {
        if (found !== undefined) return;
        signal?.throwIfAborted();
        try {
          await (await this.#shards.operations(stack)).status(reference, { signal });
          found = stack;
        } catch (error) {
          const isMissing = error instanceof OperationError && error.code === ErrorCode.TenantNotFound;
          if (!isMissing) errors.push(error);
        }
      },
      { concurrency: READERS },
    );
    if (found === undefined && errors.length > 0) throw errors[0];
    // Each of them has kept what it has now: the next look finds it there.
    if (found === undefined) this.#askedAt = startedAt;
    return found;
  }
}
