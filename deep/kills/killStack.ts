/** A stack whose runs are killed, and what is looked at after each. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { DEFAULT_STACK } from "../../sandbox/engine/defaultStack.ts";
import type { Engine } from "../../sandbox/engine/engine.ts";
import { ACCOUNT_ID } from "../../sandbox/scratchConfig.ts";
import { openScratchStack, type ScratchStack } from "../../sandbox/scratchStack.ts";
import { lostSecrets } from "../lostSecrets.ts";
import { ENVIRONMENT, type Entry, killConfig } from "./config.ts";
import { differences, type Thing, thingsInClouds, thingsInState } from "./inventory.ts";
import { Tap } from "./moments.ts";

/** What went wrong after a kill; empty when nothing did. */
export interface Findings {
  lost: string[];
  orphans: string[];
  /** Anything else that is not as it should be. */
  wrong: string[];
}

/** Things that keep their identity as long as the list has them. */
const LASTING = new Set(["tunnel", "record", "bucket", "token"]);
const OBJECT = "kept";

const addressOf = (name: string) => ({ accountId: ACCOUNT_ID, jurisdiction: "default", name }) as const;

export class KillStack {
  readonly stack: ScratchStack;
  readonly tap: Tap;

  private constructor(stack: ScratchStack, tap: Tap) {
    this.stack = stack;
    this.tap = tap;
  }

  static async open(engine: Engine, entries: readonly Entry[]): Promise<KillStack> {
    const tap = new Tap();
    const stack = await openScratchStack({
      engine,
      config: killConfig(entries),
      cloudflare: { intercept: tap.cloudflare },
      aws: { intercept: tap.aws },
    });
    return new KillStack(stack, tap);
  }

  /** What is there before a run, to be compared afterwards. Puts an object into every bucket. */
  before(): Thing[] {
    const { cloudflare } = this.stack.sandbox;
    const things = thingsInClouds(this.stack.sandbox);
    for (const { name } of things.filter(({ kind }) => kind === "bucket")) {
      const file = { contentType: "text/plain", metadata: {} };
      cloudflare.objects.put(addressOf(name), OBJECT, Buffer.from("x"), file);
    }
    return things;
  }

  /** As its owner does it, before its bucket is deleted. */
  emptyBuckets(names: readonly string[]): void {
    const { objects } = this.stack.sandbox.cloudflare;
    for (const name of names) objects.delete(addressOf(name), OBJECT);
  }

  /** @param before what was there. @param entries what the list says now. */
  async look(before: readonly Thing[], entries: readonly Entry[]): Promise<Findings> {
    const { sandbox, folder } = this.stack;
    const [clouds, state] = [thingsInClouds(sandbox), thingsInState(folder)];
    const { lost, orphans } = differences(clouds, state, entries);
    for (const old of before.filter(({ kind }) => LASTING.has(kind))) {
      const present = clouds.filter(({ kind, name }) => kind === old.kind && name === old.name);
      if (present.length > 0 && !present.some(({ id }) => id === old.id))
        lost.push(`${old.kind} ${old.name} was replaced by another one`);
    }
    const wasThere = new Set(before.filter(({ kind }) => kind === "bucket").map(({ name }) => name));
    for (const { kind, name } of clouds) {
      if (kind !== "bucket" || !wasThere.has(name)) continue;
      const object = sandbox.cloudflare.objects.get(addressOf(name), OBJECT);
      if (object === undefined) lost.push(`the object in bucket ${name}`);
    }
    if (lost.length === 0)
      for (const { id } of entries) lost.push(...(await lostSecrets(sandbox, ENVIRONMENT, id)));
    return { lost, orphans, wrong: state.pending.map((operation) => `still pending: ${operation}`) };
  }

  /** The list, as operations have left it. */
  listed(): Entry[] {
    const path = join(this.stack.project, `Pulumi.${DEFAULT_STACK}.yaml`);
    const file = parse(readFileSync(path, "utf8")) as { config: Record<string, Entry[]> };
    return file.config["tenant-edge:tenants"] ?? [];
  }

  close(): Promise<void> {
    return this.stack.close();
  }
}
