/** A tenant whose line somebody deleted, seen from the library and the service; `losses.test.ts` has the laptop. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { OperationError } from "../../operations/errors.ts";
import { operationsOf } from "./operations.ts";
import { mintToken, serveStack } from "./servedStack.ts";
import { leftBehind, testStack } from "./testStack.ts";

const withoutHost = (id: string) => ({ id, host: { enabled: false }, bucket: { enabled: false } });

const LOST = "tenant globex (active, globex.example.com) is not in the list any more";

it("is refused by the library and the service, whatever they are asked to do, and nothing is changed", async () => {
  const stack = await testStack({ tenants: [withoutHost("acme"), withoutHost("globex")] });
  await stack.up();
  const before = leftBehind(stack);
  stack.setTenants([withoutHost("acme")]);
  const stackFile = () => readFileSync(join(stack.project, "Pulumi.staging.yaml"), "utf8");
  const deleted = stackFile();
  stack.newCalls();

  const operations = await operationsOf(stack);
  const asked = { tenant: "initech", host: false, bucket: false } as const;
  const refused = await operations.enroll(asked).then(
    () => undefined,
    (error: OperationError) => error,
  );
  expect(refused).toMatchObject({ code: "unintended-changes", message: expect.stringContaining(LOST) });
  expect(refused?.message).toContain("tenant-edge remove globex --purge");
  expect(refused?.ways).toEqual([expect.stringMatching(/^put back what the list lost/)]);
  await expect(operations.remove({ tenant: "globex", purge: true })).rejects.toMatchObject({
    code: "not-allowed-now",
    ways: [expect.stringMatching(/^put its entry back/)],
  });

  const token = await mintToken(stack);
  const served = await serveStack(stack);
  const response = await fetch(`${served.url}/v1/tenants`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(asked),
  });
  expect(response.headers.get("content-type")).toContain("application/problem+json");
  expect({ status: response.status, ...((await response.json()) as object) }).toMatchObject({
    status: 409,
    code: "unintended-changes",
    detail: expect.stringContaining(LOST),
    ways: [expect.stringMatching(/^put back what the list lost/)],
  });
  expect(await served.terminate()).toBe(0);

  expect(stack.newCalls()).toEqual([]);
  expect(leftBehind(stack)).toEqual(before);
  expect(stackFile()).toBe(deleted);

  stack.setTenants([withoutHost("acme"), withoutHost("globex")]);
  expect(await operations.enroll(asked)).toMatchObject({ created: true });
});
