/** Plans, questions, results and errors, with operations that do nothing. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ProgressKind } from "../../operations/contract.ts";
import { ErrorCode, OperationError } from "../../operations/errors.ts";
import { PLAN, projectFolder, runFake } from "./fakeCli.ts";

const ENROLLED = {
  tenant: "acme",
  created: true,
  tunnelId: "3f2a1c9e-0b7d-4c7e-9a55-5f0c1d2e3b4a",
  tunnelToken: "eyJ-tunnel-token",
  accessKeyId: "0123456789abcdef",
  secretAccessKey: "very-secret-key",
  bucket: null,
};
const enrolling = { operations: { enroll: () => ENROLLED } };

describe("results", () => {
  it("prints one JSON document, with secrets only on request, which it says once", async () => {
    const hidden = await runFake(["enroll", "acme", "--yes", "--json"], enrolling);
    expect(JSON.parse(hidden.stdout)).toEqual({
      ...ENROLLED,
      tunnelToken: "[secret]",
      secretAccessKey: "[secret]",
    });
    expect(hidden.stderr).toBe("Secrets are hidden; --show-secrets prints them.\n");
    expect(hidden).toMatchObject({ exitCode: 0, closed: 1 });

    const shown = await runFake(["enroll", "acme", "--yes", "--json", "--show-secrets"], enrolling);
    expect(JSON.parse(shown.stdout)).toEqual(ENROLLED);
    expect(shown.stderr).toBe("");
  });

  it("hides secrets in text, too", async () => {
    const { stdout } = await runFake(["enroll", "acme", "--yes"], enrolling);
    expect(stdout).toContain("tunnel token       [secret]");
    expect(stdout).toContain("access key id      0123456789abcdef");
    expect(stdout).not.toContain("very-secret-key");
    expect(stdout).not.toContain("eyJ-tunnel-token");
  });

  it("shows lists as tables, and escapes what could deceive a terminal", async () => {
    const tenant = {
      tenant: "acme",
      displayName: "Acme\u001B[2J\u202Efdp",
      state: "active",
      condition: "Ready",
      hostname: "acme.example.com",
      bucket: null,
      lastHealthCheck: new Date(Date.now() - 180_000).toISOString(),
    };
    const list = () => ({ environment: "prod", stack: "prod\u0007", tenants: [tenant] });
    const { stdout } = await runFake(["list"], { operations: { list } });
    expect(stdout).toContain("│ acme   │ Acme\\u{1b}[2J\\u{202e}fdp │ active");
    expect(stdout).toMatch(/UTC \(3m ago\)/);
    expect(stdout).toContain("prod\\u{07}");
    for (const character of ["\u001B", "\u0007", "\u202E"]) expect(stdout).not.toContain(character);
  });

  it("shows updates that have no number, as of a backend of files", async () => {
    const update = { kind: "update", message: "enroll acme", result: "succeeded", changes: { create: 3 } };
    const times = { startedAt: "2026-11-22T10:00:00Z", endedAt: null };
    const history = () => ({ updates: [{ version: null, ...update, ...times }], audit: [] });
    const { stdout } = await runFake(["history"], { operations: { history } });
    expect(stdout).toMatch(/│ - +│ update │ enroll acme │ succeeded │ 2026-11-22 10:00:00 UTC/);
    expect(stdout).not.toContain("null");
  });

  it("prints usage as CSV", async () => {
    const month = { month: "2026-10", from: "2026-10-01T00:00:00Z", to: "2026-11-01T00:00:00Z" };
    const used = { bucketBytes: 5, bucketObjects: 1, classAOperations: 2, classBOperations: 3 };
    const tenants = [{ tenant: "acme", bucket: null, ...used, requests: 7, responseBytes: 9 }];
    const { stdout } = await runFake(["usage", "--month", "2026-10", "--format", "csv"], {
      operations: { usage: () => ({ ...month, tenants }) },
    });
    expect(stdout).toContain("2026-10,acme,,5,1,2,3,7,9");
  });

  it("tells schedules what sweeps found, and what they could not do", async () => {
    const found = (outcome: string) => ({
      operations: { sweepOrphans: () => ({ seen: 4, orphans: [{ outcome }] }) },
    });
    expect((await runFake(["sweep-orphans"], found("found"))).exitCode).toBe(0);
    expect((await runFake(["sweep-orphans", "--fail-when-found"], found("found"))).exitCode).toBe(7);
    expect((await runFake(["sweep-orphans"], found("failed"))).exitCode).toBe(1);
    const clean = { operations: { sweepOrphans: () => ({ seen: 4, orphans: [] }) } };
    expect((await runFake(["sweep-orphans", "--fail-when-found"], clean)).exitCode).toBe(0);
  });
});

describe("before something is changed", () => {
  it("shows the plan alone with --dry-run", async () => {
    const text = await runFake(["disable", "acme", "--dry-run"]);
    expect(text).toMatchObject({ exitCode: 0, calls: [["plan disable", { tenant: "acme" }]] });
    expect(text.stdout).toMatch(/acme +│ delete +│ aws Instance +│ acme-host/);
    expect(text.stdout.match(/acme-secret/g)).toHaveLength(1);
    expect(text.stdout).toContain("- the bucket te-prod-acme is kept");
    const json = await runFake(["disable", "acme", "--dry-run", "--json"]);
    expect(JSON.parse(json.stdout)).toEqual(PLAN);
  });

  it("asks a person, who sees the plan", async () => {
    const yes = await runFake(["disable", "acme"], { typed: ["y"] });
    expect(yes.calls.map(([name]) => name)).toEqual(["plan disable", "disable"]);
    expect(yes.stderr).toContain("acme-host");
    expect(yes.stderr).toContain("disable acme? [y/N]");
    for (const typed of [["n"], [""], []]) {
      const no = await runFake(["disable", "acme", "--json"], { typed });
      expect(no.calls.map(([name]) => name)).toEqual(["plan disable"]);
      expect(no.exitCode).toBe(130);
      expect(JSON.parse(no.stdout)).toMatchObject({ error: { code: "aborted" } });
    }
  });

  it("lets a person type the tenant's id before it is removed, however it was named", async () => {
    const remove = (typed: string) => runFake(["remove", "--hub", "hub-1"], { typed: [typed] });
    expect((await remove("acme")).calls.at(-1)).toEqual(["remove", { hubId: "hub-1" }]);
    expect((await remove("y")).calls.map(([name]) => name)).toEqual(["plan remove"]);
  });

  it("changes nothing without a person and without --yes", async () => {
    const { exitCode, stderr, calls, opened } = await runFake(["disable", "acme"]);
    expect({ exitCode, calls, opened }).toEqual({ exitCode: 2, calls: [], opened: [] });
    expect(stderr).toContain("Add --yes");
  });

  it("does not ask for what only looks", async () => {
    expect((await runFake(["sweep-health"])).exitCode).toBe(0);
    expect((await runFake(["status", "acme"])).exitCode).toBe(0);
    expect((await runFake(["expire"])).exitCode).toBe(0);
    expect((await runFake(["expire", "--act"])).exitCode).toBe(2);
    expect((await runFake(["sweep-health", "--act"])).exitCode).toBe(2);
    expect((await runFake(["sweep-orphans", "--delete"])).exitCode).toBe(2);
  });
});

describe("errors", () => {
  it("gives every kind of failure its exit code", async () => {
    const codes: Record<string, number> = {};
    for (const code of Object.values(ErrorCode)) {
      const status = () => Promise.reject(new OperationError(code, "no"));
      codes[code] = (await runFake(["status", "acme"], { operations: { status } })).exitCode;
    }
    expect(codes).toEqual({
      "invalid-input": 2,
      "invalid-configuration": 2,
      "tenant-not-found": 3,
      "tenant-differs": 4,
      "name-taken": 4,
      "tenant-disabled": 4,
      "not-allowed-now": 4,
      "bucket-not-empty": 4,
      "no-bucket": 4,
      "unintended-changes": 4,
      "stack-locked": 5,
      "list-conflict": 5,
      "hosts-not-ready": 5,
      "update-failed": 1,
      "cloud-failed": 1,
      aborted: 130,
      "not-set-up": 6,
    });
  });

  it("says what is wrong, where, and what to do", async () => {
    const details = {
      ways: ["Enable it first."],
      problems: [{ path: "tenants[0].id", message: "taken\u001B[1m" }],
    };
    const status = () =>
      Promise.reject(new OperationError(ErrorCode.TenantDisabled, "acme is disabled", details));
    const run = await runFake(["status", "acme", "--json"], { operations: { status } });
    expect(run.stderr).toBe(
      "Error: acme is disabled\n  tenants[0].id: taken\\u{1b}[1m\n  - Enable it first.\n",
    );
    expect(JSON.parse(run.stdout)).toEqual({
      error: { code: "tenant-disabled", message: "acme is disabled", ...details },
    });
    expect(run.closed).toBe(1);
  });

  it("prints a document also for arguments that mean nothing", async () => {
    const run = await runFake(["disable", "acme", "--retain", "3", "--json"]);
    expect(run.exitCode).toBe(2);
    expect(JSON.parse(run.stdout)).toMatchObject({ error: { code: "invalid-input" } });
    expect(run.stderr).toContain("unknown option '--retain'");
    expect((await runFake(["disble", "acme"])).stderr).toContain("Did you mean disable?");
  });

  it("prints the help without a command, and with --json a document besides", async () => {
    const bare = await runFake([]);
    expect(bare).toMatchObject({ exitCode: 2, stdout: "" });
    expect(bare.stderr).toContain("Usage: tenant-edge");
    for (const args of [["--json"], ["help", "disble", "--json"]]) {
      const run = await runFake(args);
      expect(run.exitCode).toBe(2);
      expect(JSON.parse(run.stdout)).toMatchObject({
        error: { code: "invalid-input", message: "No known command is named." },
      });
    }
  });

  it("names the argument whose value is not allowed, before anything is opened", async () => {
    const run = await runFake(["disable", "acme", "--retention-days", "5000", "--yes"]);
    expect(run).toMatchObject({ exitCode: 2, opened: [] });
    expect(run.stderr).toContain("--retention-days: ");
    expect((await runFake(["disable", "--yes"])).stderr).toContain("No tenant is named.");
    expect((await runFake(["disable", "acme", "--hub", "x", "--yes"])).stderr).toContain("exactly one of");
    expect((await runFake(["disable", "Acme", "--yes"])).stderr).toContain("tenant: lower-case letters");
  });

  it("shows where an unforeseen error arose", async () => {
    const status = () => Promise.reject(new TypeError("x is not a function"));
    const run = await runFake(["status", "acme", "--json"], { operations: { status } });
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain("run.test.ts");
    expect(JSON.parse(run.stdout)).toMatchObject({
      error: { code: "unexpected", message: "x is not a function" },
    });
  });
});

describe("stack, folder and actor", () => {
  it("takes the stack from the option, else from the environment, and never guesses", async () => {
    const env = { TENANT_EDGE_STACK: "staging", TENANT_EDGE_ACTOR: "robot" };
    expect((await runFake(["--stack", "prod", "list"], { env })).opened).toMatchObject([{ stack: "prod" }]);
    expect((await runFake(["list", "--actor", "me"], { env })).opened).toMatchObject([
      { stack: "staging", actor: "me", surface: "cli" },
    ]);
    const none = await runFake(["list"], { env: {} });
    expect(none.exitCode).toBe(2);
    expect(none.stderr).toContain("Name one with --stack or TENANT_EDGE_STACK.");
    expect(none.stderr).toContain("Pulumi.prod.yaml, Pulumi.staging.yaml");
    expect((await runFake(["list", "--stack", "pord"])).stderr).toContain("The stack pord has no file here.");
  });

  it("works in the folder that is named", async () => {
    const directory = projectFolder();
    const run = await runFake(["list", "--cwd", directory], { directory: "/" });
    expect(run.opened).toMatchObject([{ directory }]);
    const wrong = await runFake(["list", "--cwd", "nowhere"], { directory });
    expect(wrong.exitCode).toBe(2);
    expect(wrong.stderr).toContain(`${join(directory, "nowhere")} has no Pulumi.yaml.`);
  });
});

describe("stopping", () => {
  /** Goes on until it is told to stop. */
  const status = (_: object, { signal }: { signal?: AbortSignal | undefined }) =>
    new Promise<object>((_resolve, reject) => {
      const stop = () => reject(new OperationError(ErrorCode.Aborted, "stopped"));
      if (signal?.aborted) stop();
      else signal?.addEventListener("abort", stop);
    });

  it("passes an interrupt on to the operation", async () => {
    const controller = new AbortController();
    const running = runFake(["status", "acme"], { operations: { status }, signal: controller.signal });
    controller.abort();
    expect(await running).toMatchObject({ exitCode: 130, closed: 1 });
  });

  it("ends after --timeout, and says that it can be run again", async () => {
    const run = await runFake(["status", "acme", "--timeout", "0.01", "--json"], { operations: { status } });
    expect(run.exitCode).toBe(5);
    expect(JSON.parse(run.stdout)).toMatchObject({
      error: { message: "Stopped after 0.01 s, as --timeout says." },
    });
    expect((await runFake(["list", "--timeout", "0"])).exitCode).toBe(2);
  });
});

it("reports progress to stderr alone", async () => {
  const time = "2026-11-22T10:00:00.000Z";
  const run = await runFake(["status", "acme", "--json"], {
    operations: {
      status: (_, { onProgress }) => {
        onProgress?.({ time, kind: ProgressKind.Probing, message: "asks the hostname", tenant: "acme" });
        return { tenant: "acme" };
      },
    },
  });
  expect(run.stderr).toBe(`${time} acme: asks the hostname\n`);
  expect(JSON.parse(run.stdout)).toEqual({ tenant: "acme" });
});
