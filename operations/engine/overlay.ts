/** A stack file with other settings, for one run of the engine. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isMap, parseDocument } from "yaml";
import { NAMESPACE } from "../../config/problems.ts";
import { ARRIVING } from "../../lifecycle/arriving.ts";
import { FOCUS, type Focus, LONGEST_FOCUS } from "../../lifecycle/focus.ts";

/** The text of a stack file whose list is this one, and lies nowhere else. Everything else stays, encryption included. */
export function withTenants(text: string, entries: readonly Record<string, unknown>[]): string {
  const document = parseDocument(text);
  document.setIn(
    ["config", `${NAMESPACE}tenants`],
    document.createNode(entries, { aliasDuplicateObjects: false }),
  );
  const config = document.get("config");
  if (isMap(config)) config.delete(`${NAMESPACE}tenantList`);
  return document.toString({ lineWidth: 0 });
}

/** How long a run may take to begin. What it allows is worth nothing afterwards, wherever the engine keeps its settings. */
const BEGIN_PATIENCE = 10 * 60_000;

/** The text of a stack file that lets one run delete and replace things of these tenants. */
export function withAllowance(text: string, named: readonly string[], now: Date): string {
  const document = parseDocument(text);
  const path = ["config", `${NAMESPACE}allow`];
  const given = (key: string) => String(document.getIn([...path, key]) ?? "");
  const isGiven = Date.parse(given("until")) > now.getTime();
  const words = [...(isGiven ? [given("words")] : []), ...named].join(", ");
  if (words === "") return text;
  const until = new Date(now.getTime() + BEGIN_PATIENCE).toISOString();
  document.setIn(path, document.createNode({ words, until }));
  return document.toString({ lineWidth: 0 });
}

/** The text of a stack file for a run that the engine's targets limit to these tenants; undefined for a run for all. */
export function withFocus(text: string, tenants: readonly string[] | undefined, now: Date): string {
  return tenants === undefined ? text : withTenantsOfRun(text, FOCUS, tenants, now);
}

/** The text of a stack file for a run that has the outputs say that these tenants come from another stack. */
export function withArriving(text: string, tenants: readonly string[], now: Date): string {
  return withTenantsOfRun(text, ARRIVING, tenants, now);
}

function withTenantsOfRun(text: string, key: string, tenants: readonly string[], now: Date): string {
  const document = parseDocument(text);
  const value: Focus = { tenants, until: new Date(now.getTime() + LONGEST_FOCUS).toISOString() };
  document.setIn(["config", `${NAMESPACE}${key}`], document.createNode(value));
  return document.toString({ lineWidth: 0 });
}

/** Gives `use` the path of a file with this text, which only this user can read, and removes it afterwards. */
export async function withOverlay<T>(text: string, use: (file: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "tenant-edge-list-"));
  try {
    const file = join(folder, "Pulumi.overlay.yaml");
    writeFileSync(file, text, { mode: 0o600 });
    return await use(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
