/** A folder with the stack files of an environment. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { NAMESPACE } from "../../config/problems.ts";
import { rawStack } from "../config/stacks.ts";
import { temporaryFolder } from "../sandbox/engine/temporaryFolder.ts";

/** The text of a stack file with these tenants and other settings. */
export function stackText(tenants: unknown, settings: Record<string, unknown> = {}): string {
  const values = { ...rawStack([], settings), tenants };
  const config = Object.fromEntries(Object.entries(values).map(([key, value]) => [NAMESPACE + key, value]));
  return stringify({ config: { "aws:region": "eu-west-1", ...config } });
}

/** @param texts by the stack's name. Removed when the test has finished. */
export function shardFolder(texts: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  for (const [stack, text] of Object.entries(texts))
    writeFileSync(join(folder, `Pulumi.${stack}.yaml`), text);
  return folder;
}
