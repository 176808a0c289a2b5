import { describe, expect, it } from "vitest";
import { realProviders, SandboxSettingError } from "../../sandbox/session.ts";

describe("TENANT_EDGE_REAL_PROVIDERS", () => {
  it("names the packages whose real plugins take part", () => {
    expect(realProviders({})).toEqual([]);
    expect(realProviders({ TENANT_EDGE_REAL_PROVIDERS: " random, cloudflare" })).toEqual([
      "random",
      "cloudflare",
    ]);
  });

  it("is refused with what it may have when it names something else", () => {
    const refused = () => realProviders({ TENANT_EDGE_REAL_PROVIDERS: "azure" });
    expect(refused).toThrow(SandboxSettingError);
    expect(refused).toThrow(/"azure"; it can have aws, cloudflare, random/);
  });
});
