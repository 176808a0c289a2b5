/** What is a leftover of ours that nobody uses, and what has to stay. */
import { describe, expect, it } from "vitest";
import { reasonToKeepBucket } from "../../leftovers/bucket.ts";
import { type Facts, factsOf, isLeft, reasonToKeep, refusalOfUnexplained } from "../../leftovers/decide.ts";
import { type MintedToken, tokensOpening, twinsOf } from "../../leftovers/key.ts";
import { isOwn } from "../../leftovers/ownTags.ts";
import { reasonToKeepRecord } from "../../leftovers/record.ts";
import { isTaken } from "../../leftovers/taken.ts";
import { reasonToKeepTunnel } from "../../leftovers/tunnel.ts";
import { parseDeployed } from "../../lifecycle/deployed.ts";
import { OrphanKind } from "../../operations/choices.ts";
import type { Candidate } from "../../orphans/decide.ts";
import type { PendingOperation, StackContents } from "../../orphans/known.ts";
import { output } from "../lifecycle/outputs.ts";

const INSTANCE = "aws:ec2/instance:Instance";
const ROLE = "aws:iam/role:Role";
const TOKEN = "cloudflare:index/accountToken:AccountToken";
const RESOURCE = "com.cloudflare.edge.r2.bucket.account_default_te-prod-acme";
const OTHER = "com.cloudflare.edge.r2.bucket.account_default_te-prod-globex";

describe("a tunnel of our name", () => {
  const shell = { isConnected: false, wasEverConnected: false, isConfigured: false, hasOurSecret: false };

  it.each([
    ["was never used by anybody", shell],
    ["has the secret that only this stack has", { ...shell, isConfigured: true, hasOurSecret: true }],
  ])("goes when it %s", (_, facts) => {
    expect(reasonToKeepTunnel(facts)).toBeUndefined();
  });

  it.each([
    ["connected, even with our secret", { ...shell, isConnected: true, hasOurSecret: true }],
    ["configured by somebody else", { ...shell, isConfigured: true }],
    ["once connected by somebody else", { ...shell, wasEverConnected: true }],
    [
      "ours, with a connector that is away for a moment",
      { ...shell, wasEverConnected: true, hasOurSecret: true },
    ],
  ])("stays when it is %s", (_, facts) => {
    expect(reasonToKeepTunnel(facts)).toBeDefined();
  });
});

describe("a record of our hostname", () => {
  const left = { hasOurMark: true, hasSameContent: true, leadsNowhere: false, isInUse: false };

  it("goes when it leads to our own tunnel, or to one that is gone", () => {
    expect(reasonToKeepRecord(left)).toBeUndefined();
    expect(reasonToKeepRecord({ ...left, hasSameContent: false, leadsNowhere: true })).toBeUndefined();
  });

  it.each([
    ["without our mark", { hasOurMark: false }],
    ["that another record of the program is", { isInUse: true }],
    ["that leads to a tunnel that is there", { hasSameContent: false }],
  ])("stays: one %s", (_, changes) => {
    expect(reasonToKeepRecord({ ...left, ...changes })).toBeDefined();
  });
});

it("a bucket with a chosen name goes only when this very update has made it", () => {
  expect(reasonToKeepBucket({ isOurName: true, elapsed: 5 }, 1_000_000, [])).toBeUndefined();
  expect(reasonToKeepBucket({ isOurName: false, elapsed: 5 }, 4, [])).toBeUndefined();
  expect(reasonToKeepBucket({ isOurName: false, elapsed: 5 }, 60, [])).toBeDefined();
  // An answer without a time proves nothing.
  expect(reasonToKeepBucket({ isOurName: false, elapsed: 5 }, Number.NaN, [])).toBeDefined();
});

describe("a token that was minted twice", () => {
  const begun = Date.parse("2026-11-22T10:00:00Z");
  const minted: MintedToken = {
    accountId: "account",
    name: "te-prod-acme-key-1",
    resources: [JSON.stringify({ [RESOURCE]: "*" })],
    id: "new",
    since: begun,
  };
  const twin = {
    id: "twin",
    name: minted.name,
    issued_on: "2026-11-22T10:00:00Z",
    policies: [{ resources: { [RESOURCE]: "*" } }],
  };

  it("is told from the one that stays, and is both when no answer came", () => {
    expect(twinsOf(minted, [twin, { ...twin, id: "new" }])).toEqual(["twin"]);
    expect(twinsOf({ ...minted, id: undefined }, [twin, { ...twin, id: "new" }])).toEqual(["twin", "new"]);
  });

  it.each([
    ["older", { issued_on: "2026-11-22T09:59:50Z" }],
    ["of another generation", { name: "te-prod-acme-key-2" }],
    ["for another bucket", { policies: [{ resources: { [OTHER]: "*" } }] }],
    ["for more than the bucket", { policies: [...twin.policies, { resources: { [OTHER]: "*" } }] }],
    ["without a policy", { policies: [] }],
    ["without a time", { issued_on: undefined }],
  ])("is none that is %s", (_, changes) => {
    expect(twinsOf(minted, [{ ...twin, ...changes }])).toEqual([]);
  });
});

it("a thing at AWS is ours by environment, tenant and tunnel together", () => {
  const wanted = {
    "tenant-edge:environment": "prod",
    "tenant-edge:tenant": "acme",
    "tenant-edge:tunnel-id": "tunnel-1",
    Name: "te-prod-acme",
  };
  const tags = Object.entries(wanted).map(([Key, Value]) => ({ Key, Value }));
  expect(isOwn(tags, wanted)).toBe(true);
  expect(isOwn(tags, { ...wanted, "tenant-edge:tunnel-id": "tunnel-2" })).toBe(false);
  expect(isOwn([], {})).toBe(false);
  expect(isOwn(undefined, wanted)).toBe(false);
});

it.each([
  [OrphanKind.Tunnel, '409 Conflict {"success":false,"errors":[{"code":1013,"message":"…"}]}', true],
  [OrphanKind.Tunnel, '400 Bad Request {"errors":[{"code": 10130}]}', false],
  [OrphanKind.Record, '400 Bad Request {"errors":[{"code":81058}]}', true],
  [OrphanKind.Bucket, '409 Conflict {"errors":[{"code":10004}]}', true],
  [OrphanKind.Parameter, "ParameterAlreadyExists: The parameter already exists.", true],
  [OrphanKind.Role, "EntityAlreadyExists: Role with name x already exists.", true],
  [OrphanKind.Instance, "EntityAlreadyExists", false],
])("the name of a %s is taken by what the provider says: %s", (kind, error, expected) => {
  expect(isTaken(kind, error)).toBe(expected);
});

it("a bucket stays when somebody has a key of it", () => {
  expect(reasonToKeepBucket({ isOurName: true, elapsed: 5 }, 4, ["theirs"])).toContain("theirs");
  const token = (resource: string) => ({
    id: "1",
    name: "theirs",
    policies: [{ resources: { [resource]: "*" } }],
  });
  expect(tokensOpening("te-prod-acme", [token(RESOURCE), token(OTHER)])).toEqual(["theirs"]);
  // One for the whole account says nothing about a bucket.
  expect(tokensOpening("te-prod-acme", [token("com.cloudflare.api.account.1")])).toEqual([]);
});

describe("what is in no state", () => {
  const contents = (stack: string, changes: Partial<StackContents>): StackContents => ({
    stack,
    root: "urn",
    deployed: { tenants: new Map(), unreadable: [] },
    resourceIds: new Set(),
    held: [],
    pending: [],
    ...changes,
  });
  const deployed = (id: string) => parseDeployed({ [id]: output(id, { tunnelName: `te-prod-${id}` }) });
  const candidate = (kind: OrphanKind, changes: Partial<Candidate> = {}): Candidate => ({
    ...{ kind, id: "left", name: "te-prod-acme", tenant: "acme", createdAt: undefined },
    ...changes,
  });
  const creating = (type: string, tenant = "acme"): PendingOperation => ({
    ...{ urn: "urn", type, name: "name", tenant, action: "creating" },
  });
  const heldHost = (id: string) => ({
    urn: `urn:${id}`,
    type: INSTANCE,
    name: "acme-host",
    tenant: "acme",
    id,
  });

  interface Situation {
    candidates?: Candidate[];
    interrupted?: PendingOperation[];
    /** Of this stack. */
    own?: Partial<StackContents>;
    others?: StackContents[];
    hostnames?: string[];
  }

  const GLOBEX = contents("prod-2", { deployed: deployed("globex"), resourceIds: new Set(["i-globex"]) });

  function facts(listed: string[], situation: Situation = {}): Facts {
    const { candidates = [], interrupted = [], own = {}, others = [GLOBEX], hostnames = [] } = situation;
    const resourceIds = new Set(["tunnel-1", "te-prod-acme", ...(own.resourceIds ?? [])]);
    return factsOf(
      "prod",
      "organization/tenant-edge/prod",
      listed.map((id) => ({ id, hostnames })),
      [contents("prod", { ...own, resourceIds }), ...others],
      candidates,
      interrupted,
    );
  }

  const tunnelOf = (tenant: string) => candidate(OrphanKind.Tunnel, { tenant, name: `te-prod-${tenant}` });

  it("is left when its tenant is this stack's, also where the name alone tells it", () => {
    const known = facts(["acme"]);
    expect(isLeft(tunnelOf("acme"), known)).toBe(true);
    expect(isLeft(candidate(OrphanKind.Tunnel, { id: "tunnel-1" }), known)).toBe(false);
    expect(isLeft(candidate(OrphanKind.Bucket, { tenant: undefined }), known)).toBe(true);
    expect(isLeft(tunnelOf("nobody"), known)).toBe(false);
  });

  it.each([
    ["has it", GLOBEX],
    ["is making it", contents("prod-2", { pending: [creating(INSTANCE, "globex")] })],
    ["has it, and no outputs yet", contents("prod-2", { held: [{ ...heldHost("i-1"), tenant: "globex" }] })],
  ])("is not when another stack %s, though this one's list names the tenant, too", (_, other) => {
    expect(isLeft(tunnelOf("globex"), facts(["acme", "globex"], { others: [other] }))).toBe(false);
  });

  it("is left, though a stack of another environment has a tenant of the same id", () => {
    const staging = contents("staging", {
      held: [heldHost("i-staging")],
      resourceIds: new Set(["i-staging", "/tenant-edge/staging/acme/tunnel-token"]),
    });
    expect(isLeft(tunnelOf("acme"), facts(["acme"], { others: [staging] }))).toBe(true);
  });

  it("goes when it was made for this stack's tunnel, or for one that is certainly gone", () => {
    const known = { ...facts(["acme"]), goneTunnels: new Set(["tunnel-2"]) };
    const role = (tunnelId: string | undefined) => candidate(OrphanKind.Role, { tunnelId });
    expect(reasonToKeep(role("tunnel-1"), known)).toBeUndefined();
    expect(reasonToKeep(role("tunnel-2"), known)).toBeUndefined();
    expect(reasonToKeep(role("tunnel-3"), known)).toContain("tunnel-3");
    expect(reasonToKeep(role(undefined), known)).toBeDefined();
  });

  it("stays when it is a key that was used, or for a bucket that this stack does not have", () => {
    const known = facts(["acme"], { interrupted: [creating(TOKEN)] });
    const key = (bucket: string, lastUsedAt?: Date) =>
      candidate(OrphanKind.Token, { key: { bucket, generation: 1 }, lastUsedAt });
    expect(reasonToKeep(key("te-prod-acme"), known)).toBeUndefined();
    expect(reasonToKeep(key("te-prod-acme", new Date(0)), known)).toContain("1970-01-01");
    expect(reasonToKeep(key("chosen"), known)).toBeDefined();
  });

  describe("made in the time of which a cut state does not tell", () => {
    const time = new Date("2026-11-22T10:00:00Z");
    const own = { lost: { from: new Date(time.getTime() - 1000), until: new Date(time.getTime() + 1000) } };
    const made = (kind: OrphanKind, changes: Partial<Candidate> = {}) =>
      candidate(kind, { createdAt: time, ...changes });
    const tunnel = made(OrphanKind.Tunnel, { id: "tunnel-2" });

    it("a host goes with its tunnel, and with what it has", () => {
      const host = made(OrphanKind.Instance, { id: "i-new", tunnelId: "tunnel-2" });
      const known = facts(["acme"], { candidates: [tunnel, host], own });
      const gone = { ...known, goneTunnels: new Set(["tunnel-2"]) };
      const role = made(OrphanKind.Role, { tunnelId: "tunnel-2" });
      expect([host, role].map((one) => reasonToKeep(one, gone))).toEqual([undefined, undefined]);
      expect(reasonToKeep(host, known)).toContain("tunnel-2");
    });

    it("a host of a tunnel that the state has may be in use, and what it has with it", () => {
      const host = made(OrphanKind.Instance, { id: "i-new", tunnelId: "tunnel-1" });
      const mine = made(OrphanKind.Tunnel, { id: "tunnel-1" });
      const known = facts(["acme"], { candidates: [mine, host], own });
      expect(reasonToKeep(host, known)).toContain("older");
      for (const kind of [OrphanKind.Role, OrphanKind.Parameter, OrphanKind.SecurityGroup]) {
        expect(reasonToKeep(made(kind, { tunnelId: "tunnel-1" }), known)).toContain("older");
      }
    });

    it("is too much at some point, what goes with a tunnel not counted", () => {
      const tunnels = (count: number) =>
        Array.from({ length: count }, (_, index) => made(OrphanKind.Tunnel, { id: `left-${index}` }));
      const roles = (count: number) =>
        Array.from({ length: count }, (_, index) =>
          made(OrphanKind.Role, { id: `role-${index}`, tunnelId: "left-0" }),
        );
      const there = Array.from({ length: 30 }, (_, index) =>
        candidate(OrphanKind.Tunnel, { id: `known-${index}`, tenant: "globex" }),
      );
      const refused = (left: Candidate[]) => {
        const all = [...left, ...there];
        return refusalOfUnexplained(left, all, facts(["acme"], { candidates: all, own }));
      };
      expect(refused([...tunnels(10), ...roles(20)])).toBeUndefined();
      expect(refused([...tunnels(11), ...roles(20)])?.leftovers.size).toBe(31);
    });
  });

  describe("a state that is older than the cloud", () => {
    const host = candidate(OrphanKind.Instance, { id: "i-new", tunnelId: "tunnel-1" });
    const before = candidate(OrphanKind.Instance, { id: "i-1", tunnelId: "tunnel-1" });
    const state = { held: [heldHost("i-1")], resourceIds: new Set(["i-1"]) };
    const key = (id: string, generation: number) =>
      candidate(OrphanKind.Token, {
        id,
        name: `te-prod-acme-key-${generation}`,
        key: { bucket: "te-prod-acme", generation },
      });

    it.each<[string, Situation]>([
      ["had none", { candidates: [host] }],
      ["had another, which was replaced", { candidates: [host], own: state }],
      ["had one fewer", { candidates: [{ ...host, name: "te-prod-acme--2" }, before], own: state }],
    ])("does not cost a host that was made since: it %s", (_, situation) => {
      const [found = host] = situation.candidates ?? [];
      const known = facts(["acme"], situation);
      expect(reasonToKeep(found, known)).toContain("older");
      // Nor what that host needs.
      expect(reasonToKeep(candidate(OrphanKind.Parameter, { tunnelId: "tunnel-1" }), known)).toContain(
        "older",
      );
    });

    it("does not cost a key that was made since and not used yet", () => {
      const known = facts(["acme"], {
        candidates: [key("one", 1), key("two", 2)],
        own: { resourceIds: new Set(["one"]) },
      });
      expect(reasonToKeep(key("two", 2), known)).toContain("older");
    });

    it.each<[string, Situation]>([
      ["the state has another of the very name that is there", { candidates: [host, before], own: state }],
      [
        "an update was killed that was creating one",
        { candidates: [host], interrupted: [creating(INSTANCE)] },
      ],
    ])("is told from what was left: %s", (_, situation) => {
      expect(reasonToKeep(host, facts(["acme"], situation))).toBeUndefined();
    });

    it("shows by a host that is gone, also when an update was killed that was creating one", () => {
      const known = facts(["acme"], { candidates: [host], own: state, interrupted: [creating(INSTANCE)] });
      expect(reasonToKeep(host, known)).toContain("older");
    });

    it("was killed over the host of another tenant: that explains nothing", () => {
      const known = facts(["acme"], { candidates: [host], interrupted: [creating(INSTANCE, "globex")] });
      expect(reasonToKeep(host, known)).toContain("older");
    });

    it("does not cost a record whose hostname the list has", () => {
      const record = candidate(OrphanKind.Record, { name: "acme.example.com", tunnelId: "tunnel-1" });
      const hostnames = ["acme.example.com"];
      expect(reasonToKeep(record, facts(["acme"], { hostnames }))).toContain("the next update");
      expect(reasonToKeep(record, facts(["acme"]))).toBeUndefined();
    });
  });

  it("stays when it is too much to be what a killed run left, unless that was creating it", () => {
    const roles = (count: number) =>
      Array.from({ length: count }, (_, index) =>
        candidate(OrphanKind.Role, { id: `left-${index}`, name: `${index}` }),
      );
    const there = Array.from({ length: 30 }, (_, index) =>
      candidate(OrphanKind.Role, { id: `known-${index}` }),
    );
    const refused = (left: Candidate[], all: Candidate[], situation: Situation = {}) =>
      refusalOfUnexplained(left, all, facts(["acme"], situation));
    expect(refused(roles(10), [...roles(10), ...there])).toBeUndefined();
    expect(refused(roles(11), [...roles(11), ...there])?.leftovers.size).toBe(11);
    expect(refused(roles(2), [...roles(2), ...there.slice(1, 2)])?.reason).toContain("more than half");
    expect(refused(roles(11), roles(11), { interrupted: [creating(ROLE)] })).toBeUndefined();
  });
});
