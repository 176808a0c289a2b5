import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  generatedPath,
  generatedText,
  PACKAGE_NAMES,
  packageSchema,
} from "../../../scripts/generateArguments.ts";

describe("generated arguments", () => {
  it.each(PACKAGE_NAMES)("%s: the committed file is what the pinned package declares", (name) => {
    expect(readFileSync(generatedPath(name), "utf8")).toBe(generatedText(name));
  });

  it("follow nested types and tell required from optional", () => {
    const { resources, types } = packageSchema("cloudflare");
    const config = "cloudflare:index/zeroTrustTunnelCloudflaredConfig:ZeroTrustTunnelCloudflaredConfig";
    expect(resources[config]?.arguments.tunnelId).toEqual({
      type: "string",
      required: true,
      description: "UUID of the tunnel.",
    });
    const ingresses = types.ZeroTrustTunnelCloudflaredConfigConfig?.ingresses;
    expect(ingresses).toEqual({
      type: "list",
      element: { type: "object", of: "ZeroTrustTunnelCloudflaredConfigConfigIngress" },
    });
    expect(types.ZeroTrustTunnelCloudflaredConfigConfigIngress?.path).toEqual({ type: "string" });
  });
});
