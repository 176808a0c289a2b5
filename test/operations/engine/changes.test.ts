import { readFile } from "node:fs/promises";
import { hostname, userInfo } from "node:os";
import { afterEach, describe, expect, it, vi } from "vitest";
import { parse } from "yaml";
import { lifecycleRecord } from "../../../config/lifecycleRecord.ts";
import { settingsDigest } from "../../../config/settingsDigest.ts";
import type { ResolvedTenant } from "../../../config/tenants.ts";
import { type DeployedTenants, parseDeployed } from "../../../lifecycle/deployed.ts";
import { checkConfiguration } from "../../../operations/configuration.ts";
import type { BringOptions } from "../../../operations/context.ts";
import type { Call } from "../../../operations/contract.ts";
import {
  AutomationStack,
  type PreviewOptions,
  type UpdateOptions,
} from "../../../operations/engine/automationStack.ts";
import { Changes } from "../../../operations/engine/changes.ts";
import { UpdateFailure } from "../../../operations/engine/failures.ts";
import { EngineCommandError } from "../../../operations/engine/pulumiCommand.ts";
import type { Standing } from "../../../operations/engine/standing.ts";
import type { Step } from "../../../operations/engine/steps.ts";
import { ErrorCode, OperationError } from "../../../operations/errors.ts";
import type { StackContents } from "../../../orphans/known.ts";
import { output } from "../../lifecycle/outputs.ts";
import { alone, MemoryList, stackFile } from "../fakeContext.ts";

const TUNNEL = "cloudflare:index/zeroTrustTunnelCloudflared:ZeroTrustTunnelCloudflared";
const INSTANCE = "aws:ec2/instance:Instance";

const step = (tenant: string, action: string, type = TUNNEL): Step => ({
  urn: `urn:${type}::${tenant}`,
  type,
  name: `${tenant}-x`,
  tenant,
  action,
});

afterEach(() => vi.restoreAllMocks());

/** Writes down what it is asked, and deploys what the list says. */
class FakeEngine extends AutomationStack {
  readonly previews: string[][] = [];
  /** Which of them were for some tenants alone. */
  readonly focuses: PreviewOptions["focus"][] = [];
  readonly updates: UpdateOptions[] = [];
  isSettledNow = true;
  record: DeployedTenants = { tenants: new Map(), unreadable: [] };
  readonly #list: MemoryList;
  /** What a preview shows. */
  steps: (ids: string[]) => Step[] = (ids) =>
    ids.map((id) => step(id, this.record.tenants.has(id) ? "same" : "create"));
  /** Called in the middle of a preview or an update. */
  onPreview: () => Promise<void> | void = () => {};
  onUpdate: (options: UpdateOptions) => Promise<void> | void = () => {};

  constructor(list: MemoryList) {
    super({ directory: "/nowhere", stack: "prod", env: {} });
    this.#list = list;
  }

  override async deployed(): Promise<DeployedTenants> {
    return this.record;
  }

  override async standing(): Promise<Standing> {
    return { isSettled: this.isSettledNow, isUntouched: this.isSettledNow };
  }

  override async preview({ configFile, focus }: PreviewOptions): Promise<Step[]> {
    this.focuses.push(focus);
    const { config } = parse(await readFile(configFile, "utf8"));
    const ids = (config["tenant-edge:tenants"] as { id: string }[]).map(({ id }) => id);
    this.previews.push(ids);
    await this.onPreview();
    return this.steps(ids);
  }

  /** What the program complains of in an update that succeeds. */
  complaints: string[] = [];

  override async update(options: UpdateOptions): Promise<string[]> {
    this.updates.push(options);
    await this.onUpdate(options);
    this.deploy();
    return this.complaints;
  }

  /** What an update was doing that was killed. */
  pending: StackContents["pending"] = [];

  override async contents(): Promise<StackContents> {
    const { record: deployed, pending } = this;
    return { stack: "prod", root: "urn", deployed, resourceIds: new Set(), held: [], pending };
  }

  deploy(): void {
    const present = { entries: this.#list.entries, version: "1", location: "the list" };
    const { tenants, settings, region } = checkConfiguration(stackFile(), present);
    const record = (tenant: ResolvedTenant) =>
      lifecycleRecord(tenant, null, settingsDigest(settings, region));
    this.record = parseDeployed(
      Object.fromEntries(tenants.map((tenant) => [tenant.id, output(tenant.id, record(tenant))])),
    );
  }
}

function setUp(...ids: string[]) {
  const list = new MemoryList(ids.map((id) => alone(id)));
  const engine = new FakeEngine(list);
  engine.deploy();
  const facts: string[][] = [];
  const mended: number[] = [];
  const file = { settings: {} };
  const changes = new Changes({
    stack: "prod",
    list,
    engine,
    lockPatienceSeconds: 60,
    readStackFile: async () => stackFile(file.settings),
    mend: async ({ pending }) => void mended.push(pending.length),
    onDeployed: async ({ tenants }) => void facts.push([...tenants.keys()]),
  });
  return { list, engine, changes, facts, file, mended };
}

const add = (id: string, more: Partial<BringOptions> = {}): BringOptions => ({
  message: `add ${id}`,
  tenants: [id],
  edit: (document) => document.put(alone(id)),
  ...more,
});

const USER = userInfo().username;
/** What an update ends with while the process has the lock. */
const lockedBy = (host: string, pid: number) =>
  new EngineCommandError(
    "",
    `the stack is currently locked by 1 lock(s).\n  file:///state/x.json: created by ${USER}@${host} (pid ${pid}) at 2026-11-22T10:00:00Z`,
    255,
  );

const failedAt = (...tenants: string[]) =>
  new UpdateFailure(new OperationError(ErrorCode.UpdateFailed, "the update failed"), new Set(tenants));

/** Resolves when the engine gets there, which then goes on when it is told to. */
function gate() {
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  const pass = async () => {
    reach();
    await opened;
  };
  return { reached, open, pass };
}

const idsOf = (list: MemoryList) => list.entries.map(({ id }) => id);

it.each([
  ["was killed", { pending: [{ urn: "u", type: "t", name: "n", tenant: "acme", action: "creating" }] }, [1]],
  ["has failed", { isSettledNow: false }, [0]],
  ["ended well", {}, []],
])("what the last update left is mended before the next one when it %s", async (_, state, expected) => {
  const { engine, changes, mended } = setUp("acme");
  Object.assign(engine, state);
  engine.onUpdate = () => expect(mended).toEqual(expected);
  await changes.bring(add("globex"), {});
  expect(engine.updates).toHaveLength(1);
});

it("tells what the program complains of in an update that succeeds, and mends it", async () => {
  const { engine, changes, mended } = setUp("acme");
  engine.complaints = ["a token may have been minted that nobody knows"];
  const notes: string[] = [];
  await changes.bring(add("globex"), { onProgress: ({ message }) => notes.push(message) });
  expect(notes).toContain("a token may have been minted that nobody knows");
  expect(mended).toEqual([0]);
});

describe("a change", () => {
  it("is previewed on a draft, written into the list and then made", async () => {
    const { list, engine, changes, facts } = setUp("acme");
    engine.onPreview = () => expect(idsOf(list)).toEqual(["acme"]);
    engine.onUpdate = () => expect(idsOf(list)).toEqual(["acme", "globex"]);
    const events: string[] = [];
    await changes.bring(add("globex"), { onProgress: ({ kind }) => events.push(kind) });
    expect(engine.previews).toEqual([["acme", "globex"]]);
    expect(engine.updates.map(({ message }) => message)).toEqual(["add globex"]);
    expect(facts).toEqual([["acme", "globex"]]);
    expect(events).toEqual(["previewing", "previewed", "list-changed", "updating", "updated"]);
  });

  it("that is there already runs no engine, unless the last update failed", async () => {
    const { engine, changes } = setUp("acme");
    await changes.bring(add("acme"), {});
    expect([engine.previews, engine.updates]).toEqual([[], []]);
    engine.isSettledNow = false;
    await changes.bring(add("acme"), {});
    expect(engine.updates).toHaveLength(1);
  });

  it("of the list that was not deployed is made by whoever asks for it again", async () => {
    const { list, engine, changes } = setUp("acme");
    list.entries = [alone("acme"), alone("globex")];
    await changes.bring(add("acme"), {});
    expect(engine.updates).toEqual([]);
    await changes.bring(add("globex"), {});
    expect(engine.updates).toHaveLength(1);
  });

  it("that would destroy what it is not for is refused, and neither list nor stack is changed", async () => {
    const { list, engine, changes } = setUp("acme");
    engine.steps = () => [step("acme", "replace"), step("", "update", "aws:ec2/vpc:Vpc")];
    await expect(changes.bring(add("globex"), {})).rejects.toMatchObject({
      code: "unintended-changes",
      message: expect.stringContaining(`replace acme-x (${TUNNEL}) of acme`),
    });
    expect([idsOf(list), engine.updates]).toEqual([["acme"], []]);
    await changes.bring(
      add("globex", { tenants: ["globex", "acme"], mayDestroy: (type) => type === TUNNEL }),
      {},
    );
    expect(engine.updates).toHaveLength(1);
  });

  it("names twenty of what it would destroy, and how many more", async () => {
    const { engine, changes } = setUp("acme");
    engine.steps = () => Array.from({ length: 25 }, () => step("acme", "delete"));
    const failure = await changes.bring(add("globex"), {}).catch((error: Error) => error.message);
    expect(failure?.match(/delete acme-x/g)).toHaveLength(20);
    expect(failure).toContain("and 5 more");
  });

  it("that the rules refuse changes nothing", async () => {
    const { list, engine, changes } = setUp("acme");
    const taken = add("globex", { edit: (document) => document.put(alone("globex", { subdomain: "acme" })) });
    await expect(changes.bring(taken, {})).rejects.toMatchObject({ code: "invalid-configuration" });
    expect([idsOf(list), engine.previews]).toEqual([["acme"], []]);
  });

  it("replaces the hosts that it is to replace, though the list stays the same", async () => {
    const { engine, changes } = setUp("acme", "globex");
    engine.steps = (ids) => ids.flatMap((id) => [step(id, "same", INSTANCE), step(id, "same")]);
    await changes.bring({ message: "replace", tenants: ["acme"], replaceHostsOf: ["acme"] }, {});
    expect(engine.updates[0]?.replace).toEqual([step("acme", "same", INSTANCE).urn]);
  });

  it("is told to a listener whose errors are its own", async () => {
    const { changes, engine } = setUp("acme");
    const onProgress = () => {
      throw new Error("listener");
    };
    await changes.bring(add("globex"), { onProgress });
    expect(engine.updates).toHaveLength(1);
  });
});

describe("a change of which nothing else is to be done", () => {
  it("is previewed and made for its tenants alone", async () => {
    const { engine, changes } = setUp("acme");
    engine.steps = () => [step("globex", "create"), step("acme", "same")];
    await changes.bring(add("globex"), {});
    expect(engine.focuses).toEqual([["globex"]]);
    expect(engine.updates.map(({ focus }) => focus)).toEqual([["globex"]]);
  });

  it("says so to the program, with the list as a whole", async () => {
    const { engine, changes } = setUp("acme");
    engine.steps = () => [];
    const files: Record<string, unknown>[] = [];
    engine.onUpdate = async ({ configFile }) =>
      void files.push(parse(await readFile(configFile, "utf8"))["config"]);
    await changes.bring(add("globex"), {});
    expect(files).toMatchObject([
      { "tenant-edge:focus": { tenants: ["globex"], until: expect.stringMatching(/Z$/) } },
    ]);
    expect(engine.previews).toEqual([["acme", "globex"]]);
  });

  it("is for the whole stack once the preview shows that there is more to do", async () => {
    const { engine, changes } = setUp("acme");
    engine.steps = () => [step("globex", "create"), step("acme", "update")];
    await changes.bring(add("globex"), {});
    expect(engine.focuses).toEqual([["globex"], undefined]);
    expect(engine.updates.map(({ focus }) => focus)).toEqual([undefined]);
  });
});

describe("a change whose tenants cannot be looked at alone", () => {
  const refusal = new OperationError(ErrorCode.UpdateFailed, "the preview failed: not in the target list");

  it("is for the whole stack when the engine refuses that", async () => {
    const { engine, changes } = setUp("acme");
    engine.onPreview = () => {
      if (engine.focuses.at(-1) !== undefined) throw refusal;
    };
    await changes.bring(add("globex"), {});
    expect(engine.focuses).toEqual([["globex"], undefined]);
    expect(engine.updates.map(({ focus }) => focus)).toEqual([undefined]);
  });

  it("fails as the look at all does", async () => {
    const { engine, changes } = setUp("acme");
    engine.onPreview = () => {
      throw refusal;
    };
    await expect(changes.bring(add("globex"), {})).rejects.toBe(refusal);
    expect(engine.updates).toEqual([]);
  });
});

describe("a list that somebody else changes", () => {
  it("between preview and update is previewed again, with their change", async () => {
    const { list, engine, changes } = setUp("acme");
    engine.onPreview = () => {
      if (engine.previews.length === 1) list.entries = [...list.entries, alone("initech")];
    };
    await changes.bring(add("globex"), {});
    expect(engine.previews).toEqual([
      ["acme", "globex"],
      ["acme", "initech", "globex"],
    ]);
    expect(idsOf(list)).toEqual(["acme", "initech", "globex"]);
    expect(engine.updates).toHaveLength(1);
  });

  it("between our change of it and the update is previewed again", async () => {
    const { list, engine, changes } = setUp("acme");
    const onProgress: Call["onProgress"] = ({ kind }) => {
      if (kind === "list-changed") list.entries = [...list.entries, alone("initech")];
    };
    await changes.bring(add("globex"), { onProgress });
    expect(engine.previews).toEqual([
      ["acme", "globex"],
      ["acme", "globex", "initech"],
    ]);
    expect(engine.updates).toHaveLength(1);
  });

  it("and settings that somebody changes before the update, too", async () => {
    const { engine, changes, file } = setUp("acme");
    const onProgress: Call["onProgress"] = ({ kind }) => {
      if (kind === "list-changed") file.settings = { lifecycle: { retentionDays: 7 } };
    };
    await changes.bring(add("globex"), { onProgress });
    expect(engine.previews).toHaveLength(2);
    expect(engine.updates).toHaveLength(1);
  });

  it("all the time ends in an error, and nothing was changed by us", async () => {
    const { list, engine, changes } = setUp("acme");
    engine.onPreview = () => {
      list.entries = [...list.entries, alone(`new-${engine.previews.length}`)];
    };
    await expect(changes.bring(add("globex"), {})).rejects.toMatchObject({ code: "list-conflict" });
    expect(idsOf(list)).not.toContain("globex");
    expect(engine.updates).toEqual([]);
  });
});

describe("a stack that another process has", () => {
  /** The first updates find it locked. */
  function lockedFor(times: number, error: EngineCommandError, ...ids: string[]) {
    const set = setUp(...ids);
    const { engine } = set;
    engine.onUpdate = () => {
      if (engine.updates.length <= times) throw error;
    };
    return set;
  }

  it("is waited for, and afterwards all is previewed again, with what it did to the list", async () => {
    const { list, engine, changes } = lockedFor(1, lockedBy("build-7", 7), "acme");
    const waiting: string[] = [];
    const onProgress: Call["onProgress"] = ({ kind, message }) => {
      if (kind !== "waiting") return;
      waiting.push(message);
      list.entries = [...list.entries, alone("initech")];
    };
    await changes.bring(add("globex"), { onProgress });
    expect(waiting).toEqual([`prod is locked by ${USER}@build-7`]);
    expect(engine.previews).toEqual([
      ["acme", "globex"],
      ["acme", "globex", "initech"],
    ]);
    expect(engine.updates).toHaveLength(2);
  });

  it("is not updated when what it did there makes the update destroy something", async () => {
    const { engine, changes } = lockedFor(1, lockedBy("build-7", 7), "acme");
    const onProgress: Call["onProgress"] = ({ kind }) => {
      if (kind === "waiting") engine.steps = () => [step("acme", "replace")];
    };
    await expect(changes.bring(add("globex"), { onProgress })).rejects.toMatchObject({
      code: "unintended-changes",
    });
    expect(engine.updates).toHaveLength(1);
  });

  it("loses the lock of a process that is no more, without waiting", async () => {
    const { engine, changes } = lockedFor(1, lockedBy(hostname(), 2 ** 22 + 1), "acme");
    const kinds: string[] = [];
    await changes.bring(add("globex"), { onProgress: ({ kind }) => kinds.push(kind) });
    expect(kinds).not.toContain("waiting");
    expect(engine.previews).toHaveLength(2);
  });

  it("for too long is an error that says who has it; the next try needs no other change of the list", async () => {
    vi.spyOn(performance, "now").mockReturnValueOnce(0).mockReturnValue(60_000);
    const { list, engine, changes } = lockedFor(1, lockedBy("build-7", 7), "acme");
    await expect(changes.bring(add("globex"), {})).rejects.toMatchObject({
      code: "stack-locked",
      message: expect.stringContaining(`${USER}@build-7 (process 7)`),
    });
    expect(idsOf(list)).toEqual(["acme", "globex"]);
    await changes.bring(add("globex"), {});
    expect(engine.updates).toHaveLength(2);
  });

  it("is waited for only until everybody has stopped", async () => {
    const stop = new AbortController();
    const { engine, changes } = lockedFor(Number.POSITIVE_INFINITY, lockedBy("build-7", 7), "acme");
    const onProgress: Call["onProgress"] = ({ kind }) => {
      if (kind === "waiting") stop.abort();
    };
    await expect(changes.bring(add("globex"), { onProgress, signal: stop.signal })).rejects.toThrow(/abort/i);
    expect(engine.updates).toHaveLength(1);
  });
});

describe("changes at the same time", () => {
  it("are one update, for all that waited together", async () => {
    const { list, engine, changes } = setUp();
    const { reached, open, pass } = gate();
    engine.onUpdate = () => (engine.updates.length === 1 ? pass() : undefined);
    const waiting: string[] = [];
    const first = changes.bring(add("a"), {});
    await reached;
    const others = ["b", "c", "d"].map((id) =>
      changes.bring(add(id), { onProgress: ({ kind }) => waiting.push(`${id} ${kind}`) }),
    );
    open();
    await Promise.all([first, ...others]);
    expect(engine.updates.map(({ message }) => message)).toEqual(["add a", "add b, add c, add d"]);
    expect(idsOf(list)).toEqual(["a", "b", "c", "d"]);
    for (const id of ["b", "c", "d"]) expect(waiting).toContain(`${id} waiting`);
    for (const id of ["b", "c", "d"]) expect(waiting).toContain(`${id} updated`);
  });

  it("do not fail for the sake of one that is refused", async () => {
    const { list, engine, changes } = setUp();
    const { reached, open, pass } = gate();
    engine.onUpdate = () => (engine.updates.length === 1 ? pass() : undefined);
    const first = changes.bring(add("a"), {});
    await reached;
    const refused = add("b", {
      edit: () => {
        throw new OperationError(ErrorCode.TenantDiffers, "no");
      },
    });
    const outcomes = Promise.allSettled([
      changes.bring(add("c"), {}),
      changes.bring(refused, {}),
      changes.bring(add("d"), {}),
    ]);
    open();
    await first;
    expect((await outcomes).map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(idsOf(list)).toEqual(["a", "c", "d"]);
  });

  it("go on after one whose update failed, which its next try completes", async () => {
    const { engine, changes } = setUp();
    engine.onUpdate = () => {
      if (engine.updates.length === 1) throw failedAt("a");
    };
    await expect(changes.bring(add("a"), {})).rejects.toMatchObject({ code: "update-failed" });
    await changes.bring(add("a"), {});
    expect(engine.updates).toHaveLength(2);
    expect([...engine.record.tenants.keys()]).toEqual(["a"]);
  });

  it.each([
    ["at one of them fails for that one only", ["c"], ["fulfilled", "rejected", "fulfilled"]],
    ["at what is shared fails for all", ["c", ""], ["rejected", "rejected", "rejected"]],
    ["of the program fails for all", [], ["rejected", "rejected", "rejected"]],
    ["at nobody of them fails for none", ["acme"], ["fulfilled", "fulfilled", "fulfilled"]],
  ])("whose update fails %s", async (_, failed, expected) => {
    const { list, engine, changes } = setUp("acme");
    const { reached, open, pass } = gate();
    engine.onUpdate = async () => {
      if (engine.updates.length === 1) return await pass();
      throw failedAt(...failed);
    };
    const first = changes.bring(add("a"), {});
    await reached;
    const outcomes = Promise.allSettled(["b", "c", "d"].map((id) => changes.bring(add(id), {})));
    open();
    await first;
    expect((await outcomes).map(({ status }) => status)).toEqual(expected);
    // Once: what was done is kept, nothing is tried for each of them.
    expect(engine.updates).toHaveLength(2);
    expect(idsOf(list)).toEqual(["acme", "a", "b", "c", "d"]);
  });

  it("whose update fails at another tenant fail when what they delete was not begun", async () => {
    const { engine, changes } = setUp("acme", "globex", "initech");
    const steps = [step("acme", "update"), step("globex", "delete"), step("initech", "delete")];
    engine.steps = () => steps;
    const { reached, open, pass } = gate();
    engine.onUpdate = async ({ onStep }) => {
      if (engine.updates.length === 1) return await pass();
      for (const each of steps.slice(0, 2)) onStep(each);
      throw failedAt("acme");
    };
    const all: Partial<BringOptions> = { mayDestroy: () => true };
    const first = changes.bring(add("a", { ...all, tenants: ["a", "globex", "initech"] }), {});
    await reached;
    const outcomes = Promise.allSettled(
      ["globex", "initech"].map((id) => changes.bring({ ...add(`new-${id}`), ...all, tenants: [id] }, {})),
    );
    open();
    await first;
    expect((await outcomes).map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  });

  it("are waited for by idle", async () => {
    const { engine, changes } = setUp();
    const { reached, open, pass } = gate();
    engine.onUpdate = pass;
    const work = changes.bring(add("a"), {});
    await reached;
    const idle = vi.fn();
    const closing = changes.idle().then(idle);
    await Promise.resolve();
    expect(idle).not.toHaveBeenCalled();
    open();
    await Promise.all([work, closing]);
  });
});

describe("a change that is stopped", () => {
  const aborted = (): Call => ({ signal: AbortSignal.abort() });

  it("before it began changes nothing", async () => {
    const { list, engine, changes } = setUp();
    await expect(changes.bring(add("a"), aborted())).rejects.toMatchObject({ code: "aborted" });
    expect([idsOf(list), engine.previews]).toEqual([[], []]);
  });

  it("while it waits leaves those that wait with it alone", async () => {
    const { list, engine, changes } = setUp();
    const { reached, open, pass } = gate();
    engine.onUpdate = () => (engine.updates.length === 1 ? pass() : undefined);
    const stop = new AbortController();
    const first = changes.bring(add("a"), {});
    await reached;
    const outcomes = Promise.allSettled([
      changes.bring(add("b"), { signal: stop.signal }),
      changes.bring(add("c"), {}),
    ]);
    stop.abort();
    open();
    await first;
    expect(await outcomes).toMatchObject([
      { status: "rejected", reason: { code: "aborted" } },
      { status: "fulfilled" },
    ]);
    expect(idsOf(list)).toEqual(["a", "c"]);
  });

  it("stops the engine only when everybody has stopped", async () => {
    const { engine, changes } = setUp();
    const [first, second] = [gate(), gate()];
    const signals: (AbortSignal | undefined)[] = [];
    engine.onUpdate = async ({ signal }) => {
      signals.push(signal);
      await (engine.updates.length === 1 ? first : second).pass();
    };
    const [one, other] = [new AbortController(), new AbortController()];
    const work = [changes.bring(add("a"), {})];
    await first.reached;
    work.push(
      changes.bring(add("b"), { signal: one.signal }),
      changes.bring(add("c"), { signal: other.signal }),
    );
    first.open();
    await second.reached;
    one.abort();
    expect(signals[1]?.aborted).toBe(false);
    other.abort();
    expect(signals[1]?.aborted).toBe(true);
    second.open();
    await Promise.all(work);
    expect(signals[0]?.aborted).toBe(false);
  });
});

describe("a plan", () => {
  it("shows steps and list, and changes nothing", async () => {
    const { list, engine, changes } = setUp("acme");
    engine.steps = () => [step("globex", "create"), step("acme", "same")];
    const { steps, before, entries } = await changes.plan(add("globex"), {});
    expect(steps).toEqual([step("globex", "create")]);
    expect(before).toEqual([alone("acme")]);
    expect(entries).toEqual([alone("acme"), alone("globex")]);
    expect([idsOf(list), engine.updates]).toEqual([["acme"], []]);
  });

  it("is refused for what the change would be refused for", async () => {
    const { engine, changes } = setUp("acme");
    engine.steps = () => [step("acme", "delete")];
    await expect(changes.plan(add("globex"), {})).rejects.toMatchObject({ code: "unintended-changes" });
  });
});
