import schema from "../generated/random.json" with { type: "json" };
import type { PackageSchema } from "../packageSchema.ts";
import type { ProviderDefinition } from "../providerDefinition.ts";
import { randomBytesType } from "./randomBytes.ts";
import { randomPasswordType } from "./randomPassword.ts";

export function randomProvider(): ProviderDefinition<undefined> {
  return {
    name: schema.name,
    version: schema.version,
    types: [randomBytesType, randomPasswordType],
    arguments: schema as PackageSchema,
    configure: () => undefined,
  };
}
