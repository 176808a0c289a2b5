/** The life that `npm run demo` shows, and what has to be true of it. */
import type { Operations, ResultOf } from "../../operations/contract.ts";
import { ErrorCode, OperationError } from "../../operations/errors.ts";
import { visit } from "../edge/visit.ts";
import type { Engine } from "../engine/engine.ts";
import { scratchConfig } from "../scratchConfig.ts";
import type { ScratchStack } from "../scratchStack.ts";
import { UserError } from "../userError.ts";
import { LETTER, useBucket } from "./demoBucket.ts";
import { inventoryTable, readInventory } from "./inventory.ts";
import { checkTenants, readTenants, type ShownTenant, tenantTable } from "./tenants.ts";
import { startTraffic, type Traffic } from "./traffic.ts";

export const DEMO_CONFIG = {
  ...scratchConfig("demo"),
  "tenant-edge:tenants": [],
};

export interface Demo {
  engine: Engine;
  stack: ScratchStack;
  operations: Operations;
  signal: AbortSignal;
  /** Shows what the work says under a title, and how long it took. */
  step<T>(title: string, work: (say: (text: string) => void) => Promise<T>): Promise<T>;
}

const [ROTATED, DISABLED, NEIGHBOUR] = ["acme", "globex", "initech"] as const;
const UNKNOWN_HOSTNAME = "nobody.example.com";
const RETENTION_DAYS = 30;
/** The played app answers from its bucket at the second one, with the key that it was given. */
const PATHS = ["/", "/bucket"];

/** @throws UserError that ends the demo. */
function ensure(isTrue: boolean, otherwise: string): void {
  if (!isTrue) throw new UserError(`\nNot as it should be: ${otherwise}`);
}

/** One `pulumi` command; what it prints is shown only when it fails. */
async function pulumi({ stack, signal }: Demo, ...args: string[]): Promise<void> {
  const { exitCode, stdout, stderr } = await stack.pulumi(args);
  signal.throwIfAborted();
  ensure(
    exitCode === 0,
    `\`pulumi ${args.join(" ")}\` ended with exit code ${exitCode}:\n${stdout}\n${stderr}`,
  );
}

async function ensureAnswers({ stack }: Demo, tenants: readonly ShownTenant[]) {
  const answers = await checkTenants(tenants, stack.sandbox.urls.edge);
  for (const { id, isUp, state } of answers) ensure(isUp, `the hostname of ${id} answers ${state}`);
  return answers;
}

async function statusOf({ stack }: Demo, hostname: string): Promise<number> {
  return (await visit(stack.sandbox.urls.edge, hostname)).status;
}

/** Ends the traffic, none of which may have failed. @returns a sentence about it. */
async function ensureUndisturbed(traffic: Traffic, hostname: string): Promise<string> {
  const { requests, failures } = await traffic.stop();
  const [first] = failures;
  ensure(first === undefined, `${failures.length} of ${requests} requests to ${hostname} failed: ${first}`);
  return `${requests} requests to ${hostname} meanwhile, 0 failed`;
}

async function enrollAll({ operations, step, signal }: Demo) {
  return await step("Three tenants, enrolled side by side", async (say) => {
    const ids = [ROTATED, DISABLED, NEIGHBOUR];
    const answers = await Promise.all(ids.map((tenant) => operations.enroll({ tenant }, { signal })));
    say(`${ids.join(", ")}: each with a tunnel, a hostname, a bucket, a key and a host`);
    return new Map(answers.map((answer) => [answer.tenant, answer]));
  });
}

async function visitAll(demo: Demo): Promise<ShownTenant[]> {
  const { engine, stack, step } = demo;
  return await step("Each hostname through the emulated edge", async (say) => {
    const { env, urls } = stack.sandbox;
    const { folder, project: directory, close } = stack;
    const tenants = await readTenants({ engine, folder, directory, env, urls, lock: undefined, close });
    say(tenantTable(tenants, await ensureAnswers(demo, tenants)));
    return tenants;
  });
}

async function changeNothing(demo: Demo): Promise<void> {
  const { calls } = demo.stack.sandbox.cloudflare;
  await demo.step("pulumi up: nothing to do", async () => {
    const mark = calls.mark();
    await pulumi(demo, "up", "--yes", "--skip-preview", "--expect-no-changes");
    ensure(calls.since(mark, "api").length === 0, "an update without a change called Cloudflare");
  });
}

async function rotate(demo: Demo, before: ResultOf<"enroll">): Promise<void> {
  const { operations, stack, step, signal } = demo;
  const { tenant, hostname } = before;
  await step(`${tenant} gets a new key for its bucket, under traffic`, async (say) => {
    const traffic = startTraffic(stack.sandbox.urls.edge, hostname, PATHS);
    try {
      const { keyGenerations, revoked } = await operations.rotateKeys({ tenant }, { signal });
      ensure(
        String(keyGenerations) === "2" && String(revoked) === "1",
        `keys ${keyGenerations} are valid and ${revoked} revoked`,
      );
      ensure(
        (await useBucket(demo.stack, before, "get")) === undefined,
        "the revoked key still opens the bucket",
      );
      say("key 2 is in use on the host, key 1 is revoked and refused");
    } finally {
      await traffic.stop();
    }
    say(await ensureUndisturbed(traffic, hostname));
  });
}

async function disable(demo: Demo, before: ResultOf<"enroll">): Promise<void> {
  const { operations, step, signal } = demo;
  const { tenant, hostname, bucket } = before;
  await useBucket(demo.stack, before, "put");
  await step(`${tenant} is disabled`, async (say) => {
    const { disabled } = await operations.disable({ tenant, retentionDays: RETENTION_DAYS }, { signal });
    const status = await statusOf(demo, hostname);
    ensure(status === 530, `${hostname} of the disabled tenant answers ${status}`);
    ensure((await useBucket(demo.stack, before, "get")) === undefined, "its key still opens the bucket");
    say(`${hostname} answers ${status}, its key is refused`);
    say(`${bucket} is kept until ${disabled.keepUntil.slice(0, 10)}`);
  });
}

async function enable(
  demo: Demo,
  before: ResultOf<"enroll">,
  tenants: readonly ShownTenant[],
): Promise<void> {
  const { operations, step, signal } = demo;
  const { tenant } = before;
  await step(`${tenant} is enabled again`, async (say) => {
    const after = await operations.enable({ tenant }, { signal });
    const names = ({ hostname, tunnelId, bucket }: ResultOf<"enroll">) => [hostname, tunnelId, bucket].join();
    ensure(names(after) === names(before), `it came back as ${names(after)} and was ${names(before)}`);
    await ensureAnswers(
      demo,
      tenants.filter(({ id }) => id === tenant),
    );
    const text = await useBucket(demo.stack, after, "get");
    ensure(text === LETTER.Body, `its object is ${JSON.stringify(text)}`);
    say(`${after.hostname} answers 200, as the same tunnel`);
    say(`${after.bucket} has its object, which the new key ${after.keyGeneration} reads`);
  });
}

async function remove(demo: Demo, { tenant, hostname }: ResultOf<"enroll">): Promise<void> {
  const { operations, step, signal } = demo;
  await step(`${tenant} is removed`, async (say) => {
    const refusal = await operations.remove({ tenant, purge: true }, { signal }).catch((error: unknown) => {
      if (error instanceof OperationError && error.code === ErrorCode.BucketNotEmpty) return error.message;
      throw error;
    });
    ensure(typeof refusal === "string", "it was removed though there was an object in its bucket");
    say(`refused at first: ${refusal}`);
    const wish = { tenant, purge: true, emptyBucket: true };
    const { objectsDeleted } = await operations.remove(wish, { signal });
    const [status, unknown] = [await statusOf(demo, hostname), await statusOf(demo, UNKNOWN_HOSTNAME)];
    ensure(objectsDeleted === 1, `${objectsDeleted} objects were deleted, and there was one`);
    ensure(status === unknown, `${hostname} of the removed tenant answers ${status}, not ${unknown}`);
    say(`then with its object; ${hostname} answers ${status}, as a name that was never there`);
  });
}

async function destroy(demo: Demo): Promise<void> {
  const { stack, step } = demo;
  await step("pulumi destroy: everything that is left", () =>
    pulumi(demo, "destroy", "--yes", "--skip-preview"),
  );
  await step("What is left in both clouds", async (say) => {
    const items = readInventory(stack.folder);
    say(inventoryTable(items));
    ensure(items.length === 0, `${items.length} things were left behind`);
  });
}

/**
 * From three sign-ups to empty accounts; one of the three is a neighbour whom nothing of it may disturb.
 *
 * @throws UserError for whatever is not as it should be; OperationError.
 */
export async function demoLife(demo: Demo): Promise<void> {
  const enrolled = await enrollAll(demo);
  const one = (id: string) => {
    const answer = enrolled.get(id);
    if (answer === undefined) throw new UserError(`\nNot as it should be: ${id} was not enrolled`);
    return answer;
  };
  const tenants = await visitAll(demo);
  await changeNothing(demo);

  const { hostname } = one(NEIGHBOUR);
  const neighbour = startTraffic(demo.stack.sandbox.urls.edge, hostname, PATHS);
  try {
    await rotate(demo, one(ROTATED));
    await disable(demo, one(DISABLED));
    await enable(demo, one(DISABLED), tenants);
    await remove(demo, one(DISABLED));
  } finally {
    await neighbour.stop();
  }
  await demo.step(`${NEIGHBOUR}, of whom nothing was asked`, async (say) => {
    say(await ensureUndisturbed(neighbour, hostname));
  });
  await destroy(demo);
}
