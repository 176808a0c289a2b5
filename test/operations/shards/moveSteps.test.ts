/** How a move goes on, or stops, by what the lists and the states have; without an engine. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { parse, stringify } from "yaml";
import { listInTarget, unlistInSource } from "../../../operations/shards/move/entries.ts";
import { findMove } from "../../../operations/shards/move/findMove.ts";
import { MoveStopped } from "../../../operations/shards/move/moveStopped.ts";
import { MovingStack } from "../../../operations/shards/move/movingStack.ts";
import { MoveLog } from "../../../operations/shards/move/record.ts";
import { parseState } from "../../../operations/shards/move/stackState.ts";
import { announceInTarget, moveState } from "../../../operations/shards/move/stateSteps.ts";
import type { Move } from "../../../operations/shards/move/steps.ts";
import { FolderStore } from "../../../storage/folderStore.ts";
import { output } from "../../lifecycle/outputs.ts";

const TENANT = "tenant-edge:index:Tenant";
const [PROD, SECOND] = ["prod", "prod-2"];

interface Shard {
  entries?: { id: string }[];
  /** Whether its state has acme. */
  has?: boolean;
  /** What its outputs say of acme. */
  told?: "deployed" | "arriving";
}

function stateOf(stack: string, { has = false, told }: Shard): string {
  const urn = (type: string, name: string) => `urn:pulumi:${stack}::p::${type}::${name}`;
  const root = urn("pulumi:pulumi:Stack", `p-${stack}`);
  const outputs = {
    tenants: told === "deployed" ? { acme: output("acme") } : {},
    arriving: told === "arriving" ? ["acme"] : [],
  };
  const acme = has ? [{ urn: urn(TENANT, "acme"), type: TENANT, parent: root }] : [];
  return JSON.stringify({
    deployment: { resources: [{ urn: root, type: "pulumi:pulumi:Stack", outputs }, ...acme] },
  });
}

async function shards(prod: Shard, second: Shard) {
  const directory = mkdtempSync(join(tmpdir(), "tenant-edge-move-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const all: Record<string, Shard> = { [PROD]: prod, [SECOND]: second };
  const fileOf = (stack: string) => join(directory, `Pulumi.${stack}.yaml`);
  for (const [stack, { entries = [] }] of Object.entries(all)) {
    const config = { "tenant-edge:environment": "prod", "tenant-edge:tenants": entries };
    writeFileSync(fileOf(stack), stringify({ config }));
  }
  const documents = new FolderStore(join(directory, "data"));
  const refused = async () => {
    throw new Error("nothing is to be moved here");
  };
  const states: Move["states"] = {
    read: async (stack) => parseState(stateOf(stack, all[stack] ?? {})),
    move: refused,
    forget: refused,
  };
  const open = (stack: string) => MovingStack.open({ directory, stack, env: {} });
  const [from, to] = await Promise.all([open(PROD), open(SECOND)]);
  const move: Move = { tenant: "acme", from, to, states, documents, lockPatienceSeconds: 0 };
  const request = { directory, env: {}, tenant: "acme", lockPatienceSeconds: 0 };
  return {
    move,
    listed: (stack: string) => parse(readFileSync(fileOf(stack), "utf8")).config["tenant-edge:tenants"],
    find: (stack: string) =>
      findMove({ ...request, to: stack }, "prod", new MoveLog(documents, "prod"), { documents, states }),
  };
}

const acme = (more: object = {}) => ({ id: "acme", displayName: "Acme", ...more });

describe("the entry of a tenant that moves", () => {
  it("goes from one list to the other as it is", async () => {
    const { move, listed } = await shards({ entries: [acme({ host: { enabled: false } })] }, {});
    await listInTarget(move);
    await listInTarget(move);
    await unlistInSource(move);
    await unlistInSource(move);
    expect([listed(PROD), listed(SECOND)]).toEqual([[], [acme({ host: { enabled: false } })]]);
  });

  it("is never thrown away when somebody has changed one of the two", async () => {
    const edited = acme({ displayName: "Secret", disabled: { keepUntil: "2027-11-22T10:00:00Z" } });
    const { move, listed } = await shards({ entries: [edited] }, { entries: [acme()] });
    for (const step of [listInTarget, unlistInSource]) {
      const stopped: unknown = await step(move).catch((error: unknown) => error);
      expect(stopped).toBeInstanceOf(MoveStopped);
      expect(stopped).toMatchObject({
        code: "not-allowed-now",
        message:
          "the entries of acme in Pulumi.prod.yaml and Pulumi.prod-2.yaml differ in displayName, disabled; nothing was changed",
      });
    }
    expect([listed(PROD), listed(SECOND)]).toEqual([[edited], [acme()]]);
  });

  it("stays when the target's list has lost it", async () => {
    const { move, listed } = await shards({ entries: [acme()] }, {});
    await expect(unlistInSource(move)).rejects.toThrow(MoveStopped);
    expect(listed(PROD)).toEqual([acme()]);
  });
});

describe("the state of a tenant that moves", () => {
  it("has moved only when the target has it", async () => {
    await expect(moveState((await shards({}, {})).move, {})).rejects.toThrow(
      /neither the state of prod nor that of prod-2 has anything of acme/,
    );
    await moveState((await shards({}, { has: true })).move, {});
  });

  it.each([
    ["before the state moves", [{}, {}]],
    ["while it moves", [{ told: "arriving" }, { told: "arriving" }, { has: true }]],
  ] as const)("does not stay where an update has forgotten the announcement %s", async (_, targets) => {
    const { move } = await shards({}, {});
    const free = (stack: MovingStack) =>
      Object.assign(Object.create(stack), { stack: stack.stack, awaitUpdates: async () => {} });
    const later = { [PROD]: [{ has: true }, { has: true }, {}], [SECOND]: [...targets] };
    const states: Move["states"] = {
      read: async (stack) => parseState(stateOf(stack, later[stack]?.shift() ?? {})),
      move: async () => {},
      forget: async () => {},
    };
    const moving = moveState({ ...move, states, from: free(move.from), to: free(move.to) }, {});
    await expect(moving).rejects.toMatchObject({
      code: "not-allowed-now",
      message: "meanwhile an update of prod-2 by another list has forgotten that acme comes",
    });
  });

  it.each([
    ["its outputs announce it", { told: "arriving" }],
    ["its outputs tell of it", { told: "deployed" }],
    ["it has it: a run without its entry must not be made", { has: true }],
  ] as const)("is not announced in a stack when %s", async (_, second) => {
    const { move } = await shards({ has: true }, second);
    const to = Object.assign(Object.create(move.to), {
      announce: () => {
        throw new Error("announced");
      },
    });
    await announceInTarget({ ...move, to }, {});
    const other = await shards({ has: true }, {});
    await expect(announceInTarget({ ...other.move, to }, {})).rejects.toThrow("announced");
  });
});

describe("a move without its record, begun on another machine", () => {
  it("is told by resources of which the outputs do not tell yet", async () => {
    const { find } = await shards({ told: "deployed" }, { entries: [acme()], has: true, told: "arriving" });
    expect(await find(SECOND)).toMatchObject({
      isRecorded: false,
      record: { from: PROD, to: SECOND, isUndone: false },
    });
  });

  it("is to be told in the target alone, when no other stack tells of the tenant", async () => {
    const { find } = await shards({}, { entries: [acme()], has: true });
    const { move } = await find(SECOND);
    expect([move?.from.stack, move?.to.stack]).toEqual([SECOND, SECOND]);
  });

  it("is told by its announcement, while both lists have the entry", async () => {
    const both = { entries: [acme()] };
    const begun = await shards({ ...both, has: true, told: "deployed" }, { ...both, told: "arriving" });
    expect((await begun.find(SECOND)).record).toMatchObject({ from: PROD, to: SECOND });
    const copied = await shards({ ...both, has: true, told: "deployed" }, both);
    await expect(copied.find(SECOND)).rejects.toMatchObject({ code: "not-allowed-now" });
  });

  it("has ended when the outputs tell of it", async () => {
    const { find } = await shards({}, { entries: [acme()], has: true, told: "deployed" });
    expect((await find(SECOND)).move).toBeUndefined();
  });
});
