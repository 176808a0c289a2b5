/** Why a tenant may not move between two stacks, as far as their settings and states tell; pure. */
import { isDeepStrictEqual } from "node:util";
import type { ResolvedTenant } from "../../../config/tenants.ts";
import { parseDeployed } from "../../../lifecycle/deployed.ts";
import type { Configuration } from "../../context.ts";
import { entryDifferences } from "../../plan.ts";
import type { StackState } from "./stackState.ts";

export interface Obstacle {
  /** What it is about: a setting, or a stack. */
  path: string;
  message: string;
}

/** Where hosts of a stack live. */
export interface HostNetwork {
  vpcId: string | undefined;
  privateSubnetIds: readonly string[];
}

/** A stack as it has the tenant, or would have it. */
export interface Side {
  stack: string;
  configuration: Configuration;
  tenant: ResolvedTenant;
  /** Undefined when there is none yet. */
  network: HostNetwork | undefined;
}

const show = (value: unknown) => JSON.stringify(value) ?? "nothing";

/** Settings of a stack that its tenants' resources are made of. Those of the first group never change. */
function settingsOf({ configuration: { settings, region } }: Side) {
  const { cloudflare, environment, kmsKeyArn, tags } = settings;
  const { accountId, zoneId, zoneName } = cloudflare;
  return {
    "tenant-edge:environment": environment,
    "tenant-edge:cloudflare.accountId": accountId,
    "tenant-edge:cloudflare.zoneId": zoneId,
    "tenant-edge:cloudflare.zoneName": zoneName,
    "aws:region": region,
    "tenant-edge:kmsKeyArn": kmsKeyArn,
    "tenant-edge:tags": tags,
  };
}

function settingObstacles(from: Side, to: Side): Obstacle[] {
  const [here, there] = [settingsOf(from), settingsOf(to)];
  return (Object.keys(here) as (keyof typeof here)[]).flatMap((path) =>
    isDeepStrictEqual(here[path], there[path])
      ? []
      : [{ path, message: `${from.stack} has ${show(here[path])}, ${to.stack} has ${show(there[path])}` }],
  );
}

/** What the stacks' defaults make of the same entry. */
function tenantObstacles(from: Side, to: Side): Obstacle[] {
  return entryDifferences(from.tenant, to.tenant)
    .filter(({ path }) => path !== "entryDigest")
    .map(({ path, before, after }) => ({
      path: `${from.tenant.id}.${path}`,
      message: `${from.stack} makes it ${before}, ${to.stack} would make it ${after}: write it into the tenant's entry, or give both stacks the same default`,
    }));
}

function networkObstacles(from: Side, to: Side): Obstacle[] {
  if (from.tenant.host === undefined || isDeepStrictEqual(from.network, to.network)) return [];
  const text = (network: HostNetwork | undefined) =>
    network === undefined ? "none yet" : `${network.vpcId}, ${network.privateSubnetIds.join(", ")}`;
  return [
    {
      path: "tenant-edge:network",
      message: `its hosts live in the network of ${from.stack} (${text(from.network)}), and would not in that of ${to.stack} (${text(to.network)}): write stack: <the one that has the network> into the other's tenant-edge:network`,
    },
  ];
}

export function differences(from: Side, to: Side): Obstacle[] {
  return [...settingObstacles(from, to), ...tenantObstacles(from, to), ...networkObstacles(from, to)];
}

/** A stack's state, as far as a move is concerned. */
export interface Standing {
  stack: string;
  state: StackState;
  /** False after an update that did not end well. */
  isSettled: boolean;
}

const deployFirst = (stack: string) => `bring it there first: pulumi up --stack ${stack}`;

function standingObstacles({ stack, state, isSettled }: Standing): Obstacle[] {
  if (state.root === "") return [{ path: stack, message: `was never deployed; ${deployFirst(stack)}` }];
  if (state.isPending) {
    const message = `an update is under way, or was killed: wait for it, or tenant-edge repair --stack ${stack}`;
    return [{ path: stack, message }];
  }
  return isSettled ? [] : [{ path: stack, message: `its last update failed; ${deployFirst(stack)}` }];
}

/** @param tenant as the source's list has it. */
export function stateObstacles(tenant: ResolvedTenant, from: Standing, to: Standing): Obstacle[] {
  const obstacles = [from, to].flatMap(standingObstacles);
  const { id, entryDigest } = tenant;
  const deployed = parseDeployed(from.state.outputs["tenants"]).tenants.get(id);
  if (from.state.resourcesOf(id).length === 0) {
    obstacles.push({ path: id, message: `is not deployed in ${from.stack}; ${deployFirst(from.stack)}` });
  } else if (deployed?.entryDigest !== entryDigest) {
    const message = `its entry is not the one that was deployed last; ${deployFirst(from.stack)}`;
    obstacles.push({ path: id, message });
  }
  if (to.state.resourcesOf(id).length > 0) {
    const message = `the state of ${to.stack} has a tenant of this id already, and its list does not; ${deployFirst(to.stack)}`;
    obstacles.push({ path: id, message });
  }
  return obstacles;
}

/**
 * Where a stack's hosts live.
 *
 * @param outputs of the stack's last update. @param outputsOf of the stack that its settings name.
 */
export function networkOf(
  settings: Configuration["settings"]["network"],
  outputs: StackState["outputs"],
  outputsOf: (stack: string) => StackState["outputs"],
): HostNetwork | undefined {
  const { stack, vpcId, privateSubnetIds } = settings;
  if (privateSubnetIds !== undefined) return { vpcId, privateSubnetIds };
  const told = (stack === undefined ? outputs : outputsOf(stack))["network"];
  if (typeof told !== "object" || told === null || !("privateSubnetIds" in told)) return undefined;
  const ids: unknown = told.privateSubnetIds;
  if (!("vpcId" in told) || typeof told.vpcId !== "string" || !Array.isArray(ids)) return undefined;
  return { vpcId: told.vpcId, privateSubnetIds: ids.map(String) };
}
