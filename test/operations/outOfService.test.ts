import { describe, expect, it, vi } from "vitest";
import type { InputOf } from "../../operations/contract.ts";
import { disable } from "../../operations/disable.ts";
import { enable } from "../../operations/enable.ts";
import { ErrorCode, OperationError } from "../../operations/errors.ts";
import { remove } from "../../operations/remove.ts";
import { disableResult, removeResult } from "../../operations/schemas.ts";
import { token } from "../../operations/token.ts";
import { ACCOUNT } from "../sandbox/cloudflare/serve.ts";
import { alone, type FakeStack, fakeStack, START } from "./fakeContext.ts";

const BUCKET = "te-staging-acme";
const CONNECTOR = {
  id: "11111111-1111-4111-8111-111111111111",
  version: "1",
  arch: "linux_amd64",
  originIp: "192.0.2.1",
};

/** A tenant that is connected. */
async function connected(more: object = {}): Promise<FakeStack> {
  const stack = await fakeStack([alone("acme", { displayName: "Acme", ...more }), alone("globex")]);
  const { token: value } = await token(stack.context, { tenant: "acme" }, {});
  stack.cloud.tunnels.connect(value, CONNECTOR);
  return stack;
}

function connectors({ cloud }: FakeStack): number {
  const [tunnel] = cloud.tunnels.list(ACCOUNT).filter(({ name }) => name === BUCKET);
  return tunnel === undefined ? 0 : cloud.tunnels.connectors(tunnel.id).length;
}

const out = async (stack: FakeStack, input: InputOf<"disable"> = { tenant: "acme" }) =>
  disableResult.parse(await disable(stack.context, input, {}));
const gone = async (stack: FakeStack, input: InputOf<"remove">) =>
  removeResult.parse(await remove(stack.context, input, {}));

describe("disabling", () => {
  it("writes since when and until when, and a new tunnel secret, into the entry; nothing else", async () => {
    const stack = await connected();
    const others = stack.entry("globex");
    const answer = await out(stack);
    const times = { since: START, keepUntil: "2026-12-22T10:00:00.000Z" };
    expect(stack.entry("acme")).toEqual(
      alone("acme", { displayName: "Acme", tunnelSecretGeneration: 2, disabled: times }),
    );
    expect(stack.entry("globex")).toEqual(others);
    expect(answer).toEqual({
      tenant: "acme",
      state: "disabled",
      disabled: { ...times, purge: false, bucketDeleted: false },
      bucket: BUCKET,
      objectsDeleted: 0,
    });
  });

  it("drops what is connected, and the old token connects no more", async () => {
    const stack = await connected();
    const { token: old } = await token(stack.context, { tenant: "acme" }, {});
    expect(connectors(stack)).toBe(1);
    await out(stack);
    expect(connectors(stack)).toBe(0);
    expect(() => stack.cloud.tunnels.connect(old, CONNECTOR)).toThrow("Invalid tunnel secret");
  });

  it("again changes nothing, though later", async () => {
    const stack = await connected();
    const first = await out(stack, { tenant: "acme", retentionDays: 90 });
    const entry = stack.entry("acme");
    stack.pass(3);
    expect(await out(stack)).toEqual(first);
    expect(stack.entry("acme")).toEqual(entry);
    expect(stack.updates).toEqual(["disable acme"]);
  });

  it("again with another retention counts it from the first time, and changes nothing else", async () => {
    const stack = await connected();
    const first = await out(stack);
    stack.pass(3);
    for (const [retentionDays, keepUntil] of [
      [90, "2027-02-20T10:00:00.000Z"],
      [2, "2026-11-24T10:00:00.000Z"],
    ] as const) {
      expect(await out(stack, { tenant: "acme", retentionDays })).toEqual({
        ...first,
        disabled: { ...first.disabled, keepUntil },
      });
    }
    expect(stack.entry("acme")).toMatchObject({ tunnelSecretGeneration: 2 });
  });

  it("twice at once raises the secret's generation once", async () => {
    const stack = await connected();
    await Promise.all([out(stack), out(stack)]);
    expect(stack.entry("acme")).toMatchObject({ tunnelSecretGeneration: 2 });
    expect(stack.updates).toEqual(["disable acme"]);
  });

  it("that died before the update is completed by the next try, with the times of the first one", async () => {
    const stack = await connected();
    stack.beforeUpdate = () => {
      throw new Error("killed");
    };
    await expect(out(stack)).rejects.toThrow("killed");
    stack.beforeUpdate = () => {};
    stack.pass(1);
    expect((await out(stack)).disabled.since).toBe(START);
    expect(stack.entry("acme")).toMatchObject({ tunnelSecretGeneration: 2 });
    expect(connectors(stack)).toBe(0);
  });

  it("keeps the bucket as long as was asked, or as the stack says", async () => {
    const stack = await fakeStack([alone("acme"), alone("globex")], { lifecycle: { retentionDays: 7 } });
    expect((await out(stack)).disabled.keepUntil).toBe("2026-11-29T10:00:00.000Z");
    const asked = await out(stack, { tenant: "globex", retentionDays: 0 });
    expect(asked.disabled.keepUntil).toBe(START);
  });

  it("with the bucket takes away its protection, its objects and then the bucket itself", async () => {
    const stack = await connected();
    for (const key of ["a", "b/c"]) stack.putObject(BUCKET, key);
    const answer = await out(stack, { tenant: "acme", deleteBucket: true });
    expect(answer).toMatchObject({ bucket: null, objectsDeleted: 2, disabled: { bucketDeleted: true } });
    expect(stack.updates).toEqual(["disable acme", "delete the bucket of acme"]);
    expect(stack.entry("acme")).toMatchObject({ disabled: { bucket: "deleted" } });
    expect(stack.cloud.buckets.list(ACCOUNT).map(({ name }) => name)).toEqual(["te-staging-globex"]);
    // The rest stays as long as without that.
    expect(answer.disabled.keepUntil).toBe("2026-12-22T10:00:00.000Z");
    expect(await out(stack, { tenant: "acme", deleteBucket: true })).toEqual({
      ...answer,
      objectsDeleted: 0,
    });
  });

  it("with the bucket takes what came into it after its deletion had begun", async () => {
    const stack = await connected();
    const deletion = { tenant: "acme", deleteBucket: true };
    stack.beforeUpdate = ({ message }) => {
      if (message !== "delete the bucket of acme") return;
      stack.putObject(BUCKET, "late");
      throw new Error("killed");
    };
    await expect(out(stack, deletion)).rejects.toThrow("killed");
    // As the engine: the bucket's deletion is part of every update from now on.
    stack.beforeUpdate = () => expect(stack.objects(BUCKET)).toBe(0);
    expect(await out(stack, deletion)).toMatchObject({ bucket: null, objectsDeleted: 1 });
    expect(stack.cloud.buckets.list(ACCOUNT).map(({ name }) => name)).toEqual(["te-staging-globex"]);
  });

  it("does not delete what is in a bucket of a tenant that was enabled again meanwhile", async () => {
    const stack = await connected();
    stack.putObject(BUCKET, "a");
    const { bring } = stack.context;
    stack.context.bring = async (change, call) => {
      await bring(change, call);
      stack.context.bring = bring;
      await enable(stack.context, { tenant: "acme" }, {});
    };
    await expect(out(stack, { tenant: "acme", deleteBucket: true })).rejects.toMatchObject({
      code: "not-allowed-now",
      message: expect.stringContaining("enabled again"),
    });
    expect(stack.objects(BUCKET)).toBe(1);
  });

  it("can take the bucket later, too", async () => {
    const stack = await connected();
    await out(stack);
    expect(await out(stack, { tenant: "acme", deleteBucket: true })).toMatchObject({
      bucket: null,
      disabled: { keepUntil: "2026-12-22T10:00:00.000Z" },
    });
  });

  it("does without a bucket", async () => {
    const stack = await connected({ bucket: { enabled: false } });
    expect(await out(stack)).toMatchObject({ state: "disabled", bucket: null });
  });

  it("of nobody is refused", async () => {
    const stack = await fakeStack();
    await expect(out(stack)).rejects.toMatchObject({ code: "tenant-not-found" });
    expect(stack.brought).toEqual([]);
  });

  it("deletes what belongs to being in service, and neither tunnel nor hostname nor bucket", async () => {
    const stack = await connected();
    await out(stack);
    const [{ mayDestroy } = {}] = stack.brought;
    for (const type of [
      "cloudflare:index/zeroTrustTunnelCloudflared:ZeroTrustTunnelCloudflared",
      "cloudflare:index/dnsRecord:DnsRecord",
      "cloudflare:index/r2Bucket:R2Bucket",
    ]) {
      expect([type, mayDestroy?.(type)]).toEqual([type, false]);
    }
    expect(mayDestroy?.("aws:ec2/instance:Instance")).toBe(true);
    expect(mayDestroy?.("cloudflare:index/accountToken:AccountToken")).toBe(true);
  });
});

describe("enabling", () => {
  it("brings back tunnel, hostname and bucket with another token and a key that was never valid", async () => {
    const stack = await connected({
      bucket: { keyGenerations: [3, 4], oldKeysUntil: "2026-11-23T10:00:00Z" },
    });
    const before = await token(stack.context, { tenant: "acme" }, {});
    stack.putObject(BUCKET, "kept");
    await out(stack);
    const answer = await enable(stack.context, { tenant: "acme" }, {});
    expect(answer).toMatchObject({
      created: false,
      tunnelId: before.tunnelId,
      bucket: BUCKET,
      keyGeneration: 5,
    });
    expect(answer.tunnelToken).not.toBe(before.token);
    expect(stack.objects(BUCKET)).toBe(1);
    expect(stack.entry("acme")).toEqual(
      alone("acme", { displayName: "Acme", tunnelSecretGeneration: 2, bucket: { keyGenerations: [5] } }),
    );
    expect(await enable(stack.context, { tenant: "acme" }, {})).toEqual(answer);
    expect(stack.updates).toEqual(["disable acme", "enable acme"]);
  });

  it("twice at once makes one new key", async () => {
    const stack = await connected();
    await out(stack);
    await Promise.all([
      enable(stack.context, { tenant: "acme" }, {}),
      enable(stack.context, { tenant: "acme" }, {}),
    ]);
    expect(stack.entry("acme")).toMatchObject({ bucket: { keyGenerations: [2] } });
  });

  it("makes a bucket anew that was deleted, with another key than it had", async () => {
    const stack = await connected();
    await out(stack, { tenant: "acme", deleteBucket: true });
    expect(await enable(stack.context, { tenant: "acme" }, {})).toMatchObject({
      bucket: BUCKET,
      keyGeneration: 2,
    });
    expect(stack.objects(BUCKET)).toBe(0);
  });

  it("of a tenant without bucket gives it none", async () => {
    const entry = { bucket: { enabled: false } };
    const stack = await connected(entry);
    await out(stack);
    expect(await enable(stack.context, { tenant: "acme" }, {})).toMatchObject({
      bucket: null,
      keyGeneration: null,
    });
    expect(stack.entry("acme")).toMatchObject(entry);
  });
});

describe("removing", () => {
  it.each([
    ["an active tenant", false, "only a disabled tenant may be removed"],
    ["one whose retention is not over", true, "is kept until 2026-12-22T10:00:00.000Z"],
  ])("%s without purge is refused before anything", async (_, isOut, words) => {
    const stack = await connected();
    if (isOut) await out(stack);
    const [entries, brought] = [stack.entries(), stack.brought.length];
    await expect(gone(stack, { tenant: "acme", emptyBucket: true })).rejects.toMatchObject({
      code: "not-allowed-now",
      message: expect.stringContaining(words),
      ways: expect.arrayContaining([expect.stringContaining("tenant-edge remove acme --purge")]),
    });
    expect(stack.entries()).toEqual(entries);
    expect(stack.brought).toHaveLength(brought);
  });

  it("a bucket with objects is refused before anything, and they stay", async () => {
    const stack = await connected();
    stack.putObject(BUCKET, "a");
    const entries = stack.entries();
    await expect(gone(stack, { tenant: "acme", purge: true })).rejects.toMatchObject({
      code: "bucket-not-empty",
    });
    expect(stack.entries()).toEqual(entries);
    expect(stack.brought).toEqual([]);
    expect([stack.objects(BUCKET), connectors(stack)]).toEqual([1, 1]);
  });

  it("takes three updates: it is let go, its bucket goes, and its entry", async () => {
    const stack = await connected();
    stack.putObject(BUCKET, "a");
    const answer = await gone(stack, { tenant: "acme", purge: true, emptyBucket: true });
    expect(answer).toEqual({ tenant: "acme", state: "absent", changed: true, objectsDeleted: 1 });
    expect(stack.updates).toEqual(["let acme go", "delete the bucket of acme", "remove acme"]);
    expect(stack.entries()).toEqual([alone("globex")]);
    expect(stack.cloud.buckets.list(ACCOUNT).map(({ name }) => name)).toEqual(["te-staging-globex"]);
    expect(stack.events.map(({ kind }) => kind)).toContain("emptying");
    expect(await gone(stack, { tenant: "acme" })).toEqual({ ...answer, changed: false, objectsDeleted: 0 });
    expect(stack.updates).toHaveLength(3);
  });

  it("needs no purge when the retention is over", async () => {
    const stack = await connected();
    await out(stack);
    stack.pass(30);
    expect(await gone(stack, { tenant: "acme" })).toMatchObject({ state: "absent", changed: true });
  });

  it("that died between its updates is completed by the next try, which needs no purge any more", async () => {
    const stack = await connected();
    stack.beforeUpdate = ({ message }) => {
      if (message === "remove acme") throw new Error("killed");
    };
    await expect(gone(stack, { tenant: "acme", purge: true })).rejects.toThrow("killed");
    expect(stack.entries()).toEqual([alone("globex")]);
    stack.beforeUpdate = () => {};
    expect(await gone(stack, { tenant: "acme" })).toMatchObject({ state: "absent", changed: true });
    expect(stack.cloud.buckets.list(ACCOUNT)).toHaveLength(1);
  });

  it("is refused when somebody has enabled it again before the second update", async () => {
    const stack = await connected();
    const { bring } = stack.context;
    stack.context.bring = async (change, call) => {
      if (change.message === "remove acme") {
        stack.context.bring = bring;
        await enable(stack.context, { tenant: "acme" }, {});
      }
      await bring(change, call);
    };
    await expect(gone(stack, { tenant: "acme", purge: true })).rejects.toMatchObject({
      code: "not-allowed-now",
      message: expect.stringContaining("acme is active"),
    });
    expect(stack.entry("acme")).toBeDefined();
    expect(stack.cloud.buckets.list(ACCOUNT)).toHaveLength(2);
  });

  it.each([
    ["goes on when the tenant could be let go", ErrorCode.UpdateFailed, true, "absent"],
    ["stops when it was not", ErrorCode.UpdateFailed, false, undefined],
    ["stops for any other reason", ErrorCode.StackLocked, true, undefined],
  ])("whose first update fails %s", async (_, code, isLetGo, state) => {
    const stack = await connected();
    const { bring } = stack.context;
    stack.context.bring = async (change, call) => {
      if (change.message !== "let acme go") return await bring(change, call);
      if (isLetGo) await bring(change, call);
      throw new OperationError(code, "it did not end well");
    };
    const answer = await gone(stack, { tenant: "acme", purge: true }).catch((error: unknown) => error);
    expect(answer).toMatchObject(state === undefined ? { code } : { state });
    expect(stack.entry("acme") === undefined).toBe(state === "absent");
  });

  it("a tenant whose line was deleted by accident is refused, and its objects stay", async () => {
    const stack = await connected();
    stack.putObject(BUCKET, "a");
    await stack.context.list.change((document) => document.remove("acme"));
    await expect(gone(stack, { tenant: "acme", purge: true, emptyBucket: true })).rejects.toMatchObject({
      code: "not-allowed-now",
      message: expect.stringContaining("its entry is gone"),
    });
    expect([stack.objects(BUCKET), connectors(stack)]).toEqual([1, 1]);
  });

  it("one that is in neither list nor outputs still ends what an earlier removal has left", async () => {
    const stack = await fakeStack([alone("globex")]);
    expect(await gone(stack, { tenant: "acme" })).toMatchObject({ state: "absent", changed: false });
    expect(stack.brought).toMatchObject([{ message: "remove acme", tenants: ["acme"] }]);
    expect(stack.entries()).toEqual([alone("globex")]);
  });

  it("one that nobody knows changes nothing; by another name than its id it is an error", async () => {
    const stack = await fakeStack();
    expect(await gone(stack, { tenant: "nobody", purge: true })).toMatchObject({ changed: false });
    await expect(gone(stack, { hubId: "nobody" })).rejects.toMatchObject({ code: "tenant-not-found" });
    expect([stack.entries(), stack.updates]).toEqual([[], []]);
  });

  it("does without a bucket, and without Cloudflare's S3 side", async () => {
    const stack = await connected({ bucket: { enabled: false } });
    stack.context.env["TENANT_EDGE_R2_ENDPOINT"] = "http://127.0.0.1:9";
    expect(await gone(stack, { tenant: "acme", purge: true })).toMatchObject({
      objectsDeleted: 0,
      changed: true,
    });
  });
});

it("a token that Cloudflare does not take is a failure of the cloud, and the secret is not in it", async () => {
  const stack = await connected();
  const { apiToken = "" } = stack.context.cloudflare;
  for (const { id, name } of stack.cloud.tokens.list(ACCOUNT)) {
    if (name === "deploy") stack.cloud.tokens.delete(ACCOUNT, id);
  }
  const failure = await gone(stack, { tenant: "acme", purge: true }).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "cloud-failed" });
  expect(`${failure}${JSON.stringify(failure)}`).not.toContain(apiToken);
  await expect(out(stack)).rejects.toMatchObject({
    code: "cloud-failed",
    message: expect.stringContaining("connections of the tunnel of acme could not be dropped"),
  });
});

it("takes up a removal that was killed right after the tunnel was deleted", async () => {
  const stack = await connected();
  await out(stack);
  const { tunnels } = stack.cloud;
  vi.spyOn(tunnels, "dropConnections").mockImplementation(() => void tunnels.require(ACCOUNT, "deleted"));
  expect(await gone(stack, { tenant: "acme", purge: true })).toMatchObject({ changed: true });
  expect(tunnels.dropConnections).toHaveBeenCalledOnce();
});
