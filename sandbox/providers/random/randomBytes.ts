import { randomBytes } from "node:crypto";
import { noteSecret, SecretKind } from "../../canaries/secrets.ts";
import type { Resource, ResourceType } from "../resourceType.ts";
import { lengthFailures } from "./length.ts";

/** `random.RandomBytes`: made once, kept in the state, never read from anywhere. */
export const randomBytesType: ResourceType<undefined> = {
  token: "random:index/randomBytes:RandomBytes",
  replaceOn: ["keepers", "length"],
  secretOutputs: ["base64", "hex"],
  withoutIdOutput: true,
  check: lengthFailures,

  async create(_client, inputs) {
    return resourceOf(randomBytes(Number(inputs.length)), inputs.keepers);
  },

  /** An import's id is the bytes in base64. */
  async read(_client, id, state) {
    return resourceOf(Buffer.from(id, "base64"), state.keepers);
  },
};

function resourceOf(bytes: Buffer, given: Record<string, unknown> | undefined): Resource {
  const base64 = bytes.toString("base64");
  noteSecret(SecretKind.Password, base64);
  const keepers =
    given && Object.fromEntries(Object.entries(given).map(([key, value]) => [key, String(value)]));
  return {
    id: base64,
    outputs: { base64, hex: bytes.toString("hex"), length: bytes.length, ...(keepers && { keepers }) },
  };
}
