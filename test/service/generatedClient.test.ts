import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { expect, it } from "vitest";
import { ALL, startTestService, temporaryFolder } from "./testService.ts";

const PACKAGES = join(import.meta.dirname, "../../node_modules");

/** Does not compile when the document has not told the generator what is taken and given. */
const PROGRAM = `
import { createClient } from "./client/client/index.js";
import { enrollTenant, getTenant, managedEnroll, managedStatus, type Problem } from "./client/index.js";

const [baseUrl = "", token = ""] = process.argv.slice(2);
const client = createClient({ baseUrl, auth: token });

const enrolled = await enrollTenant({ client, body: { tenant: "acme", host: false }, throwOnError: true });
// 202 has an operation instead.
if (!("tunnelToken" in enrolled.data)) throw new Error("still running");
const { hostname, secretAccessKey }: { hostname: string; secretAccessKey: string | null } = enrolled.data;

const status = await getTenant({ client, path: { tenant: "acme" }, throwOnError: true });
const { condition, connectors } = status.data;
const colos: string[] = connectors.flatMap((connector) => connector.colos);
// @ts-expect-error: not one of the words that the document lists
const unlisted: boolean = condition === "Fine";

const missing = await getTenant({ client, path: { tenant: "nobody" } });
const problem: Problem | undefined = missing.error;

const managed = await managedEnroll({ client, body: { account_id: "account-4", hub_id: "hub-1017" }, throwOnError: true });
const seen = await managedStatus({ client, query: { hub_id: "hub-1017" }, throwOnError: true });
// @ts-expect-error: hub_id is required
managedStatus({ client, query: {}, throwOnError: true }).catch(() => undefined);

const stranger = await getTenant({ client: createClient({ baseUrl, auth: "wrong" }), path: { tenant: "acme" } });

console.log(JSON.stringify({
  hostname, secretAccessKey, condition, colos, unlisted,
  missing: problem?.code,
  managed: managed.data,
  enabled: seen.data.enabled,
  stranger: [stranger.response?.status, stranger.error?.code],
}));
`;

it("gives a generator a client that compiles under strict, enrolls, asks after a tenant and tells errors apart", async () => {
  const folder = temporaryFolder();
  const { running, send } = await startTestService();
  const { text } = await send("GET /openapi.json", { token: null });
  writeFileSync(join(folder, "openapi.json"), text);
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(join(folder, "program.ts"), PROGRAM);
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: { strict: true, target: "es2024", module: "nodenext", types: ["node"], outDir: "out" },
      files: ["program.ts"],
    }),
  );
  symlinkSync(PACKAGES, join(folder, "node_modules"), "junction");
  const run = async (...args: string[]) => {
    const { exitCode, all } = await execa(process.execPath, args, { cwd: folder, all: true, reject: false });
    expect(exitCode, all).toBe(0);
    return all;
  };

  await run(
    join(PACKAGES, "@hey-api/openapi-ts/bin/run.js"),
    ...["--input", "openapi.json", "--output", "client", "--no-log-file", "--silent"],
  );
  await run(join(PACKAGES, "typescript/bin/tsc"), "--project", ".");
  const printed = await run("out/program.js", running.url, ALL.token);

  expect(JSON.parse(printed)).toMatchObject({
    hostname: "acme.example.com",
    secretAccessKey: "secret-acme-1",
    condition: "Ready",
    unlisted: false,
    missing: "tenant-not-found",
    managed: { r2_bucket: expect.any(String), tunnel_token: expect.any(String) },
    enabled: true,
    stranger: [401, "unauthenticated"],
  });
}, 120_000);
