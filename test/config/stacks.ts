/** Raw configurations for tests. */
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { parseStack, type RawStack } from "../../config/parse.ts";
import { NAMESPACE, type Problem } from "../../config/problems.ts";

export const REGION = "eu-west-1";

/** A valid stack with these tenants and other settings. */
export function rawStack(tenants: unknown[], settings: RawStack = {}): RawStack {
  return {
    environment: "staging",
    cloudflare: {
      accountId: "0123456789abcdef0123456789abcdef",
      zoneId: "fedcba9876543210fedcba9876543210",
      zoneName: "example.com",
    },
    hostDefaults: { imageId: "ami-0ab117b5527d5fe24" },
    tenants,
    ...settings,
  };
}

export function problemsOf(raw: RawStack, region: string | undefined = REGION): readonly Problem[] {
  return parseStack(raw, region).problems;
}

/** What the engine would hand over of a stack file of this repository. */
export function rawStackFile(stack: string): RawStack {
  const file: unknown = parse(readFileSync(new URL(`../../Pulumi.${stack}.yaml`, import.meta.url), "utf8"));
  const { config } = file as { config: Record<string, unknown> };
  return Object.fromEntries(
    Object.entries(config)
      .filter(([key]) => key.startsWith(NAMESPACE))
      .map(([key, value]) => [key.slice(NAMESPACE.length), value]),
  );
}
