/** Everything that is in the emulated clouds, as an operator would look for what is left behind. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import Table from "cli-table3";
import { Aws } from "../aws/cloud.ts";
import { Cloudflare } from "../cloudflare/cloud.ts";
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
  const { tunnels, records, buckets, tokens } = cloudflare.inventory();
  return [
    ...tunnels.map((one) => item("tunnel", one.name, `${one.id} ${cloudflare.tunnels.status(one)}`)),
    ...records.map(({ name, type, content }) => item("DNS record", name, `${type} ${content}`)),
    ...buckets.map(({ name, jurisdiction, location }) =>
      item("R2 bucket", name, `${jurisdiction} ${location}`),
    ),
    ...tokens.map((one) => item("account token", one.name, `${one.id} ${cloudflare.tokens.statusOf(one)}`)),
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
