import { expect, it } from "vitest";
import { findTenant } from "../../operations/findTenant.ts";
import { fakeStack } from "./fakeContext.ts";

it("a tenant that another process has deployed is found, though what is known is older", async () => {
  const { context } = await fakeStack([{ id: "acme" }]);
  const { tenants } = await context.engine.deployed();
  const asked: boolean[] = [];
  context.engine.deployed = async ({ fresh = false } = {}) => {
    asked.push(fresh);
    return { tenants: fresh ? tenants : new Map(), unreadable: [] };
  };
  const tunnelId = tenants.get("acme")?.tunnelId ?? "";
  expect(await findTenant(context, { tunnelId })).toMatchObject({ id: "acme", deployed: { tunnelId } });
  expect(asked).toEqual([false, true]);
  await expect(findTenant(context, { tunnelId: "nobody" })).rejects.toMatchObject({
    code: "tenant-not-found",
  });
});
