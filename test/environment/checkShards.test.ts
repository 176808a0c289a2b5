import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseStack } from "../../config/parse.ts";
import { checkAgainst, checkShards, type ShardProblem } from "../../environment/checkShards.ts";
import { problemsWithOthers } from "../../environment/otherShards.ts";
import { type CheckedFile, type Shard, shardOf } from "../../environment/shard.ts";
import { readShardFiles } from "../../environment/shardFiles.ts";
import { REGION, rawStack } from "../config/stacks.ts";
import { shardFolder, stackText } from "./shardFolder.ts";

type Entry = { id: string } & Record<string, unknown>;

const ROOMY = { limits: { tunnels: 10_000, accountTokens: 10_000, dnsRecords: 10_000 } };
const [EU, US] = ["Pulumi.eu.yaml", "Pulumi.us.yaml"];

function checked(
  file: string,
  tenants: readonly unknown[],
  settings: Record<string, unknown> = {},
): CheckedFile {
  const { config, problems } = parseStack(rawStack([...tenants], { ...ROOMY, ...settings }), REGION);
  if (config === undefined) throw new Error(JSON.stringify(problems));
  return { file, settings: config, entries: config.tenants };
}

const shard = (...of: Parameters<typeof checked>): Shard => shardOf(checked(...of));

const account = (digit: string) => ({
  cloudflare: { ...(rawStack([])["cloudflare"] as object), accountId: digit.repeat(32) },
});

/** Entries that have nothing in common, with values of every kind that must be unique. */
const entries = fc.uniqueArray(fc.integer({ min: 0, max: 999 }), { maxLength: 12 }).chain((numbers) =>
  fc.tuple(
    ...numbers.map((number) =>
      fc.record(
        {
          id: fc.constant(`t${number}`),
          subdomain: fc.constant(`s${number}`),
          hubId: fc.constant(`hub-${number}`),
          hostnames: fc.constant([`h${number}.example.com`, `more-h${number}.example.com`]),
          bucket: fc.constantFrom({ enabled: false }, { name: `bucket-${number}` }, {}),
        },
        { requiredKeys: ["id"] },
      ),
    ),
  ),
);

/** Two lists of which each has at least one entry, and a place in each. */
const twoLists = entries
  .filter(({ length }) => length >= 2)
  .chain((all) =>
    fc.integer({ min: 1, max: all.length - 1 }).chain((cut) =>
      fc.record({
        one: fc.constant<Entry[]>(all.slice(0, cut)),
        other: fc.constant<Entry[]>(all.slice(cut)),
        from: fc.nat(cut - 1),
        to: fc.nat(all.length - cut - 1),
      }),
    ),
  );

/** What is put into both entries, and the place of it in the problem that follows. */
const CLASHES: Record<string, { seed: object; more?: object; at: string }> = {
  hub: { seed: { hubId: "the-same" }, at: "hubId" },
  "further hostname": { seed: { hostnames: ["the-same.example.com"] }, at: "hostnames[0]" },
  subdomain: { seed: { subdomain: "the-same" }, at: "subdomain" },
  "subdomain and further hostname": {
    seed: { subdomain: "the-same" },
    more: { hostnames: ["the-same.example.com"] },
    at: "hostnames[0]",
  },
  bucket: { seed: { bucket: { name: "the-same" } }, at: "bucket.name" },
};

const bothNamed = ({ file, action = "" }: ShardProblem) => file === US && action.includes(EU);

describe("stacks of one environment", () => {
  it("whose lists have nothing in common have no problem", () => {
    fc.assert(
      fc.property(twoLists, ({ one, other }) => {
        expect(checkShards([shard(EU, one), shard(US, other)])).toEqual([]);
      }),
    );
  });

  it.each(Object.entries(CLASHES))("with the same %s in two files: told once, with both", (_, clash) => {
    const { seed, more = seed, at } = clash;
    fc.assert(
      fc.property(twoLists, ({ one, other, from, to }) => {
        const ours = one.map((entry, index) => (index === from ? { ...entry, ...seed } : entry));
        const theirs = other.map((entry, index) => (index === to ? { ...entry, ...more } : entry));
        const problems = checkShards([shard(EU, ours), shard(US, theirs)]);
        expect(problems).toHaveLength(1);
        expect(problems.every(bothNamed)).toBe(true);
        expect(problems[0]?.path).toBe(`tenant-edge:tenants[${to}].${at}`);
        expect(problems[0]?.action).toContain(`tenant-edge:tenants[${from}].`);
      }),
    );
  });

  it("with the same tenant in two files: told once, though all its names are the same, too", () => {
    fc.assert(
      fc.property(twoLists, ({ one, other, from, to }) => {
        const copy = one[from];
        const theirs = other.toSpliced(to, 0, ...(copy === undefined ? [] : [copy]));
        const problems = checkShards([shard(EU, one), shard(US, theirs)]);
        expect(problems.map(({ path }) => path)).toEqual([`tenant-edge:tenants[${to}].id`]);
        expect(problems.every(bothNamed)).toBe(true);
      }),
    );
  });

  it("may have buckets of one name in two accounts, or under two jurisdictions, and hostnames nowhere", () => {
    const same = (id: string, bucket: object = {}) => [{ id, bucket: { name: "same", ...bucket } }];
    const other = shard(EU, same("acme"));
    expect(checkShards([other, shard(US, same("globex"))])).toHaveLength(1);
    expect(checkShards([other, shard(US, same("globex"), account("b"))])).toEqual([]);
    expect(checkShards([other, shard(US, same("globex", { jurisdiction: "eu" }))])).toEqual([]);
    const taken = shard(EU, [{ id: "acme", hostnames: ["globex.example.com"] }]);
    expect(checkShards([taken, shard(US, [{ id: "globex" }], account("b"))])).toMatchObject([
      { path: "tenant-edge:tenants[0].id", found: '"globex.example.com"' },
    ]);
  });

  it("are compared with each stack's own prefix", () => {
    const { cloudflare } = rawStack([]);
    const prefixed = { cloudflare: { ...(cloudflare as object), subdomainPrefix: "eu-" } };
    const eu = shard(EU, [{ id: "shop" }], prefixed);
    expect(checkShards([eu, shard(US, [{ id: "store" }])])).toEqual([]);
    expect(checkShards([eu, shard(US, [{ id: "eu-shop" }])])).toHaveLength(1);
  });

  it("are told of what concerns one of them, in that one's file", () => {
    const others = [shard(EU, [{ id: "acme" }]), shard("Pulumi.apac.yaml", [{ id: "acme" }])];
    expect(checkAgainst(shard(US, [{ id: "globex" }]), others)).toEqual([]);
    expect(checkAgainst(shard(US, [{ id: "initech" }, { id: "acme" }]), others)).toEqual([
      {
        path: "tenant-edge:tenants[1].id",
        found: '"acme"',
        allowed: "an id that no other tenant of the environment has",
        action: `tenant-edge:tenants[0].id of ${EU} is the same: remove one of the two entries or give it its own id; if it was being moved, touch neither: \`tenant-edge move acme --to <stack>\` goes on`,
      },
    ]);
  });
});

describe("limits over several stacks", () => {
  const tenants = (from: number, count: number) =>
    Array.from({ length: count }, (_, index) => ({ id: `t${from + index}` }));
  const limits = (limits: object) => ({ limits: { ...ROOMY.limits, ...limits } });

  it.each([
    ["tunnels", "account", 5],
    ["accountTokens", "account", 5],
    ["dnsRecords", "zone", 5],
  ] as const)("of %s count what the stacks of one %s need together", (limit, per, needed) => {
    const both = (allowed: number) =>
      checkShards([
        shard(EU, tenants(0, 2), limits({ [limit]: allowed })),
        shard(US, tenants(10, 3), limits({ [limit]: allowed })),
      ]);
    expect(both(needed)).toEqual([]);
    expect(both(needed - 1)).toEqual([
      expect.objectContaining({
        file: US,
        path: "tenant-edge:tenants",
        found: expect.stringMatching(
          new RegExp(`^2 stack files of ${per} \\w{32} that need 5 .*: ${US} 3, ${EU} 2$`),
        ),
        allowed: `at most 4 (tenant-edge:limits.${limit})`,
      }),
    ]);
  });

  it("are the smallest of several, and say whose that is", () => {
    const found = checkShards([
      shard(EU, tenants(0, 2), limits({ tunnels: 3 })),
      shard(US, tenants(10, 3), limits({ tunnels: 9 })),
    ]);
    expect(found.map(({ allowed }) => allowed)).toEqual([
      `at most 3 (tenant-edge:limits.tunnels of ${EU}, the smallest of those that share the account)`,
    ]);
  });

  it("of one account say nothing about another one", () => {
    const own = shard(US, tenants(10, 3), { ...limits({ tunnels: 4 }), ...account("b") });
    expect(checkAgainst(own, [shard(EU, tenants(0, 2), limits({ tunnels: 4 }))])).toEqual([]);
  });
});

/** What the stack `us` is told with these tenants, beside files of other stacks. */
async function besideFiles(
  texts: Readonly<Record<string, string>>,
  tenants: readonly unknown[] = [],
  settings: Record<string, unknown> = {},
) {
  return problemsWithOthers(
    checked(US, tenants, settings),
    await readShardFiles(shardFolder(texts), "staging"),
  );
}

describe("the files of other stacks", () => {
  it("are compared with this one only: what clashes inside of one, its own run tells", async () => {
    const eu = stackText([{ id: "acme" }, { id: "acme" }]);
    expect(await besideFiles({ eu })).toEqual({ incomparable: [], clashes: [] });
  });

  it("are compared by what the schema takes of them; of other entries by their ids", async () => {
    const wrong = { id: "acme", hostnames: "shop.example.com" };
    const { incomparable, clashes } = await besideFiles({ eu: stackText([wrong, "no entry"]) }, [
      { id: "acme" },
    ]);
    expect(incomparable).toEqual([]);
    expect(clashes.map(({ path }) => path)).toEqual(["tenant-edge:tenants[0].id"]);
  });

  it("of an earlier format are compared as what they become", async () => {
    const old = { id: "globex", displayName: "Globex\nCorporation", hubId: "hub-1" };
    const { clashes } = await besideFiles({ eu: stackText([old]) }, [{ id: "acme", hubId: "hub-1" }]);
    expect(clashes.map(({ path }) => path)).toEqual(["tenant-edge:tenants[0].hubId"]);
  });

  it("that have all their tenants from this one look like copies of it: told once for each", async () => {
    const tenants = ["acme", "globex", "initech"].map((id) => ({ id }));
    const { clashes } = await besideFiles({ "us.old": stackText(tenants.slice(1)) }, tenants);
    expect(clashes).toEqual([
      expect.objectContaining({
        path: "Pulumi.us.old.yaml",
        found: `2 tenants, all of which ${US} has, too`,
        action: `it looks like a copy of ${US}: take it away, or give it tenants of its own`,
      }),
    ]);
  });

  it("whose account is elsewhere (Pulumi ESC) have the account, limits and defaults of this one", async () => {
    const eu = stackText([{ id: "globex", subdomain: "shop" }], { cloudflare: undefined });
    const limits = { ...ROOMY.limits, tunnels: 1 };
    const { incomparable, clashes } = await besideFiles({ eu }, [{ id: "acme", subdomain: "shop" }], {
      limits,
    });
    expect(incomparable).toEqual([]);
    expect(clashes.map(({ allowed }) => allowed)).toEqual([
      "a hostname that no other tenant of the environment has",
      "at most 1 (tenant-edge:limits.tunnels)",
    ]);
  });

  it.each([
    ["tenants", { secure: "v1:abc" }],
    ["cloudflare", { accountId: "0123" }],
    ["limits", { tunnels: "many" }],
    ["bucketDefaults", { jurisdiction: "mars" }],
  ])("whose %s are not what they should be cannot be compared", async (key, value) => {
    const text = key === "tenants" ? stackText(value) : stackText([], { [key]: value });
    const { incomparable } = await besideFiles({ eu: text });
    expect(incomparable).toEqual([
      expect.objectContaining({
        path: `tenant-edge:${key} of ${EU}`,
        allowed: expect.stringContaining("its tenants cannot be compared"),
      }),
    ]);
  });

  it("are 2,000 tenants in 40 files within moments", async () => {
    const texts = Array.from({ length: 40 }, (_, file) => {
      const list = Array.from({ length: 50 }, (_, index) => ({
        id: `t${file * 50 + index}`,
        displayName: "A customer",
        hubId: `hub-${file * 50 + index}`,
      }));
      return [`s${file}`, stackText(list, ROOMY)] as const;
    });
    const before = process.threadCpuUsage();
    expect(await besideFiles(Object.fromEntries(texts))).toEqual({ incomparable: [], clashes: [] });
    // Of the processor's time, whatever else runs beside: half of what it may take.
    expect(process.threadCpuUsage(before).user / 1_000).toBeLessThan(1_000);
  });
});
