import { describe, expect, it } from "vitest";
import { parseDeployed } from "../../lifecycle/deployed.ts";
import { output } from "./outputs.ts";

describe("the outputs of the last update", () => {
  it("may be of an older program: what it did not tell is what keeps the tenant", () => {
    const { tenants, unreadable } = parseDeployed({ acme: output("acme") });
    expect(unreadable).toEqual([]);
    expect(tenants.get("acme")).toMatchObject({
      tunnelSecretGeneration: 1,
      hubId: null,
      accountId: null,
      disabled: null,
      bucketProtected: true,
      entryDigest: "",
    });
  });

  it("may be of a newer one, which tells more", () => {
    expect(parseDeployed({ acme: output("acme", { weather: "fine" }) }).tenants.size).toBe(1);
  });

  it("name a tenant that cannot be read, and read the others", () => {
    const outputs = { acme: output("acme", { tunnelId: null }), globex: output("globex"), odd: "no object" };
    const { tenants, unreadable } = parseDeployed(outputs);
    expect([...tenants.keys()]).toEqual(["globex"]);
    expect(unreadable).toEqual(["acme", "odd"]);
  });

  it.each([undefined, null, "text"])("are none when they are %j", (value) => {
    expect(parseDeployed(value)).toEqual({ tenants: new Map(), unreadable: [] });
  });
});
