/** What the real providers answered, as recorded. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { NotedRequest } from "./cloudflareStandIn.ts";
import type { Values } from "./wireValues.ts";

export interface RecordedChange {
  change: string;
  news: Values;
  changes: string;
  diffs: string[];
  replaces: string[];
  updatePreviewComputed?: string[];
  update?: { requests: NotedRequest[]; diffAfter: string; diffAfterRefresh: string };
}

export interface Recording {
  inputs: Values;
  invalid: { inputs: Values; failures?: { property: string; reason: string }[]; error?: string }[];
  changes: RecordedChange[];
  checked: Values;
  createPreview: Values;
  create: { id: string; outputs: Values; requests: NotedRequest[]; warnings?: string[] };
  read: { outputs: Values; inputs: Values; requests: NotedRequest[] };
  delete: { requests: NotedRequest[] };
  variants?: { variant: string; inputs: Values; create: { requests: NotedRequest[] } }[];
}

/** Recorded types by token. */
export function recordings(file: string): [token: string, recording: Recording][] {
  const path = join(import.meta.dirname, "..", "..", "fixtures", "recordings", `${file}.json`);
  const { types } = JSON.parse(readFileSync(path, "utf8")) as { types: Record<string, Recording> };
  return Object.entries(types);
}
