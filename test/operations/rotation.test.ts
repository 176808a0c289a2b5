import { describe, expect, it, vi } from "vitest";
import type { InputOf } from "../../operations/contract.ts";
import { disable } from "../../operations/disable.ts";
import { expire } from "../../operations/expire.ts";
import { rotateKeys } from "../../operations/rotateKeys.ts";
import { rotateTunnel } from "../../operations/rotateTunnel.ts";
import { expireResult, rotateKeysResult, rotateTunnelResult } from "../../operations/schemas.ts";
import { token } from "../../operations/token.ts";
import { alone, type FakeStack, fakeStack } from "./fakeContext.ts";

const REPORT = "/tenant-edge/staging/acme/host-report";
const TOKEN = "/tenant-edge/staging/acme/tunnel-token";

const keys = async ({ context }: FakeStack, input: InputOf<"rotateKeys"> = { tenant: "acme" }) =>
  rotateKeysResult.parse(await rotateKeys(context, input, {}));
const tunnel = async ({ context }: FakeStack, input: InputOf<"rotateTunnel"> = { tenant: "acme" }) =>
  rotateTunnelResult.parse(await rotateTunnel(context, input, {}));
const expired = async ({ context }: FakeStack, input: InputOf<"expire"> = { act: true }) =>
  expireResult.parse(await expire(context, input, {})).due;

function report(stack: FakeStack, changes: { keyGeneration?: number; tunnelToken?: number }): void {
  const value = JSON.stringify({
    instanceId: "i-acme",
    connectorId: "",
    cloudflared: "1",
    tunnelToken: 1,
    bucketEnvironment: 1,
    keyGeneration: 1,
    ...changes,
  });
  stack.reports.set(REPORT, { value, version: 1 });
}

describe("a key that its customer holds", () => {
  it("is added, and the old one stays valid for the overlap, which expire ends", async () => {
    const stack = await fakeStack([alone("acme")]);
    const end = "2026-11-23T10:00:00.000Z";
    expect(await keys(stack)).toMatchObject({
      accessKeyId: "acme-key-2",
      keyGenerations: [1, 2],
      revoked: [],
      oldKeysUntil: end,
    });
    expect(stack.entry("acme")).toEqual(
      alone("acme", { bucket: { keyGenerations: [1, 2], oldKeysUntil: end } }),
    );
    expect(await expired(stack)).toEqual([]);

    stack.pass(1);
    const due = { tenant: "acme", kind: "revoke-keys", since: end, error: null };
    expect(await expired(stack, {})).toEqual([{ ...due, outcome: "planned" }]);
    expect(stack.updates).toHaveLength(1);
    expect(await expired(stack)).toEqual([{ ...due, outcome: "done" }]);
    expect(stack.entry("acme")).toEqual(alone("acme", { bucket: { keyGenerations: [2] } }));
    expect(await expired(stack)).toEqual([]);
  });

  it("rotated again within the overlap is the same one, until when does not move", async () => {
    const stack = await fakeStack([alone("acme")]);
    const first = await keys(stack);
    stack.pass(0.5);
    expect(await keys(stack)).toEqual(first);
    expect(await keys(stack, { tenant: "acme", to: 2 })).toEqual(first);
    expect(stack.updates).toHaveLength(1);
    stack.pass(0.5);
    expect(await keys(stack)).toMatchObject({ keyGenerations: [2], revoked: [1], oldKeysUntil: null });
  });

  it("twice at once to the same generation is rotated once", async () => {
    const stack = await fakeStack([alone("acme")]);
    const [one, other] = await Promise.all([keys(stack), keys(stack)]);
    expect(one).toEqual(other);
    expect(one.keyGenerations).toEqual([1, 2]);
  });

  it("is revoked at once when no overlap is wanted, also in the middle of one", async () => {
    const stack = await fakeStack([alone("acme"), alone("globex")]);
    const over = { keyGenerations: [2], revoked: [1], oldKeysUntil: null };
    expect(await keys(stack, { tenant: "acme", overlapHours: 0 })).toMatchObject(over);
    await keys(stack, { tenant: "globex" });
    expect(await keys(stack, { tenant: "globex", overlapHours: 0 })).toMatchObject(over);
  });

  it("has the overlap that was asked for, else the stack's", async () => {
    const stack = await fakeStack([alone("acme"), alone("globex")], { lifecycle: { keyOverlapHours: 2 } });
    expect((await keys(stack)).oldKeysUntil).toBe("2026-11-22T12:00:00.000Z");
    const asked = await keys(stack, { tenant: "globex", overlapHours: 0.5 });
    expect(asked.oldKeysUntil).toBe("2026-11-22T10:30:00.000Z");
  });

  it.each([
    ["one that was skipped", {}, { to: 3 }, "not-allowed-now", "neither that nor the next"],
    [
      "one that is over",
      { bucket: { keyGenerations: [2, 3] } },
      { to: 2 },
      "not-allowed-now",
      "generation 3",
    ],
    ["a sixth", { bucket: { keyGenerations: [1, 2, 3, 4, 5] } }, { to: 6 }, "not-allowed-now", "5 keys"],
    ["one without a bucket", { bucket: { enabled: false } }, {}, "no-bucket", "no bucket"],
  ])("is not rotated to %s", async (_, entry, input, code, words) => {
    const stack = await fakeStack([alone("acme", entry)]);
    await expect(keys(stack, { tenant: "acme", ...input })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(words),
    });
    expect(stack.brought).toEqual([]);
  });
});

describe("a key that a host of ours has", () => {
  const withHost = async () => {
    const stack = await fakeStack([{ id: "acme" }]);
    report(stack, {});
    return stack;
  };

  it("is revoked when the host reports the new one, and not before", async () => {
    const stack = await withHost();
    const rotation = keys(stack);
    await vi.waitFor(() => expect(stack.events.map(({ kind }) => kind)).toContain("hosts"));
    expect(stack.entry("acme")).toEqual({ id: "acme", bucket: { keyGenerations: [1, 2] } });
    report(stack, { keyGeneration: 2 });
    expect(await rotation).toMatchObject({ keyGenerations: [2], revoked: [1], oldKeysUntil: null });
    expect(stack.updates).toEqual(["add key 2 of acme", "revoke the old keys of acme"]);
    const [add, drop] = stack.brought;
    expect(add?.mayDestroy?.("cloudflare:index/accountToken:AccountToken")).not.toBe(true);
    expect(drop?.mayDestroy?.("cloudflare:index/accountToken:AccountToken")).toBe(true);
    expect(drop?.mayDestroy?.("cloudflare:index/r2Bucket:R2Bucket")).toBe(false);
  });

  it("is revoked by the host's report, and not by the overlap from before it had a host", async () => {
    const bucket = { keyGenerations: [1, 2], oldKeysUntil: "2027-01-01T00:00:00Z" };
    const stack = await fakeStack([{ id: "acme", bucket }]);
    report(stack, { keyGeneration: 2 });
    expect(await keys(stack)).toMatchObject({ keyGenerations: [2], oldKeysUntil: null });
  });

  it("that is not taken in time stays valid, and the next try goes on from there", async () => {
    const stack = await withHost();
    const stop = new AbortController();
    const waiting = rotateKeys(stack.context, { tenant: "acme" }, { signal: stop.signal });
    await vi.waitFor(() => expect(stack.events.map(({ kind }) => kind)).toContain("hosts"));
    stop.abort(new Error("no more patience"));
    await expect(waiting).rejects.toThrow("no more patience");
    expect(stack.entry("acme")).toMatchObject({ bucket: { keyGenerations: [1, 2] } });
    report(stack, { keyGeneration: 2 });
    expect(await keys(stack)).toMatchObject({ keyGenerations: [2], revoked: [1] });
  });

  it("whose reports cannot be read is an error of the cloud, which says what is needed", async () => {
    const stack = await withHost();
    Object.assign(await stack.context.aws.ssm(), { send: () => Promise.reject(new Error("AccessDenied")) });
    await expect(keys(stack)).rejects.toMatchObject({
      code: "cloud-failed",
      ways: [expect.stringContaining("ssm:GetParameters")],
    });
  });
});

describe("a tunnel's secret", () => {
  it("becomes another, and a customer's own connector is dropped only when that is wanted", async () => {
    const stack = await fakeStack([alone("acme")]);
    const { token: old, tunnelId } = await token(stack.context, { tenant: "acme" }, {});
    const connector = {
      id: "11111111-1111-4111-8111-111111111111",
      version: "1",
      arch: "a",
      originIp: "192.0.2.1",
    };
    stack.cloud.tunnels.connect(old, connector);
    const answer = await tunnel(stack);
    expect(answer).toMatchObject({ tunnelId, tunnelSecretGeneration: 2 });
    expect(answer.token).not.toBe(old);
    expect(stack.entry("acme")).toEqual(alone("acme", { tunnelSecretGeneration: 2 }));
    expect(stack.cloud.tunnels.connectors(tunnelId)).toHaveLength(1);

    expect(await tunnel(stack, { tenant: "acme", to: 2, dropConnections: true })).toEqual(answer);
    expect(stack.cloud.tunnels.connectors(tunnelId)).toEqual([]);
    expect(stack.updates).toHaveLength(1);
  });

  it("twice at once to the same generation becomes another once", async () => {
    const stack = await fakeStack([alone("acme")]);
    const [one, other] = await Promise.all([tunnel(stack), tunnel(stack)]);
    expect(one).toEqual(other);
    expect(one.tunnelSecretGeneration).toBe(2);
    await expect(tunnel(stack, { tenant: "acme", to: 1 })).rejects.toMatchObject({ code: "not-allowed-now" });
    await expect(tunnel(stack, { tenant: "acme", to: 4 })).rejects.toMatchObject({ code: "not-allowed-now" });
  });

  it("whose rotation died before the update is that of the next try, which is told no generation", async () => {
    const stack = await fakeStack([alone("acme")]);
    stack.beforeUpdate = () => {
      throw new Error("killed");
    };
    await expect(tunnel(stack)).rejects.toThrow("killed");
    stack.beforeUpdate = () => {};
    expect(await tunnel(stack)).toMatchObject({ tunnelSecretGeneration: 2 });
    expect(await tunnel(stack)).toMatchObject({ tunnelSecretGeneration: 3 });
  });

  it("whose parameter is not there is an error, and no host is waited for", async () => {
    const stack = await fakeStack([{ id: "acme" }]);
    report(stack, { tunnelToken: 5 });
    await expect(tunnel(stack)).rejects.toMatchObject({
      code: "cloud-failed",
      message: expect.stringContaining(TOKEN),
    });
  });

  it("does not go back when somebody else has gone further meanwhile", async () => {
    const stack = await fakeStack([alone("acme")]);
    const { bring } = stack.context;
    stack.context.bring = async (change, call) => {
      await stack.context.list.change((list) => list.put(alone("acme", { tunnelSecretGeneration: 3 })));
      await bring(change, call);
    };
    expect(await tunnel(stack, { tenant: "acme", to: 2 })).toMatchObject({ tunnelSecretGeneration: 3 });
  });

  it("is waited for until the host reports the newest version of its token", async () => {
    const stack = await fakeStack([{ id: "acme" }]);
    stack.reports.set(TOKEN, { value: "x", version: 5 });
    report(stack, { tunnelToken: 4 });
    const rotation = tunnel(stack);
    await vi.waitFor(() => expect(stack.events.map(({ kind }) => kind)).toContain("hosts"));
    report(stack, { tunnelToken: 5 });
    expect(await rotation).toMatchObject({ tunnelSecretGeneration: 2 });
  });
});

it.each([
  ["keys", keys],
  ["tunnel", tunnel],
])("a disabled tenant's %s is not rotated", async (_, rotate) => {
  const stack = await fakeStack([alone("acme")]);
  await disable(stack.context, { tenant: "acme" }, {});
  await expect(rotate(stack)).rejects.toMatchObject({ code: "tenant-disabled" });
  expect(stack.updates).toEqual(["disable acme"]);
});

it.each([
  ["keys", keys],
  ["tunnel", tunnel],
])("a tenant's %s is not rotated when it is disabled before its turn", async (_, rotate) => {
  const stack = await fakeStack([alone("acme")]);
  const { bring } = stack.context;
  stack.context.bring = async (change, call) => {
    stack.context.bring = bring;
    await disable(stack.context, { tenant: "acme" }, {});
    await bring(change, call);
  };
  await expect(rotate(stack)).rejects.toMatchObject({ code: "tenant-disabled" });
  expect(stack.updates).toEqual(["disable acme"]);
});

describe("expire", () => {
  it("removes what is due and nothing else, and one failure does not keep the others", async () => {
    const stack = await fakeStack(["early", "full", "idle", "late"].map((id) => alone(id)));
    for (const tenant of ["full", "idle"]) await disable(stack.context, { tenant, retentionDays: 1 }, {});
    await disable(stack.context, { tenant: "late", retentionDays: 2 }, {});
    stack.putObject("te-staging-full", "a");
    stack.pass(1);
    const due = await expired(stack);
    expect(due.map(({ tenant, kind, outcome }) => [tenant, kind, outcome])).toEqual([
      ["full", "remove", "failed"],
      ["idle", "remove", "done"],
    ]);
    expect(due[0]?.error).toContain("has objects");
    expect(stack.entries().map(({ id }) => id)).toEqual(["early", "full", "late"]);

    const emptied = await expired(stack, { act: true, emptyBuckets: true });
    expect(emptied).toMatchObject([{ tenant: "full", outcome: "done" }]);
    expect(stack.entries().map(({ id }) => id)).toEqual(["early", "late"]);
  });

  it("ends a removal that was interrupted, before its time", async () => {
    const disabled = { since: "2026-11-22T10:00:00Z", keepUntil: "2026-12-22T10:00:00Z", purge: true };
    const stack = await fakeStack([alone("acme", { disabled })]);
    expect(await expired(stack)).toMatchObject([{ tenant: "acme", kind: "remove", outcome: "done" }]);
    expect(stack.entries()).toEqual([]);
  });

  it("changes nothing unless told to", async () => {
    const stack = await fakeStack([alone("acme")]);
    await disable(stack.context, { tenant: "acme", retentionDays: 0 }, {});
    const entries = stack.entries();
    expect(await expired(stack, {})).toMatchObject([{ tenant: "acme", outcome: "planned" }]);
    expect(stack.entries()).toEqual(entries);
  });
});
