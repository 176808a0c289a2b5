/** Everything that is in the emulated clouds, as an operator would look for what is left behind. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import Table from "cli-table3";
import { Aws } from "../aws/cloud.ts";
import { Cloudflare, DEPLOY_TOKEN_NAME } from "../cloudflare/cloud.ts";
import { DEFAULT_STACK } from "../engine/defaultStack.ts";
import { storedHostReports } from "../hosts/hosts.ts";
import { awsAccountOf, readStackValues, regionOf } from "../seed.ts";
import { Store } from "../store.ts";

export interface Item {
  cloud: "Cloudflare" | "AWS";
  kind: string;
  name: string;
  detail: string;
}

function cloudflareItems(cloudflare: Cloudflare): Item[] {
  const item = (kind: string, name: string, detail: string): Item => ({
    cloud: "Cloudflare",
    kind,
    name,
    detail,
  });
  const live = cloudflare.tunnels.list().filter(({ deletedAt }) => deletedAt === undefined);
  const zones = cloudflare.zones.list();
  const accounts = cloudflare.accounts.list();
  return [
    ...live.map((tunnel) => item("tunnel", tunnel.name, `${tunnel.id} ${cloudflare.tunnels.status(tunnel)}`)),
    ...zones
      .flatMap(({ id }) => cloudflare.records.list(id))
      .map((record) => item("DNS record", record.name, `${record.type} ${record.content}`)),
    ...accounts
      .flatMap(({ id }) => cloudflare.buckets.list(id))
      .map((bucket) => item("R2 bucket", bucket.name, `${bucket.jurisdiction} ${bucket.location}`)),
    ...accounts
      .flatMap(({ id }) => cloudflare.tokens.list(id))
      .filter(({ name }) => name !== DEPLOY_TOKEN_NAME)
      .map((token) => item("account token", token.name, `${token.id} ${cloudflare.tokens.statusOf(token)}`)),
  ];
}

/** @param boots what became of each instance's boot, in words. */
function awsItems(aws: Aws, boots: ReadonlyMap<string, string>): Item[] {
  return aws.inventory().map(({ kind, id, detail, tags }) => ({
    cloud: "AWS",
    kind,
    name: tags["Name"] === undefined ? id : `${id} (${tags["Name"]})`,
    detail: [detail, boots.get(id)].filter(Boolean).join("; "),
  }));
}

/** Why a host did not come up, by instance, for those that did not. */
function failedBoots(store: Store): Map<string, string> {
  const failed = storedHostReports(store).filter(({ state }) => state === "failed");
  return new Map(
    failed.map(({ instanceId, reason }) => [instanceId, `did not boot: ${reason ?? "unknown reason"}`]),
  );
}

/** Why hosts did not come up, from the state in the folder. */
export function readFailedBoots(folder: string): Map<string, string> {
  const store = Store.open(folder);
  try {
    return failedBoots(store);
  } finally {
    store.close();
  }
}

/** Reads the state in the folder, also while a sandbox is running on it. */
export function readInventory(folder: string): Item[] {
  const project = join(folder, "project");
  const store = Store.open(folder);
  const stacks = existsSync(project) ? readStackValues(project, DEFAULT_STACK) : [];
  const aws = new Aws({ store, region: regionOf(stacks), accountId: awsAccountOf(stacks) });
  try {
    return [...cloudflareItems(new Cloudflare({ store })), ...awsItems(aws, failedBoots(store))];
  } finally {
    aws.close();
    store.close();
  }
}

export function inventoryTable(items: readonly Item[]): string {
  if (items.length === 0) return "Nothing at Cloudflare, nothing at AWS.";
  const table = new Table({ head: ["cloud", "kind", "name", ""], style: { head: [], border: [] } });
  for (const { cloud, kind, name, detail } of items) table.push([cloud, kind, name, detail]);
  return table.toString();
}
