import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { networkSchema } from "../../../config/networkSchema.ts";
import type { DetachedPulumi } from "../../../operations/engine/pulumiCommand.ts";
import { ErrorCode } from "../../../operations/errors.ts";
import { BYTES_PER_SHARD, shardsAtOnce } from "../../../operations/shards/up/atOnce.ts";
import { borrowersOf, homeOf, homeProblems, type Networked } from "../../../operations/shards/up/homes.ts";
import { digestIn, inputsDigest, type ShardInputs, upMessage } from "../../../operations/shards/up/inputs.ts";
import { organizationProblem } from "../../../operations/shards/up/organizations.ts";
import { type PastRun, readStandings, standingOf } from "../../../operations/shards/up/standing.ts";

describe("how many stacks at once", () => {
  const roomy = { processors: 4, availableBytes: 100 * BYTES_PER_SHARD };

  it("is one per processor, or what was asked for, where memory and calls suffice", () => {
    expect(shardsAtOnce(roomy, [])).toBe(4);
    expect(shardsAtOnce({ ...roomy, parallel: 7 }, [])).toBe(7);
    expect(shardsAtOnce({ ...roomy, parallel: 7, availableBytes: 3.9 * BYTES_PER_SHARD }, [])).toBe(3);
  });

  it("lets as many make their calls as the token has left, of what the greediest needs", () => {
    const calls = [
      { needed: 250, left: 960 },
      { needed: 5, left: 960 },
    ];
    expect(shardsAtOnce(roomy, calls)).toBe(3);
    expect(shardsAtOnce(roomy, [{ needed: 0, left: 0 }])).toBe(4);
    // Another account's token.
    expect(shardsAtOnce(roomy, [...calls, { needed: 250, left: 500 }])).toBe(2);
  });

  it("is never none, and never more than a bound", () => {
    const natural = fc.nat(1_000);
    const room = fc.record({
      processors: fc.integer({ min: 1, max: 64 }),
      availableBytes: fc.nat(64 * BYTES_PER_SHARD),
      parallel: fc.option(fc.integer({ min: 1, max: 64 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(room, fc.array(fc.record({ needed: natural, left: natural })), (given, calls) => {
        const atOnce = shardsAtOnce(given, calls);
        expect(atOnce).toBeGreaterThanOrEqual(1);
        if (atOnce === 1) return;
        expect(atOnce).toBeLessThanOrEqual(given.parallel ?? given.processors);
        expect(atOnce * BYTES_PER_SHARD).toBeLessThanOrEqual(given.availableBytes);
        for (const { needed, left } of calls) expect(atOnce * needed).toBeLessThanOrEqual(left);
      }),
    );
  });
});

describe("the digest of a stack's inputs", () => {
  const inputs: ShardInputs = {
    file: {
      config: { "aws:region": "eu-west-1", "tenant-edge:tenants": [{ id: "acme", displayName: "A" }] },
    },
    sharedEntries: undefined,
    program: "p",
    network: undefined,
    borrowers: [],
  };
  const config = inputs.file["config"] as object;

  it("is the same however the file is written, and when the engine writes its key into it", () => {
    const keys = fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue());
    fc.assert(
      fc.property(keys, (values) => {
        const turned = Object.fromEntries(Object.entries(values).reverse());
        expect(inputsDigest({ ...inputs, file: { config: turned, encryptionsalt: "v1:x" } })).toBe(
          inputsDigest({ ...inputs, file: { config: values } }),
        );
      }),
    );
  });

  it("is another one for whatever a run depends on", () => {
    const others: ShardInputs[] = [
      { ...inputs, file: { config: { ...config, "cloudflare:baseUrl": "http://localhost" } } },
      {
        ...inputs,
        file: { config: { ...config, "tenant-edge:tenants": [{ id: "acme", displayName: "B" }] } },
      },
      { ...inputs, file: { config: { ...config, "tenant-edge:tenants": [] } } },
      { ...inputs, sharedEntries: [{ id: "acme", displayName: "A" }] },
      { ...inputs, program: "q" },
      { ...inputs, network: { vpcId: "vpc-1" } },
      { ...inputs, borrowers: [{ stack: "prod-2" }] },
    ];
    const digests = [inputs, ...others].map(inputsDigest);
    expect(new Set(digests).size).toBe(digests.length);
  });

  it("does not count the copy of a shared list, and cannot tell of settings in Pulumi ESC", () => {
    const shared = { ...inputs, sharedEntries: [{ id: "globex" }] };
    const pulled = { ...shared, file: { config: { ...config, "tenant-edge:tenants": [{ id: "globex" }] } } };
    expect(inputsDigest(pulled)).toBe(inputsDigest(shared));
    expect(inputsDigest({ ...inputs, file: { ...inputs.file, environment: ["prod"] } })).toBeUndefined();
  });

  it("is found again in the history's message, and in no other one", () => {
    const digest = inputsDigest(inputs);
    expect(digestIn(upMessage(digest))).toBe(digest);
    expect(digestIn(upMessage(undefined))).toBeUndefined();
    expect(digestIn(`enroll acme, ${upMessage(digest)}`)).toBeUndefined();
  });
});

describe("how a stack stands", () => {
  const at = (second: number, millisecond = 0): string =>
    new Date(Date.UTC(2026, 10, 23, 1, 0, second, millisecond)).toISOString();
  const run = (second: number, more: Partial<PastRun> = {}): PastRun => ({
    kind: "update",
    result: "succeeded",
    message: upMessage("0123456789abcdef"),
    endTime: at(second),
    resourceChanges: { create: 19 },
    ...more,
  });
  // The history has whole seconds.
  const written = (second: number) => ({ name: "prod", lastUpdate: at(second, 700) });

  it("has the digest of its last update when that is what is there", () => {
    const upToDate = { isThere: true, digest: "0123456789abcdef", isBroken: false };
    expect(standingOf(written(10), [run(10)])).toEqual(upToDate);
    // The engine takes the time before it writes the state for the last time.
    const late = { name: "prod", lastUpdate: at(11, 200) };
    expect(standingOf(late, [run(10)])).toEqual(upToDate);
    const looked = run(20, { kind: "refresh", message: "", resourceChanges: { same: 20 } });
    expect(standingOf(written(20), [looked, run(10)])).toEqual(upToDate);
  });

  it.each([
    ["a write that may be its own or another one's", [run(19), run(10)]],
    ["a write half a minute later", [run(-9)]],
    ["an update of an operation", [run(20, { message: "enroll acme" }), run(10)]],
    ["a destroy", [run(20, { kind: "destroy" }), run(10)]],
    [
      "a refresh that has found a change",
      [run(20, { kind: "refresh", resourceChanges: { same: 1, delete: 1 } }), run(10)],
    ],
  ])("has none after %s", (_, history) => {
    expect(standingOf(written(20), history)).toEqual({ isThere: true, digest: undefined, isBroken: false });
  });

  it.each([
    ["an update that failed", 20, [run(20, { result: "failed" }), run(10)]],
    ["an update that was killed", 51, [run(20)]],
    ["a first update that was killed", 1, []],
  ])("is broken after %s", (_, second, history) => {
    expect(standingOf(written(second), history)).toEqual({
      isThere: true,
      digest: undefined,
      isBroken: true,
    });
  });

  it("is not there before it was made, and not broken when nothing was ever done", () => {
    expect(standingOf(undefined, [])).toEqual({ isThere: false, digest: undefined, isBroken: false });
    expect(standingOf({ name: "prod" }, [])).toEqual({ isThere: true, digest: undefined, isBroken: false });
  });
});

describe("the organization of the stacks", () => {
  const problem = (...listed: string[]) => organizationProblem(listed, ["prod", "prod-2"]);

  it("is the selected one where the engine names none, whatever else of the project is elsewhere", () => {
    expect(problem()).toBeUndefined();
    expect(problem("prod", "dev", "me/dev", "acme/prod-3")).toBeUndefined();
  });

  it("is to be selected when it has them all", () => {
    expect(problem("acme/prod-2", "acme/prod", "dev")).toMatchObject({
      code: ErrorCode.NotSetUp,
      message: expect.stringContaining("acme/prod-2, acme/prod; nothing was changed"),
      ways: ["pulumi org set-default acme, then run it again"],
    });
  });

  it.each([
    ["one stack is in two", ["prod", "acme/prod"]],
    ["each stack is in another one", ["prod", "acme/prod-2"]],
    ["none of them is the selected one", ["globex/prod", "acme/prod-2"]],
  ])("is not guessed when %s", (_, listed) => {
    const { message = "", ways = [] } = problem(...listed) ?? {};
    expect(message).toContain(`in several organizations: ${listed.join(", ")}`);
    expect(ways[0]).toContain("pulumi stack rename");
  });
});

it("no stack is looked at while they are in another organization", async () => {
  const asked: string[] = [];
  const run = async ([, command = ""]: string[]) => {
    asked.push(command);
    return { stdout: JSON.stringify([{ name: "acme/prod" }]) };
  };
  const pulumi = { run } as unknown as DetachedPulumi;
  await expect(readStandings(pulumi, ".", ["prod"])).rejects.toMatchObject({ code: ErrorCode.NotSetUp });
  expect(asked).toEqual(["ls"]);
});

describe("whose network a stack uses", () => {
  const NETWORK = networkSchema.parse({});
  const stack = (name: string, network: Partial<typeof NETWORK>, hosts = 1): Networked => ({
    stack: name,
    project: "tenant-edge",
    configuration: {
      settings: { network: { ...NETWORK, ...network } },
      tenants: Array.from({ length: hosts }, () => ({ needsNetwork: true })),
    },
  });
  const [own, second, full, elsewhere] = [
    stack("prod", {}),
    stack("prod-2", { stack: "prod" }),
    stack("prod-3", { stack: "acme/tenant-edge/prod" }),
    stack("prod-4", { stack: "acme/other/prod" }),
  ];
  const all = [own, second, full, elsewhere];

  it("is known by the bare name, and by the full one of the same project", () => {
    expect(all.map((one) => homeOf(one, all)?.stack)).toEqual([undefined, "prod", "prod", undefined]);
    expect(homeProblems(all)).toEqual([]);
  });

  it("counts for the one that has it: a stack that begins to live there changes what is to be made", () => {
    const borrowing = (others: Networked[]) => borrowersOf(own, [own, ...others]).length;
    expect(borrowing([second, full])).toBe(2);
    expect(borrowing([elsewhere, stack("prod-5", { stack: "prod" }, 0), stack("prod-6", {})])).toBe(0);
    expect(borrowing([stack("prod-7", { vpcId: "vpc-1" })])).toBe(1);
    expect(borrowersOf(second, all)).toEqual([]);
  });

  it("is refused where it is another one's again, or its own", () => {
    const third = stack("prod-3", { stack: "prod-2" });
    expect(homeProblems([own, second, third])).toEqual([
      {
        file: "Pulumi.prod-3.yaml",
        path: "tenant-edge:network.stack",
        found: "prod-2, whose own network is that of prod",
        allowed: "a stack with a network of its own",
        action: "name that stack instead: prod",
      },
    ]);
    const [problem] = homeProblems([stack("prod", { stack: "prod" })]);
    expect(problem?.found).toBe("prod, which is this stack");
  });
});
