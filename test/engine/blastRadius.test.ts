/** Changes that would delete or replace things of more tenants than somebody named. */
import { expect, it, onTestFinished, vi } from "vitest";
import { ALLOW } from "../../lifecycle/allowance.ts";
import type { OperationError } from "../../operations/errors.ts";
import { operationsOf } from "./operations.ts";
import { ACCOUNT_ID, leftBehind, type TestStack, testStack } from "./testStack.ts";

const IDS = ["acme", "globex", "hooli", "initech"];
const entry = (id: string, more: object = {}) => ({ id, host: { enabled: false }, ...more });
const LATER = new Date(Date.now() + 86_400_000).toISOString();
const inEu = { "tenant-edge:bucketDefaults": { protect: false, jurisdiction: "eu" } };

async function deployed(): Promise<TestStack> {
  const stack = await testStack({ tenants: IDS.map((id) => entry(id)) });
  await stack.up();
  stack.newCalls();
  return stack;
}

const bucketsOf = ({ sandbox }: TestStack) =>
  sandbox.cloudflare.buckets.list(ACCOUNT_ID).map(({ name, jurisdiction }) => `${name} ${jurisdiction}`);

it("a changed default is refused before anything is sent, with the list and the words that allow it", async () => {
  const stack = await deployed();
  const before = leftBehind(stack);
  stack.configure(inEu);
  for (const [args, words, until] of [
    [["preview"], undefined, LATER],
    [["up", "--yes", "--skip-preview"], "buckets of 3 tenants", LATER],
    [["up", "--yes", "--skip-preview"], "buckets of 4 tenants", "2026-01-01T00:00:00Z"],
  ] as const) {
    stack.configure({ "tenant-edge:allow": words && { words, until } });
    const { exitCode, stdout, stderr } = await stack.pulumi(args);
    expect(exitCode).not.toBe(0);
    const printed = stdout + stderr;
    expect(printed).toContain("would delete or replace things of more tenants than were named");
    expect(printed).toContain("globex: bucket te-test-globex replaced: jurisdiction default -> eu");
    expect(printed).toContain("export TENANT_EDGE_ALLOW='buckets of 4 tenants'");
  }

  const operations = await operationsOf(stack);
  const refused = await operations.enroll({ tenant: "umbrella", host: false }).then(
    () => undefined,
    (error: OperationError) => error,
  );
  expect(refused).toMatchObject({ code: "unintended-changes" });
  expect(refused?.message).toContain("buckets of 4 tenants");
  expect(stack.newCalls()).toEqual([]);
  expect(leftBehind(stack)).toEqual(before);

  stack.configure({ "tenant-edge:allow": { words: "buckets of 4 tenants", until: LATER } });
  await stack.up();
  expect(bucketsOf(stack)).toEqual(IDS.map((id) => `te-test-${id} eu`));
  await stack.up("--expect-no-changes");
});

it("one tenant may change without a word, and several by operations, which name them", async () => {
  const stack = await deployed();
  stack.setTenants(IDS.map((id) => entry(id, id === "acme" ? { bucket: { jurisdiction: "eu" } } : {})));
  expect((await stack.up()).stdout).toMatch(/\+-\s*1 replaced/);

  const operations = await operationsOf(stack);
  const updates = async () => (await operations.history({})).updates.length;
  const before = await updates();
  await Promise.all(["globex", "hooli", "initech"].map((tenant) => operations.disable({ tenant })));
  // The first one alone, and together what waited meanwhile: refused, they would have been done one by one.
  expect((await updates()) - before).toBe(2);
  expect(stack.sandbox.cloudflare.tokens.list(ACCOUNT_ID).map(({ name }) => name)).toEqual([
    "deploy",
    "te-test-acme-key-1",
  ]);
});

it("what only the engine knows of is refused by the hooks, in a preview already; a destroy is not", async () => {
  // The program of a sandbox has the environment that the sandbox was started in.
  vi.stubEnv(ALLOW, "initech");
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const stack = await deployed();
  const { stdout } = await stack.pulumi(["stack", "--show-urns"]);
  const replacing = (...ids: string[]) =>
    [...stdout.matchAll(/urn:pulumi:\S+::(\w+)-tunnel$/gm)].flatMap(([urn, id = ""]) =>
      ids.includes(id) ? ["--replace", urn] : [],
    );

  const preview = await stack.pulumi(["preview", ...replacing("acme", "globex")]);
  expect(preview.exitCode).not.toBe(0);
  expect(preview.stdout + preview.stderr).toContain("export TENANT_EDGE_ALLOW='initech, acme, globex'");
  expect(stack.newCalls()).toEqual([]);
  const allowed = await stack.pulumi(["preview", ...replacing("acme", "initech")]);
  expect(allowed.exitCode, allowed.stdout).toBe(0);

  const destroy = await stack.pulumi(["destroy", "--yes"]);
  expect(destroy.exitCode, destroy.stdout).toBe(0);
  expect(leftBehind(stack)).toEqual([]);
});
