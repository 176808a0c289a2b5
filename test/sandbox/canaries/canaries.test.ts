import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { Canaries, CanariesFoundError } from "../../../sandbox/canaries/canaries.ts";
import { SecretKind } from "../../../sandbox/canaries/secrets.ts";
import { Store } from "../../../sandbox/store.ts";

let canaries: Canaries;
let secret: string;

beforeEach(() => {
  canaries = new Canaries();
  onTestFinished(() => canaries.stop());
  secret = randomBytes(32).toString("base64");
  canaries.add(SecretKind.TunnelSecret, secret);
});

/** Where the search finds the canary, each place once. */
const places = () => [...new Set(canaries.search().finds.map(({ place }) => place))];

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "canaries-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

describe("a secret is found", () => {
  const hidden: [string, (value: string) => string][] = [
    ["plain", (value) => `token: ${value}.`],
    ["in JSON within JSON", (value) => JSON.stringify({ text: JSON.stringify({ value }) })],
    ["in a URL", (value) => `https://example.com/?token=${encodeURIComponent(value)}&x=1`],
    ["in hexadecimal", (value) => Buffer.from(value).toString("hex")],
    ["in upper-case hexadecimal", (value) => Buffer.from(value).toString("hex").toUpperCase()],
    ...[0, 1, 2].flatMap((before): [string, (value: string) => string][] =>
      (["base64", "base64url"] as const).map((encoding) => [
        `in ${encoding} after ${before} characters`,
        (value) => Buffer.from(`${"x".repeat(before)}${value}, and more`).toString(encoding),
      ]),
    ),
    ["in a coloured text", (value) => `\u001b[1m${value.slice(0, 9)}\u001b[0m${value.slice(9)}`],
    ["in a wrapped text", (value) => `${value.slice(0, 20)}\n    ${value.slice(20)}`],
    ["in a column of a table", (value) => `│ ${value.slice(0, 20)} │\n│ ${value.slice(20)} │`],
    ["in a wrapped text within JSON", (value) => JSON.stringify(`${value.slice(0, 20)}\n${value.slice(20)}`)],
  ];

  it.each(hidden)("%s, wherever it begins", (_, clothe) => {
    for (let before = 0; before < 9; before += 1) {
      const sink = new Canaries();
      sink.add(SecretKind.TunnelSecret, secret);
      sink.record("a text", " ".repeat(before) + clothe(secret));
      const { finds } = sink.search();
      sink.stop();
      expect(finds.map(({ kind, place }) => `${kind} in ${place}`)).toContain("tunnel secret in a text");
    }
  });

  it("and with line breaks, as in a file of settings, in JSON", () => {
    const file = `AWS_ACCESS_KEY_ID=1\nAWS_SECRET_ACCESS_KEY=${secret}\n`;
    canaries.add(SecretKind.Parameter, file);
    canaries.record("a text", JSON.stringify({ file }));
    expect(canaries.search().finds).toContainEqual({
      kind: SecretKind.Parameter,
      clothing: "JSON",
      place: "a text",
    });
  });

  it("but not half of it, another one, or what is too short to tell", () => {
    canaries.add(SecretKind.Passphrase, "sandbox");
    canaries.record("a text", `${secret.slice(0, 20)} ${randomBytes(32).toString("base64")} sandbox`);
    expect(places()).toEqual([]);
  });
});

describe("the places that are searched", () => {
  it("are what a process prints, its arguments, and its environment but for the deployer's secrets", async () => {
    const deploy = randomBytes(24).toString("hex");
    canaries.add(SecretKind.DeployToken, deploy);
    const script = "console.log(process.argv[1]); console.error(process.env.TUNNEL)";
    const run = (env: Record<string, string>, ...args: string[]) =>
      once(
        spawn(process.execPath, ["-e", script, ...args], {
          env: { ...env },
          stdio: ["ignore", "pipe", "pipe"],
        }),
        "close",
      );
    await run({ TOKEN: deploy, TUNNEL: "none" }, "harmless");
    expect(places()).toEqual([]);
    await run({ TUNNEL: secret }, secret);
    await run({ TUNNEL: "none" }, deploy);
    const name = expect.stringMatching(/^\w+ of node -e$/);
    expect(places()).toEqual([name, name, name, name]);
    expect(canaries.search().finds.map(({ kind, place }) => `${kind}: ${place}`)).toEqual(
      expect.arrayContaining([
        "tunnel secret: stdout of node -e",
        "tunnel secret: stderr of node -e",
        "tunnel secret: arguments of node -e",
        "tunnel secret: environment of node -e",
        "deploying API token: stdout of node -e",
        "deploying API token: arguments of node -e",
      ]),
    );
  });

  it("are what a process prints when it asks for secrets by name only for its errors and the deployer's", async () => {
    const deploy = randomBytes(24).toString("hex");
    canaries.add(SecretKind.DeployToken, deploy);
    const run = (A: string, B: string) => {
      writeFileSync(file, `console.log(${JSON.stringify(A)}); console.error(${JSON.stringify(B)})`);
      return once(
        spawn(process.execPath, [file, "--show-secrets"], { stdio: ["ignore", "pipe", "pipe"] }),
        "close",
      );
    };
    const file = join(folder(), "print.js");
    await run(secret, "");
    expect(places()).toEqual([]);
    await run(deploy, secret);
    expect(
      canaries
        .search()
        .finds.map(({ kind, place }) => `${kind}: ${place}`)
        .sort(),
    ).toEqual([
      "deploying API token: stdout of node --show-secrets",
      "tunnel secret: stderr of node --show-secrets",
    ]);
  });

  it.runIf(process.platform === "linux")(
    "are what a child's child has, and prints into a file that is gone",
    async () => {
      const path = join(folder(), "printed");
      const inner = `console.log(process.env.B); setTimeout(() => {}, 60_000)`;
      const outer = `
      const { spawn } = require("node:child_process");
      const out = require("node:fs").openSync(${JSON.stringify(path)}, "w");
      spawn(process.execPath, ["-e", ${JSON.stringify(inner)}, "inner"], { env: { B: process.env.A }, stdio: ["ignore", out, "ignore"] });
      setTimeout(() => {}, 60_000)`;
      const half = secret.length / 2;
      const child = spawn(process.execPath, ["-e", outer], {
        env: { A: secret.slice(0, half) },
        stdio: "ignore",
        detached: true,
      });
      onTestFinished(() => void process.kill(-(child.pid ?? 0), "SIGKILL"));
      canaries.add(SecretKind.Password, secret.slice(0, half));
      await vi.waitUntil(() => places().includes("stdout of node -e inner"), { timeout: 20_000 });
      rmSync(path);
      expect(places()).toEqual(
        expect.arrayContaining([
          "environment of node -e",
          "environment of node -e inner",
          "stdout of node -e inner",
        ]),
      );
    },
  );

  it("are event logs, which are removed with their process", async () => {
    const path = join(folder(), "eventlog.txt");
    const script = `require("node:fs").writeFileSync(process.argv[2], "{}"); setTimeout(() => {}, 60_000)`;
    closeSync(openSync(path, "w"));
    const child = spawn(process.execPath, ["-e", script, "--", "up", "--event-log", path], {
      stdio: "ignore",
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    await once(child, "spawn");
    await vi.waitUntil(() => canaries.search().counts.some(({ place }) => place === "event log"));
    writeFileSync(path, secret);
    rmSync(path);
    expect(places()).toEqual([expect.stringMatching(/^event log of node /)]);
  });

  it("are what the clouds keep in the open, also when it was removed, and not what they keep for secrets", () => {
    const store = Store.inMemory();
    onTestFinished(() => store.close());
    const parameter = (type: string) => ({ name: "/a", type, versions: [{ version: 1, value: secret }] });
    store.collection("cloudflare.tunnels").put("1", { id: "1", secret });
    store.collection("cloudflare.tokens").put("1", { id: "1", valueHash: secret });
    store.collection("aws.ssm.parameters").put("1", parameter("SecureString"));
    store
      .collection("hosts")
      .put("1", { snapshot: { journal: ["up"], files: { "/etc/token": secret } }, report: {} });
    expect(places()).toEqual([]);

    const planted: [string, object][] = [
      ["cloudflare.tunnels", { id: "2", name: secret, secret }],
      ["cloudflare.records", { id: "1", comment: secret }],
      ["aws.ssm.parameters", parameter("String")],
      ["aws.ec2.instances", { userData: gzipSync(`export TOKEN=${secret}`).toString("base64") }],
      ["hosts", { snapshot: { journal: ["up", `got ${secret}`] }, report: {} }],
    ];
    for (const [collection, document] of planted) {
      store.collection(collection).put("2", document);
      store.collection(collection).delete("2");
    }
    expect(places().sort()).toEqual([
      "an instance and its user data",
      "aws.ssm.parameters",
      "cloudflare.records",
      "cloudflare.tunnels",
      "the journal of a host",
    ]);
  });

  it("are a server's answers, but for those that a test asks secrets of", async () => {
    const server = createServer((request, response) => {
      response.statusCode = request.url === "/broken" ? 500 : 200;
      if (request.url === "/header") response.setHeader("location", encodeURIComponent(secret));
      response.end(request.url === "/header" ? "" : JSON.stringify({ secret }));
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    canaries.watchAnswers(url);
    canaries.mayShow(/^answer 200 to POST \/(?:token|broken)$/);
    const ask = async (method: string, path: string) => (await fetch(url + path, { method })).text();
    await ask("POST", "/token?tenant=acme");
    expect(places()).toEqual([]);
    await Promise.all([ask("GET", "/token"), ask("POST", "/broken"), ask("GET", "/header")]);
    expect(places().sort()).toEqual([
      "answer 200 to GET /header",
      "answer 200 to GET /token",
      "answer 500 to POST /broken",
    ]);
  });

  it("are all files of a folder but those that are left out", () => {
    const path = folder();
    mkdirSync(join(path, "state"));
    writeFileSync(join(path, "state", "staging.json"), JSON.stringify({ secret }));
    writeFileSync(join(path, "cloud.db"), secret);
    const { finds } = canaries.search(path, (file) => file === "cloud.db");
    expect(finds.map(({ place }) => place)).toEqual([join("state", "staging.json")]);
  });
});

it("what it says names the kinds and places, and never a secret", () => {
  canaries.record("a text", secret);
  const { message } = new CanariesFoundError(canaries.search().finds);
  expect(message).toMatch(/^ {2}tunnel secret \(plain\) in a text$/m);
  expect(message).not.toContain(secret);
});

it("hundreds of secrets in tens of megabytes are looked for within a second", () => {
  for (let count = 0; count < 500; count += 1)
    canaries.add(SecretKind.ApiToken, randomBytes(36).toString("base64url"));
  const state = Array.from({ length: 20_000 }, () => randomBytes(750).toString("base64")).join("\n");
  canaries.record("a state", `${state}${secret}`);
  const begun = performance.now();
  expect(places()).toEqual(["a state"]);
  // Alone on a machine it takes a fifth of that.
  expect(performance.now() - begun).toBeLessThan(5_000);
});
