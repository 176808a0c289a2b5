/** Settings of a stack that never change: what is deployed stays where it is. */
import { z } from "zod";
import type { DeployedTenant, DeployedTenants } from "./deployed.ts";

/** What a stack's last outputs say of them. Each may be missing: older versions of the program told none. */
const deployment = z.object({
  environment: z.string(),
  accountId: z.string(),
  zoneId: z.string(),
  zoneName: z.string(),
  region: z.string(),
});

export type Deployment = z.output<typeof deployment>;

const known = deployment.partial();

/** How the program begins to say that it refuses. */
export const MOVE_REFUSED = "would move what is deployed to another place";

/** Where they stand in a stack file. */
const PATHS: Readonly<Record<keyof Deployment, string>> = {
  environment: "tenant-edge:environment",
  accountId: "tenant-edge:cloudflare.accountId",
  zoneId: "tenant-edge:cloudflare.zoneId",
  zoneName: "tenant-edge:cloudflare.zoneName",
  region: "aws:region",
};

export interface Move {
  path: string;
  deployed: string;
  found: string;
}

/** Begins each tunnel's name; an environment has no hyphen. */
const ENVIRONMENT = /^te-([a-z0-9]+)-/;
/** Begins each endpoint's host. */
const ACCOUNT_ID = /^https:\/\/([0-9a-f]{32})\./;
/** What follows a hostname's first label, which a tenant has for its own. */
const ZONE_NAME = /^[^.]+\.(.+)$/;

type Told = { [Key in keyof Deployment]?: string | undefined };

/** What a tenant's own outputs tell of them. */
function toldBy({ tunnelName, endpoint, hostname }: DeployedTenant): Told {
  return {
    environment: ENVIRONMENT.exec(tunnelName)?.[1],
    accountId: ACCOUNT_ID.exec(endpoint ?? "")?.[1],
    zoneName: ZONE_NAME.exec(hostname)?.[1],
  };
}

/**
 * @param output value of the stack's output `deployment`: what it lacks is taken from the tenants, of whom older versions
 * told all the same.
 * @returns settings that are not what is deployed.
 */
export function moves(output: unknown, { tenants }: DeployedTenants, present: Deployment): Move[] {
  const { data = {} } = known.safeParse(output ?? {});
  const told = [...tenants.values()].map(toldBy);
  return (Object.keys(PATHS) as (keyof Deployment)[]).flatMap((key) => {
    const all = data[key] === undefined ? told.map((each) => each[key]) : [data[key]];
    const deployed = all.find((each) => each !== undefined && each !== present[key]);
    return deployed === undefined ? [] : [{ path: PATHS[key], deployed, found: present[key] }];
  });
}

export function moveRefusal(found: readonly Move[]): string {
  const lines = found.map(
    ({ path, deployed, found: value }) => `  ${path}\n    found     ${value}\n    deployed  ${deployed}`,
  );
  return `${MOVE_REFUSED}; nothing was changed.

${lines.join("\n")}

Put it back. To move for good: make a new stack with the new settings (pulumi stack init), enroll the tenants there and
copy their objects, then remove them here; a stack without tenants takes any settings.
`;
}
