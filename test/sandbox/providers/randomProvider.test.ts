import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { randomProvider } from "../../../sandbox/providers/random/randomProvider.ts";
import { ProviderClient } from "./providerClient.ts";
import type { Values } from "./wireValues.ts";

let client: ProviderClient;
beforeEach(async () => {
  client = await ProviderClient.of(randomProvider(), "random:index/randomBytes:RandomBytes");
});
afterEach(() => client.close());

function revealed(value: unknown): string {
  return String((value as Values)["<secret>"]);
}

describe("RandomBytes", () => {
  it("are as many as asked for, the same in both forms, secret, and never the same again", async () => {
    const [first, second] = [await client.create({ length: 32 }), await client.create({ length: 32 })];
    const bytes = Buffer.from(revealed(first.outputs.base64), "base64");
    expect(bytes).toHaveLength(32);
    expect(revealed(first.outputs.hex)).toBe(bytes.toString("hex"));
    expect(first.id).toBe(bytes.toString("base64"));
    expect(second.id).not.toBe(first.id);
  });

  it("stay what they are in a refresh", async () => {
    const inputs = { length: 16, keepers: { rotation: "1" } };
    const { id, outputs } = await client.create(inputs);
    expect(await client.read(id, outputs, inputs)).toEqual({ id, outputs, inputs });
  });

  it("can be imported by their base64 form", async () => {
    const found = await client.read("AQID", {}, {});
    expect(found.inputs).toEqual({ length: 3 });
    expect(revealed(found.outputs.hex)).toBe("010203");
  });
});
