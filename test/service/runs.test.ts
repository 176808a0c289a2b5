import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, sep } from "node:path";
import { EventSourceParserStream } from "eventsource-parser/stream";
import { describe, expect, it } from "vitest";
import { ErrorCode, OperationError } from "../../operations/errors.ts";
import { newServiceToken } from "../../service/auth/tokens.ts";
import { FakeOperations } from "./fakeOperations.ts";
import { ALL, startTestService, type TestService, until } from "./testService.ts";

const acme = { body: { tenant: "acme" } };
const atOnce = { headers: { prefer: "wait=0" } };
const keyed = (key: string) => ({ headers: { "idempotency-key": key } });

/** Everything that the service has written. */
function stored({ folder }: TestService): string {
  const files = readdirSync(join(folder, "documents"), { recursive: true, withFileTypes: true });
  const texts = files
    .filter((file) => file.isFile())
    .map((file) => readFileSync(join(file.parentPath, file.name), "utf8"));
  return texts.join("\n");
}

async function events({ running }: TestService, path: string, headers: Record<string, string> = {}) {
  const authorization = `Bearer ${ALL.token}`;
  const response = await fetch(`${running.url}${path}/events`, { headers: { authorization, ...headers } });
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  const found: { id: string | undefined; event: string | undefined; data: Record<string, unknown> }[] = [];
  const decoded = response.body
    ?.pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream());
  for await (const { id, event, data } of decoded ?? []) found.push({ id, event, data: JSON.parse(data) });
  return found;
}

describe("an operation that takes longer than its caller waits", () => {
  it("is answered with 202, and can be asked after until its result is there", async () => {
    const service = await startTestService();
    const { send, operations } = service;
    const open = operations.hold();
    const accepted = await send("POST /v1/tenants", { ...acme, ...atOnce });
    expect(accepted.status).toBe(202);
    const path = accepted.headers.get("location") ?? "";
    expect(accepted.json).toMatchObject({
      operation: "enroll",
      state: "running",
      actor: "all",
      result: null,
    });
    await until(async () => (await send(`GET ${path}`)).json["progress"] !== null);
    open();
    await until(async () => (await send(`GET ${path}`)).json["state"] === "succeeded");
    const { json } = await send(`GET ${path}`);
    // It has secrets: giving them out would have to be recorded.
    expect(json).toMatchObject({ result: null, problem: null });
    expect(json["message"]).toContain("send the same request again");
    expect((await send("POST /v1/tenants", acme)).json).toMatchObject({ tunnelToken: "token-acme-1" });
    expect(operations.count("enroll")).toBe(2);
  });

  it("is answered with its result when nothing in it is secret", async () => {
    const { send } = await startTestService();
    await send("POST /v1/tenants", acme);
    const path = (await send("POST /v1/tenants/acme/disable", atOnce)).headers.get("location");
    await until(async () => (await send(`GET ${path}`)).json["state"] === "succeeded");
    expect((await send(`GET ${path}`)).json).toMatchObject({
      result: { state: "disabled" },
      message: "It succeeded.",
    });
  });

  it.each([
    ["rotate-keys", "keyGeneration", "secretAccessKey", "secret-acme-2"],
    ["rotate-tunnel", "tunnelSecretGeneration", "token", "token-acme-2"],
  ])("tells how to get the answer of %s without another rotation", async (route, field, secret, value) => {
    const { send } = await startTestService();
    await send("POST /v1/tenants", acme);
    const accepted = await send(`POST /v1/tenants/acme/${route}`, atOnce);
    expect(accepted.json).toMatchObject({ [field]: 2, message: expect.stringContaining('"to": 2') });
    const path = accepted.headers.get("location");
    await until(async () => (await send(`GET ${path}`)).json["state"] === "succeeded");
    const { json } = await send(`GET ${path}`);
    expect(json).toMatchObject({ [field]: 2, result: null, message: expect.stringContaining('"to": 2') });
    const again = await send(`POST /v1/tenants/acme/${route}`, { body: { to: json[field] } });
    expect(again.json).toMatchObject({ [field]: 2, [secret]: value });
  });

  it("reports its progress, from where a reader stopped on, and its outcome", async () => {
    const service = await startTestService();
    const { send, operations } = service;
    const open = operations.hold();
    const path = (await send("POST /v1/tenants", { ...acme, ...atOnce })).headers.get("location") ?? "";
    const following = events(service, path);
    await until(async () => (await send(`GET ${path}`)).json["progress"] !== null);
    open();
    const all = await following;
    expect(all.map(({ event, data }) => [event, data["message"]])).toEqual([
      ["progress", "enroll begins"],
      ["progress", "enroll ends"],
      ["outcome", expect.any(String)],
    ]);
    expect(all.at(-1)?.data).toMatchObject({ state: "succeeded", result: null });
    const rest = await events(service, path, { "last-event-id": all[0]?.id ?? "" });
    expect(rest.map(({ event }) => event)).toEqual(["progress", "outcome"]);
    expect((await events(service, path, { "last-event-id": "of-another.1" })).length).toBe(3);
    expect((await send(`HEAD ${path}/events`)).status).toBe(200);
  });

  it("tells why it failed", async () => {
    const service = await startTestService();
    service.operations.failures.set("enroll", new OperationError(ErrorCode.NameTaken, "It is taken."));
    const path =
      (await service.send("POST /v1/tenants", { ...acme, ...atOnce })).headers.get("location") ?? "";
    await until(async () => (await service.send(`GET ${path}`)).json["state"] === "failed");
    expect((await service.send(`GET ${path}`)).json).toMatchObject({
      problem: { code: "name-taken", status: 409 },
    });
    expect((await events(service, path)).at(-1)?.data).toMatchObject({ problem: { code: "name-taken" } });
  });
});

describe("the same operation twice at once", () => {
  it("is run once for one caller, and both are answered", async () => {
    const { send, operations } = await startTestService();
    await send("POST /v1/tenants", acme);
    const open = operations.hold();
    const both = [send("POST /v1/tenants/acme/rotate-keys"), send("POST /v1/tenants/acme/rotate-keys")];
    await until(() => operations.count("rotateKeys") === 1);
    open();
    const [one, other] = await Promise.all(both);
    expect(one?.json).toMatchObject({ keyGeneration: 2 });
    expect(other?.json).toEqual(one?.json);
    // The second time for the record that the key was given out twice.
    const rotations = operations.calls.filter(({ operation }) => operation === "rotateKeys");
    expect(rotations.map(({ input }) => input)).toEqual(Array(2).fill({ tenant: "acme", to: 2 }));
    expect(new Set(rotations.map(({ requestId }) => requestId)).size).toBe(2);
    expect((await send("POST /v1/tenants/acme/rotate-keys")).json).toMatchObject({ keyGeneration: 3 });
  });

  it("is run twice for two callers, whose names the audit needs", async () => {
    const second = newServiceToken({ name: "second", scopes: ["operate", "secrets"] });
    const { send, operations } = await startTestService({ entries: [second.entry] });
    const open = operations.hold();
    const both = [send("POST /v1/tenants", acme), send("POST /v1/tenants", { ...acme, token: second.token })];
    await until(() => operations.count("enroll") === 2);
    open();
    expect((await Promise.all(both)).map(({ status }) => status)).toEqual([200, 200]);
    expect(operations.calls.map(({ actor }) => actor).sort()).toEqual(["all", "second"]);
  });
});

describe("an idempotency key", () => {
  it("gives the same answer again without doing it again, also after a restart and however it is quoted", async () => {
    const first = await startTestService();
    await first.send("POST /v1/tenants", acme);
    const rotate = "POST /v1/tenants/acme/rotate-keys";
    const answer = await first.send(rotate, keyed("k-1"));
    expect(answer.json).toMatchObject({ keyGeneration: 2 });
    expect((await first.send(rotate, keyed('"k-1"'))).json).toEqual(answer.json);
    await first.running.stop();
    const second = await startTestService({ fake: first.operations, folder: first.folder });
    expect((await second.send(rotate, keyed("k-1"))).json).toEqual(answer.json);
    expect(second.operations.tenants.get("acme")?.keyGeneration).toBe(2);
    expect((await second.send(rotate, keyed("k-2"))).json).toMatchObject({ keyGeneration: 3 });
  });

  it("joins the operation while it runs", async () => {
    const { send, operations } = await startTestService();
    const open = operations.hold();
    const both = [
      send("POST /v1/tenants", { ...acme, ...keyed("k") }),
      send("POST /v1/tenants", { ...acme, ...keyed("k") }),
    ];
    await until(() => operations.count("enroll") === 1);
    open();
    const [one, other] = await Promise.all(both);
    expect([one?.status, other?.status]).toEqual([200, 200]);
    const created = [one, other].map((answer) => answer?.json["created"]);
    expect(created.sort()).toEqual([false, true]);
    expect(one?.json["tunnelToken"]).toBe(other?.json["tunnelToken"]);
  });

  it("gives secrets out again only with a record of it", async () => {
    const { send, operations } = await startTestService();
    await send("POST /v1/tenants", { ...acme, ...keyed("k") });
    await send("POST /v1/tenants", {
      ...acme,
      headers: { "idempotency-key": "k", "x-request-id": "second" },
    });
    expect(operations.calls.at(-1)).toMatchObject({ operation: "enroll", requestId: "second" });
  });

  it("is refused with another request, and is another key for another token", async () => {
    const second = newServiceToken({ name: "second", scopes: ["operate", "secrets"] });
    const { send } = await startTestService({ entries: [second.entry] });
    await send("POST /v1/tenants", { ...acme, ...keyed("k") });
    const other = await send("POST /v1/tenants", { body: { tenant: "other" }, ...keyed("k") });
    expect(other.json).toMatchObject({ status: 422, code: "idempotency-key-reused" });
    const theirs = { body: { tenant: "other" }, ...keyed("k"), token: second.token };
    expect((await send("POST /v1/tenants", theirs)).status).toBe(200);
  });

  it("does not bring back what was disabled since, nor disable what was enabled since", async () => {
    const first = await startTestService();
    const enroll = { body: { account_id: "a", hub_id: "hub-7" }, ...keyed("e") };
    await first.send("POST /v1/managed-cloudflare/enroll", enroll);
    await first.send("POST /v1/tenants/hub-7/disable", keyed("d"));
    await first.running.stop();

    const second = await startTestService({ fake: first.operations, folder: first.folder });
    const refused = await second.send("POST /v1/managed-cloudflare/enroll", enroll);
    expect(refused.json).toMatchObject({ status: 409, code: "tenant-disabled" });
    await second.send("POST /v1/tenants/hub-7/enable");
    expect((await second.send("POST /v1/tenants/hub-7/disable", keyed("d"))).json).toMatchObject({
      state: "disabled",
    });
    expect(second.operations.tenants.get("hub-7")?.enabled).toBe(true);
  });

  it("repeats a refusal, and tries again what may succeed now", async () => {
    const { send, operations } = await startTestService();
    operations.failures.set("enroll", new OperationError(ErrorCode.NameTaken, "It is taken."));
    expect((await send("POST /v1/tenants", { ...acme, ...keyed("a") })).status).toBe(409);
    expect((await send("POST /v1/tenants", { ...acme, ...keyed("a") })).status).toBe(409);
    operations.failures.set("enroll", new OperationError(ErrorCode.StackLocked, "Locked."));
    expect((await send("POST /v1/tenants", { ...acme, ...keyed("b") })).status).toBe(503);
    expect((await send("POST /v1/tenants", { ...acme, ...keyed("b") })).status).toBe(200);
  });

  it("counts for a day", async () => {
    let time = Date.now();
    const { send } = await startTestService({ now: () => new Date(time) });
    await send("POST /v1/tenants", { ...acme, ...keyed("k") });
    time += 25 * 3600 * 1000;
    expect((await send("POST /v1/tenants", { body: { tenant: "other" }, ...keyed("k") })).status).toBe(200);
  });
});

describe("a service that ends", () => {
  it("lets an operation finish and answers its caller", async () => {
    const { send, operations, running } = await startTestService({ drainSeconds: 30 });
    const open = operations.hold();
    const answer = send("POST /v1/tenants", acme);
    await until(() => operations.count("enroll") === 1);
    const stopped = running.stop();
    await expect(send("GET /healthz")).rejects.toThrow();
    open();
    expect((await answer).json).toMatchObject({ tenant: "acme" });
    await stopped;
    await running.stopped;
  });

  it("hands over what does not finish: the next one does it under the same id, and tells of it without secrets", async () => {
    const first = await startTestService();
    first.operations.hold();
    const answer = first.send("POST /v1/tenants", acme);
    await until(() => first.operations.count("enroll") === 1);
    await first.running.stop();
    const path = (await answer).headers.get("location");
    expect((await answer).status).toBe(202);
    expect(first.operations.tenants.size).toBe(0);

    const second = await startTestService({ folder: first.folder });
    await until(async () => (await second.send(`GET ${path}`)).json["state"] === "succeeded");
    expect(second.operations.calls[0]).toMatchObject({
      operation: "enroll",
      actor: "all",
      input: { tenant: "acme" },
    });
    await second.running.stop();

    const third = await startTestService({ folder: first.folder, fake: second.operations });
    expect((await third.send(`GET ${path}`)).json).toMatchObject({
      state: "succeeded",
      result: null,
      message: expect.stringContaining("send the same request again"),
    });
    expect(third.operations.count("enroll")).toBe(1);
    expect((await events(third, String(path))).map(({ event }) => event)).toEqual(["outcome"]);
    expect(stored(third)).toContain("acme");
    expect(stored(third)).not.toContain("token-acme");
    expect(stored(third)).not.toContain("secret-acme");
  });

  it("takes unfinished operations up in their order", async () => {
    let time = Date.now();
    const now = () => new Date(time++);
    const first = await startTestService({ now });
    first.operations.hold();
    for (const tenant of ["c", "a", "b", "d"])
      await first.send("POST /v1/tenants", { body: { tenant }, ...atOnce });
    await first.running.stop();
    const second = await startTestService({ folder: first.folder, fake: new FakeOperations() });
    await until(() => second.operations.tenants.size === 4);
    expect([...second.operations.tenants.keys()]).toEqual(["c", "a", "b", "d"]);
  });

  it("does so at the signal that process managers send", async () => {
    const { running } = await startTestService();
    process.emit("SIGTERM", "SIGTERM");
    await running.stopped;
    await expect(fetch(`${running.url}/healthz`)).rejects.toThrow();
  });
});

it("refuses more operations than it can hold", async () => {
  const { send, operations } = await startTestService({ mostRuns: 1 });
  const open = operations.hold();
  await send("POST /v1/tenants", { ...acme, ...atOnce });
  const refused = await send("POST /v1/tenants", { body: { tenant: "other" } });
  expect(refused.json).toMatchObject({ status: 429, code: "too-many-operations" });
  expect(refused.headers.get("retry-after")).toBe("30");
  open();
});

describe("what another process runs", () => {
  /** As a process leaves an operation that is killed in the middle of it. */
  async function killed(body: object, lease: object, request = "POST /v1/tenants") {
    const first = await startTestService();
    await first.send("POST /v1/tenants", { body: { tenant: "there" } });
    first.operations.hold();
    const path = (await first.send(request, { body, ...atOnce })).headers.get("location") ?? "";
    const [, file = ""] = /([0-9a-f-]{36})$/.exec(path) ?? [];
    const [name = ""] = readdirSync(join(first.folder, "documents"), { recursive: true })
      .map(String)
      .filter((one) => one.includes(`operations${sep}${file}`));
    const document = join(first.folder, "documents", name);
    const record = JSON.parse(readFileSync(document, "utf8"));
    // Its process goes on no more, and gives nothing back.
    const left = { ...record, lease: { ...record.lease, owner: randomUUID(), ...lease } };
    writeFileSync(document, JSON.stringify(left));
    return { first, path, record };
  }

  it("is not run a second time, neither at a start nor for an idempotency key, and can be asked after", async () => {
    const first = await startTestService();
    const open = first.operations.hold();
    const request = { ...acme, headers: { "idempotency-key": "k", prefer: "wait=0" } };
    const path = (await first.send("POST /v1/tenants", request)).headers.get("location");
    const second = await startTestService({ folder: first.folder });
    const joined = await second.send("POST /v1/tenants", { ...acme, ...keyed("k") });
    expect([joined.status, joined.headers.get("location")]).toEqual([202, path]);
    expect(await events(second, String(path))).toEqual([]);
    open();
    await until(async () => (await second.send(`GET ${path}`)).json["state"] === "succeeded");
    expect(second.operations.calls.filter(({ operation }) => operation === "enroll")).toEqual([]);
  });

  it("is taken up at once when the process is dead", async () => {
    const { pid } = spawnSync(process.execPath, ["--version"]);
    const { first, path } = await killed(acme.body, { pid });
    const second = await startTestService({ folder: first.folder, leaseSeconds: 3600 });
    await until(async () => (await second.send(`GET ${path}`)).json["state"] === "succeeded");
    expect(second.operations.tenants.has("acme")).toBe(true);
  });

  it("is taken up when its lease has ended, and not before", async () => {
    let time = Date.now();
    const { first, path } = await killed(acme.body, { machine: "another" });
    const now = () => new Date(time);
    const second = await startTestService({ folder: first.folder, leaseSeconds: 0.3, now });
    expect(second.operations.count("enroll")).toBe(0);
    time += 31_000;
    await until(async () => (await second.send(`GET ${path}`)).json["state"] === "succeeded");
  });

  it("keeps its lease as long as it runs, and ends when another process has it", async () => {
    const { first, path, record } = await killed(acme.body, { machine: "another" });
    expect(Date.parse(record.lease.until)).toBeGreaterThan(Date.now());
    const second = await startTestService({ leaseSeconds: 0.3 });
    second.operations.hold();
    const { headers } = await second.send("POST /v1/tenants", { ...acme, ...atOnce });
    const lease = () => /"until":"([^"]+)"/.exec(stored(second))?.[1] ?? "";
    const begun = lease();
    await until(() => lease() > begun);
    expect(second.logged()).not.toContain("handed-over");
    const file = join(second.folder, "documents");
    for (const name of readdirSync(file, { recursive: true }).map(String)) {
      if (!name.endsWith(`${headers.get("location")?.split("/").at(-1)}.json`)) continue;
      const text = readFileSync(join(file, name), "utf8");
      writeFileSync(join(file, name), text.replace(/"owner":"[^"]+"/, `"owner":"${randomUUID()}"`));
    }
    await until(() => second.logged().includes("handed-over"));
    expect((await first.send(`GET ${path}`)).json["state"]).toBe("running");
  });

  it("rotates to the generation that was meant, however often it is begun", async () => {
    const { pid } = spawnSync(process.execPath, ["--version"]);
    const { first, path } = await killed({}, { pid }, "POST /v1/tenants/there/rotate-keys");
    const there = first.operations.tenants.get("there");
    // The killed process had got so far.
    if (there !== undefined) there.keyGeneration = 2;
    const fake = new FakeOperations();
    if (there !== undefined) fake.tenants.set("there", there);
    const second = await startTestService({ folder: first.folder, fake });
    await until(async () => (await second.send(`GET ${path}`)).json["state"] === "succeeded");
    expect(there?.keyGeneration).toBe(2);
  });

  it("is not begun again an hour later", async () => {
    const { pid } = spawnSync(process.execPath, ["--version"]);
    const { first, path } = await killed(acme.body, { pid });
    const now = () => new Date(Date.now() + 3_700_000);
    const second = await startTestService({ folder: first.folder, now });
    expect((await second.send(`GET ${path}`)).json).toMatchObject({
      state: "failed",
      problem: { code: "aborted", ways: ["Ask again: send the same request."] },
    });
    expect(second.operations.count("enroll")).toBe(0);
  });
});

describe("a hub's rotation that is asked for again", () => {
  const hub = { body: { account_id: "a", hub_id: "hub-7" } };
  const ask = { body: { hub_id: "hub-7" } };
  const rotate = "POST /v1/managed-cloudflare/rotate-keys";

  it("is answered again for ten minutes, also after a restart", async () => {
    let time = Date.now();
    const now = () => new Date(time);
    const first = await startTestService({ now });
    await first.send("POST /v1/managed-cloudflare/enroll", hub);
    const { json } = await first.send(rotate, ask);
    expect(json).toMatchObject({ r2_access_key_id: "id-hub-7-2" });
    expect((await first.send(rotate, ask)).json).toEqual(json);
    await first.running.stop();
    const second = await startTestService({ now, folder: first.folder, fake: first.operations });
    expect((await second.send(rotate, ask)).json).toEqual(json);
    time += 600_000;
    expect((await second.send(rotate, ask)).json).toMatchObject({ r2_access_key_id: "id-hub-7-3" });
  });

  it("is another rotation with a new key, or when the generation is no longer the current one", async () => {
    const { send } = await startTestService();
    await send("POST /v1/managed-cloudflare/enroll", hub);
    await send(rotate, ask);
    expect((await send(rotate, { ...ask, ...keyed("new") })).json).toMatchObject({
      r2_access_key_id: "id-hub-7-3",
    });
    await send("POST /v1/tenants/hub-7/rotate-keys");
    expect((await send(rotate, ask)).json).toMatchObject({ r2_access_key_id: "id-hub-7-5" });
  });
});

it("forgets operations a day after their end", async () => {
  let time = Date.now();
  const now = () => new Date(time);
  const first = await startTestService({ now });
  const path = (await first.send("POST /v1/tenants", { ...acme, ...atOnce })).headers.get("location");
  await until(async () => (await first.send(`GET ${path}`)).json["state"] === "succeeded");
  await first.running.stop();
  time += 25 * 3600 * 1000;
  const second = await startTestService({ now, folder: first.folder });
  expect((await second.send(`GET ${path}`)).status).toBe(404);
});
