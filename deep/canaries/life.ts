/** A life of a few tenants in which every operation is done, some fail, and everybody is asked for secrets. */
import { join } from "node:path";
import type { Operations } from "../../operations/contract.ts";
import { OperationError } from "../../operations/errors.ts";
import { SecretKind } from "../../sandbox/canaries/secrets.ts";
import type { Faults } from "../../sandbox/faults/faults.ts";
import { FaultKind } from "../../sandbox/faults/kinds.ts";
import { scratchConfig } from "../../sandbox/scratchConfig.ts";
import type { ScratchStack } from "../../sandbox/scratchStack.ts";
import { runCommand } from "../command.ts";
import { serve } from "./serve.ts";

export const ACTOR = "deep";

export const CONFIG = {
  ...scratchConfig("deep"),
  "tenant-edge:tenants": [{ id: "acme" }],
};

/** At one more the engine itself logs every value. */
const MOST_VERBOSE = ["--debug", "--logtostderr", "-v=8"];

export interface Life {
  stack: ScratchStack;
  operations: Operations;
  faults: Faults;
}

async function run({ stack }: Life, ...args: string[]): Promise<void> {
  const { exitCode, stdout, stderr } = await stack.pulumi(args);
  if (exitCode !== 0) throw new Error(`pulumi ${args.join(" ")} failed:\n${stdout}\n${stderr.slice(-2000)}`);
}

/** @throws Error when it was done, or failed in a way that is not meant for users. */
async function refused(work: Promise<unknown>): Promise<void> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof OperationError)) throw new Error("what should be refused was not", { cause: error });
}

async function byEngine(life: Life): Promise<void> {
  await run(life, "up", "--yes", "--skip-preview", ...MOST_VERBOSE);
  life.stack.configure({ "tenant-edge:tenants": [{ id: "acme", tunnelSecretGeneration: 2 }] });
  await run(life, "preview", "--json");
  await run(life, "preview", "--diff");
  await run(life, "up", "--yes", "--skip-preview", "--refresh");
  await run(life, "stack", "export");
}

async function byOperations({ operations, faults }: Life): Promise<void> {
  faults.use([
    { kind: FaultKind.internalError, where: "cloudflare", calls: [1, 4] },
    { kind: FaultKind.badGateway, where: "cloudflare", calls: [7] },
  ]);
  await operations.enroll({ tenant: "globex", host: false });
  await operations.rotateKeys({ tenant: "acme", overlapHours: 0 });
  await operations.rotateTunnel({ tenant: "acme" });
  faults.use([{ kind: FaultKind.conflict, where: "cloudflare", call: "^POST .*/tokens" }]);
  await refused(operations.enroll({ tenant: "initech", host: false }));
  faults.use([]);
  await operations.enroll({ tenant: "initech", host: false });
  await refused(operations.enroll({ tenant: "globex", host: false, subdomain: "other" }));
  await refused(operations.status({ tenant: "nobody" }));
  await operations.token({ tenant: "acme" });
  await operations.plan("rotateTunnel", { tenant: "globex" });
  await operations.disable({ tenant: "globex" });
  await operations.enable({ tenant: "globex" });
  await operations.status({ tenant: "acme", probe: true });
  await operations.sweepHealth({ act: true });
  await operations.sweepOrphans({});
  await operations.history({});
}

/** @returns the token that the calls are made with. */
async function newToken({ stack }: Life, file: string): Promise<string> {
  const args = ["service-token", "deep", "--scopes", "read,operate,secrets", "--file", file, "--json"];
  stack.canaries.mayShow(/^stdout of node service-token /, [SecretKind.ServiceToken]);
  const { token } = JSON.parse((await runCommand(stack, ACTOR, args)).stdout) as { token: string };
  stack.canaries.add(SecretKind.ServiceToken, token);
  return token;
}

async function byService(life: Life): Promise<void> {
  const { stack } = life;
  const file = join(stack.project, "tokens.yaml");
  const token = await newToken(life, file);
  const service = await serve(stack, ACTOR, file);
  stack.canaries.watchAnswers(service.url);
  stack.canaries.mayShow(/^answer 20[01] to (?:POST \/v1\/tenants|GET \/v1\/tenants\/acme\/token)$/);
  const ask = async (method: string, path: string, body?: string, bearer = token) => {
    const headers = { authorization: `Bearer ${bearer}`, "content-type": "application/json" };
    const answer = await fetch(service.url + path, { method, headers, ...(body !== undefined && { body }) });
    await answer.text();
  };
  try {
    await ask("POST", "/v1/tenants", JSON.stringify({ tenant: "globex", host: false }));
    await ask("GET", "/v1/tenants/acme/token");
    await ask("GET", "/v1/tenants/acme/token", undefined, `${token}x`);
    await ask("GET", "/v1/tenants/nobody/token");
    await ask("GET", `/v1/tenants/acme?token=${token}`);
    await ask("POST", "/v1/tenants", `{"tenant": "${token}"`);
    await ask("POST", "/v1/tenants", JSON.stringify({ tenant: "globex", subdomain: token }));
    await ask("POST", "/v1/plans/rotateKeys", JSON.stringify({ tenant: "globex" }));
    for (const path of ["/v1/tenants", "/v1/history", "/metrics", "/readyz", "/openapi.json", "/docs"]) {
      await ask("GET", path);
    }
  } finally {
    await service.stop();
  }
}

async function byCommand({ stack }: Life): Promise<void> {
  for (const args of [
    ["doctor", "--json"],
    ["list", "--json"],
    ["token", "acme"],
    ["token", "acme", "--show-secrets"],
    ["enroll", "hooli", "--dry-run"],
    ["history", "--json"],
    ["status", "nobody"],
  ]) {
    await runCommand(stack, ACTOR, args);
  }
}

/** The steps of the life, by name, in their order. */
export const LIFE: readonly [name: string, (life: Life) => Promise<void>][] = [
  ["by the engine, at the highest level of logging that is safe", byEngine],
  ["by operations, with faults", byOperations],
  ["by the service", byService],
  ["by the command", byCommand],
  [
    "removal of all",
    async ({ operations }) => {
      // In one update of the engine.
      await Promise.all(
        ["acme", "globex", "initech"].map((tenant) =>
          operations.remove({ tenant, purge: true, emptyBucket: true }),
        ),
      );
    },
  ],
];
