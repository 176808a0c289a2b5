import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hostNames, tenantNames } from "../../naming/names.ts";
import { OrphanKind } from "../../operations/choices.ts";
import { type Candidate, findOrphans, refusal } from "../../orphans/decide.ts";
import { type Known, knownThings, type StackContents } from "../../orphans/known.ts";
import { deployedTenant, ENVIRONMENT, listedTenant, STACK } from "./fakeContext.ts";

const NOW = new Date("2026-11-22T12:00:00Z");
const OLD = new Date("2026-11-22T11:29:00Z");
const RECENT = new Date("2026-11-22T11:31:00Z");

const nothingKnown: Known = {
  tenants: new Set(),
  names: new Set(),
  generations: new Map(),
  resourceIds: new Set(),
};

function candidate(
  kind: OrphanKind,
  tenant: string | undefined,
  changes: Partial<Candidate> = {},
): Candidate {
  return { kind, id: `${kind}-${tenant}`, name: `te-staging-${tenant}`, tenant, createdAt: OLD, ...changes };
}

const token = (id: string, generation: number, changes: Partial<Candidate> = {}) =>
  candidate(OrphanKind.Token, id, {
    id: `token-${id}-${generation}`,
    name: `te-staging-${id}-key-${generation}`,
    key: { bucket: `te-staging-${id}`, generation },
    ...changes,
  });

const contents = (stack: string, changes: Partial<StackContents>): StackContents => ({
  stack,
  root: "",
  held: [],
  pending: [],
  deployed: { tenants: new Map(), unreadable: [] },
  resourceIds: new Set(),
  ...changes,
});

const found = (candidates: Candidate[], known: Known) =>
  findOrphans(candidates, known, NOW).map(({ candidate: { id } }) => id);

describe("orphans", () => {
  it("are never of a tenant that any stack has, and always of one that none has", () => {
    const things = fc.record({
      kind: fc.constantFrom(...Object.values(OrphanKind)),
      tenant: fc.constantFrom("a", "b", "c", "d"),
    });
    const tenants: fc.Arbitrary<string[]> = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d"));
    fc.assert(
      fc.property(fc.array(things), tenants, (all, known) => {
        const candidates = all.map(({ kind, tenant }) => candidate(kind, tenant));
        const orphans = findOrphans(candidates, { ...nothingKnown, tenants: new Set(known) }, NOW);
        expect(orphans.map((orphan) => orphan.candidate)).toEqual(
          candidates.filter(({ tenant }) => !known.includes(tenant ?? "")),
        );
        expect(orphans.some(({ isYoung }) => isYoung)).toBe(false);
      }),
    );
  });

  it("are kept while anything of their tenant is young", () => {
    const things = [
      candidate(OrphanKind.Tunnel, "a", { createdAt: RECENT }),
      candidate(OrphanKind.SecurityGroup, "a", { createdAt: undefined }),
      candidate(OrphanKind.Bucket, "b"),
      candidate(OrphanKind.SecurityGroup, "b", { createdAt: undefined }),
      candidate(OrphanKind.Instance, "c", { createdAt: undefined }),
    ];
    const young = findOrphans(things, nothingKnown, NOW).filter(({ isYoung }) => isYoung);
    expect(young.map(({ candidate: { tenant } }) => tenant)).toEqual(["a", "a", "c"]);
  });

  it("are not what a stack has in its state, whatever its outputs say", () => {
    const known = { ...nothingKnown, resourceIds: new Set(["tunnel-a"]) };
    expect(found([candidate(OrphanKind.Tunnel, "a"), candidate(OrphanKind.Record, "a")], known)).toEqual([
      "dns-record-a",
    ]);
  });

  it("are keys of a known tenant that are neither listed nor deployed", () => {
    const listed = [
      listedTenant({ id: "a", bucket: { keyGenerations: [2, 3] } }),
      listedTenant({ id: "moving", bucket: { keyGenerations: [3] } }),
      listedTenant({ id: "unclear" }),
    ];
    const stacks = [
      contents(STACK, {
        deployed: {
          tenants: new Map([["a", deployedTenant("a", { keyGenerations: [1, 2] })]]),
          unreadable: ["unclear"],
        },
        resourceIds: new Set(["token-a-5"]),
      }),
      contents("staging-2", {
        deployed: {
          tenants: new Map([
            ["moving", deployedTenant("moving")],
            ["shard", deployedTenant("shard")],
          ]),
          unreadable: [],
        },
      }),
    ];
    const known = knownThings(ENVIRONMENT, STACK, listed, stacks);
    const tokens = [1, 2, 3, 4, 5].map((generation) => token("a", generation));
    const others = [token("moving", 9), token("unclear", 9), token("shard", 9), token("gone", 1)];
    expect(found([...tokens, ...others], known)).toEqual(["token-a-4", "token-gone-1"]);

    const young = findOrphans([token("a", 4, { createdAt: RECENT })], known, NOW);
    expect(young.map(({ isYoung }) => isYoung)).toEqual([true]);
    // Something else of the tenant that is young says nothing about an old key.
    const old = findOrphans(
      [candidate(OrphanKind.Instance, "a", { createdAt: RECENT }), token("a", 4)],
      known,
      NOW,
    );
    expect(old.map(({ isYoung }) => isYoung)).toEqual([false]);
  });

  it("are all keys of a disabled tenant", () => {
    const disabled = {
      since: "2026-11-01T00:00:00Z",
      keepUntil: "2026-12-01T00:00:00Z",
    };
    const known = knownThings(
      ENVIRONMENT,
      STACK,
      [listedTenant({ id: "a", disabled })],
      [
        contents(STACK, {
          deployed: {
            tenants: new Map([["a", deployedTenant("a", { keyGenerations: [] })]]),
            unreadable: [],
          },
        }),
      ],
    );
    expect(found([token("a", 1), candidate(OrphanKind.Bucket, "a")], known)).toEqual(["token-a-1"]);
  });

  it("are found out by name where names were cut or chosen", () => {
    const long = `a${"b".repeat(62)}`;
    const names = tenantNames(ENVIRONMENT, long);
    const chosen = listedTenant({ id: "a", bucket: { name: "te-staging-legacy" } });
    const known = knownThings(ENVIRONMENT, STACK, [listedTenant({ id: long }), chosen], []);
    const cut = { tenant: undefined, name: names.bucket };
    const stranger = { tenant: undefined, name: `${names.bucket.slice(0, -1)}x`, id: "stranger" };
    const things = [
      candidate(OrphanKind.Bucket, undefined, cut),
      candidate(OrphanKind.Role, undefined, {
        tenant: undefined,
        name: hostNames(ENVIRONMENT, long, 4).role,
      }),
      candidate(OrphanKind.Bucket, "legacy", { name: "te-staging-legacy" }),
      candidate(OrphanKind.Bucket, undefined, stranger),
    ];
    expect(found(things, known)).toEqual(["stranger"]);
  });

  it("know tenants of other shards, but not of other environments", () => {
    const other = contents("prod-1", {
      deployed: {
        tenants: new Map([
          ["shard", deployedTenant("shard")],
          ["acme", deployedTenant("acme", { tunnelName: "te-prod-acme" })],
        ]),
        unreadable: [],
      },
    });
    const known = knownThings(ENVIRONMENT, STACK, [], [other]);
    expect([...known.tenants]).toEqual(["shard"]);
  });
});

describe("deleting", () => {
  const three = ["a", "b", "c", "d"].map((id) => candidate(OrphanKind.Tunnel, id));
  const orphansOf = (...known: string[]) =>
    findOrphans(three, { ...nothingKnown, tenants: new Set(known) }, NOW);

  it("is refused beyond the bound, and for more than half of a kind", () => {
    expect(refusal(orphansOf("a", "b"), three, 2)).toBeUndefined();
    expect(refusal(orphansOf("a", "b"), three, 1)).toMatch(/2 things would be deleted, and at most 1 may/);
    expect(refusal(orphansOf("a"), three, 10)).toMatch(/3 of 4 things of the kind tunnel/);
    expect(refusal(orphansOf(), three, 10)).toMatch(/4 of 4/);
    // Few of all, but all of one kind.
    const group = candidate(OrphanKind.SecurityGroup, "gone");
    const all = [...three, group];
    const known = { ...nothingKnown, tenants: new Set(["a", "b", "c", "d"]) };
    expect(refusal(findOrphans(all, known, NOW), all, 10)).toMatch(
      /1 of 1 things of the kind security-group/,
    );
  });

  it("counts nothing that is kept because it is young", () => {
    const young = three.map((thing) => ({ ...thing, createdAt: RECENT }));
    expect(refusal(findOrphans(young, nothingKnown, NOW), young, 1)).toBeUndefined();
  });
});
