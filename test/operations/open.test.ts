import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { stringify } from "yaml";
import { type AuditRecord, auditRecordSchema } from "../../audit/audit.ts";
import type { Operations } from "../../operations/contract.ts";
import { type OpenOptions, openOperations } from "../../operations/open.ts";
import { rawStack } from "../config/stacks.ts";
import { output } from "../lifecycle/outputs.ts";
import { alone } from "./fakeContext.ts";

const TOKEN = "connector-token-canary";
const NEVER_DEPLOYED = `echo "error: no stack named 'prod' found" >&2; exit 255`;

/** A checkout, with a `pulumi` that answers as a stack whose outputs these are, and cannot do anything. */
function checkout(outputs?: object): { directory: string; env: NodeJS.ProcessEnv } {
  const directory = mkdtempSync(join(tmpdir(), "tenant-edge-open-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const config = Object.fromEntries(
    Object.entries(rawStack([alone("acme", { hubId: "hub 7" })])).map(([key, value]) => [
      `tenant-edge:${key}`,
      value,
    ]),
  );
  writeFileSync(join(directory, "Pulumi.yaml"), "name: tenant-edge\nruntime: nodejs\n");
  writeFileSync(
    join(directory, "Pulumi.prod.yaml"),
    stringify({ config: { "aws:region": "eu-west-1", ...config } }),
  );
  const bin = join(directory, "bin");
  mkdirSync(bin);
  const other = outputs === undefined ? NEVER_DEPLOYED : "exit 0";
  const script = `#!/bin/sh
case "$*" in
  version*) echo v3.255.0 ;;
  *"stack export"*) echo "{}" ;;
  *"stack history"*) echo "[]" ;;
  *"stack output"*) cat "${directory}/outputs.json" ;;
  *preview*|*" up "*) echo "error: ${TOKEN}" ; exit 255 ;;
  *) ${other} ;;
esac
`;
  writeFileSync(join(bin, "pulumi"), script, { mode: 0o755 });
  writeFileSync(join(directory, "outputs.json"), JSON.stringify(outputs ?? {}));
  return { directory, env: { PATH: `${bin}${delimiter}${process.env["PATH"]}`, HOME: directory } };
}

const DEPLOYED = {
  tenants: { acme: output("acme", { hubId: "hub 7" }) },
  tenantSecrets: { acme: { connectorToken: TOKEN, accessKeyId: null, secretAccessKey: null } },
};

async function opened(
  place: ReturnType<typeof checkout>,
  options: Partial<OpenOptions> = {},
): Promise<Operations> {
  const operations = await openOperations({ ...place, stack: "prod", actor: "anna", ...options });
  onTestFinished(() => operations.close());
  return operations;
}

function auditOf(file: string): AuditRecord[] {
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  return lines.map((line) => auditRecordSchema.parse(JSON.parse(line)));
}

describe("the audit", () => {
  it("says who did what to which tenant before it is done and afterwards, and which secrets were given out", async () => {
    const place = checkout(DEPLOYED);
    const operations = await opened(place, { surface: "service" });
    expect(
      await operations.token({ hubId: "hub 7" }, { actor: "hub-service", requestId: "r-1" }),
    ).toMatchObject({
      token: TOKEN,
    });
    const file = join(place.directory, ".tenant-edge", "audit.jsonl");
    const common = {
      actor: "hub-service",
      operation: "token",
      environment: "staging",
      stack: "prod",
      requestId: "r-1",
      surface: "service",
    };
    expect(auditOf(file)).toMatchObject([
      { ...common, phase: "started", tenants: [], details: { hubId: "hub 7" } },
      {
        ...common,
        phase: "finished",
        outcome: "succeeded",
        tenants: ["acme"],
        details: { secretsRead: ["token"] },
        durationMilliseconds: expect.any(Number),
      },
    ]);
    expect(readFileSync(file, "utf8")).not.toContain(TOKEN);
  });

  it("tells what was refused from what failed, by its code and without its words", async () => {
    const place = checkout(DEPLOYED);
    const operations = await opened(place);
    await expect(operations.remove({ tenant: "acme" })).rejects.toMatchObject({ code: "not-allowed-now" });
    await expect(operations.disable({ tenant: "acme", retentionDays: 3 })).rejects.toMatchObject({
      code: "update-failed",
    });
    const file = join(place.directory, ".tenant-edge", "audit.jsonl");
    const finished = auditOf(file).filter(({ phase }) => phase === "finished");
    expect(finished).toMatchObject([
      {
        actor: "anna",
        surface: "library",
        tenants: ["acme"],
        outcome: "refused",
        errorCode: "not-allowed-now",
      },
      { tenants: ["acme"], outcome: "failed", errorCode: "update-failed" },
    ]);
    expect(auditOf(file).find(({ operation }) => operation === "disable")?.details).toEqual({
      retentionDays: 3,
    });
    expect(readFileSync(file, "utf8")).not.toContain(TOKEN);
  });

  it("tells what was stopped", async () => {
    const place = checkout(DEPLOYED);
    const operations = await opened(place);
    const signal = AbortSignal.abort();
    await expect(operations.disable({ tenant: "acme" }, { signal })).rejects.toMatchObject({
      code: "aborted",
    });
    const [, last] = auditOf(join(place.directory, ".tenant-edge", "audit.jsonl"));
    expect(last).toMatchObject({ outcome: "aborted", errorCode: "aborted" });
  });

  it("names the tenants that an expire has to do with", async () => {
    const place = checkout(DEPLOYED);
    const path = join(place.directory, "Pulumi.prod.yaml");
    const text = readFileSync(path, "utf8");
    const out = "\n      disabled: {since: 2026-01-01T00:00:00Z, keepUntil: 2026-01-02T00:00:00Z}";
    writeFileSync(path, text.replace("- id: acme", `- id: acme${out}`));
    const operations = await opened(place);
    expect((await operations.expire({})).due).toMatchObject([{ tenant: "acme", outcome: "planned" }]);
    expect((await operations.expire({ act: true })).due).toMatchObject([
      { tenant: "acme", outcome: "failed" },
    ]);
    const finished = auditOf(join(place.directory, ".tenant-edge", "audit.jsonl")).filter(
      ({ phase }) => phase === "finished",
    );
    expect(finished.map(({ tenants }) => tenants)).toEqual([[], ["acme"]]);
  });

  it("has nothing of what only looks", async () => {
    const place = checkout();
    const operations = await opened(place);
    expect((await operations.list({})).tenants).toMatchObject([{ tenant: "acme", pending: true }]);
    expect(existsSync(join(place.directory, ".tenant-edge", "audit.jsonl"))).toBe(false);
  });

  it("that cannot be written keeps the operation from being done", async () => {
    const place = checkout(DEPLOYED);
    const audit = pathToFileURL(join(place.directory, "Pulumi.yaml", "audit.jsonl")).href;
    const operations = await opened(place, { audit });
    await expect(operations.token({ tenant: "acme" })).rejects.toThrow("audit record could not be written");
  });
});

describe("where things are kept", () => {
  it.each<[string, Partial<OpenOptions>, NodeJS.ProcessEnv, string]>([
    ["beside Pulumi.yaml by default", {}, {}, ".tenant-edge/audit.jsonl"],
    ["in a folder of the environment", {}, { TENANT_EDGE_DATA: "kept" }, "kept/audit.jsonl"],
    ["in the folder that is given", { data: "mine/" }, { TENANT_EDGE_DATA: "kept" }, "mine/audit.jsonl"],
  ])("is %s", async (_, options, env, expected) => {
    const place = checkout(DEPLOYED);
    const operations = await opened({ ...place, env: { ...place.env, ...env } }, options);
    await operations.token({ tenant: "acme" });
    expect(auditOf(join(place.directory, expected))).toHaveLength(2);
  });

  it("may be a file:// URL, and another place for the audit", async () => {
    const place = checkout(DEPLOYED);
    const file = (name: string) => pathToFileURL(join(place.directory, name)).href;
    const one = await opened(place, { data: `${file("kept")}/` });
    await one.token({ tenant: "acme" });
    expect(auditOf(join(place.directory, "kept", "audit.jsonl"))).toHaveLength(2);
    const env = { ...place.env, TENANT_EDGE_AUDIT: file("elsewhere.jsonl") };
    const other = await opened({ ...place, env });
    await other.token({ tenant: "acme" });
    expect(auditOf(join(place.directory, "elsewhere.jsonl"))).toHaveLength(2);
  });
});

describe("an operation that cannot be done like this", () => {
  it("names all problems, asks nobody and is no deed", async () => {
    const place = checkout(DEPLOYED);
    const operations = await opened(place);
    const input = { tenant: "Acme", hubId: "hub 7", retentionDays: -1, color: "red" };
    await expect(operations.disable(input)).rejects.toMatchObject({
      code: "invalid-input",
      problems: expect.arrayContaining([
        { path: "tenant", message: expect.stringContaining("lower-case") },
        { path: "retentionDays", message: expect.any(String) },
      ]),
      message: expect.stringContaining("color"),
    });
    await expect(operations.enroll({})).rejects.toMatchObject({ code: "invalid-input" });
    await expect(operations.plan("enroll", {})).rejects.toMatchObject({ code: "invalid-input" });
    await expect(operations.status({ tenant: "acme", hubId: "hub 7" })).rejects.toMatchObject({
      message: expect.stringContaining("exactly one of tenant, hubId and tunnelId"),
    });
    expect(existsSync(join(place.directory, ".tenant-edge"))).toBe(false);
  });

  it("is said at once when the stack file is missing or wrong", async () => {
    const place = checkout();
    await expect(opened(place, { stack: "nope" })).rejects.toMatchObject({
      code: "invalid-configuration",
      message: expect.stringContaining("Pulumi.nope.yaml cannot be read"),
    });
    const path = join(place.directory, "Pulumi.prod.yaml");
    writeFileSync(path, readFileSync(path, "utf8").replace("id: acme", "id: Acme"));
    await expect(opened(place)).rejects.toMatchObject({
      code: "invalid-configuration",
      problems: [{ path: "tenant-edge:tenants[0].id", message: expect.stringContaining("lower-case") }],
    });
  });

  it("is said when there is no engine", async () => {
    const place = checkout();
    const operations = await opened({ ...place, env: { PATH: place.directory } });
    await expect(operations.token({ tenant: "acme" })).rejects.toMatchObject({ code: "not-set-up" });
  });
});
