import { delimiter } from "node:path";
import { describe, expect, it } from "vitest";
import type { Engine } from "../../../sandbox/engine/engine.ts";
import { engineEnvironment } from "../../../sandbox/engine/environment.ts";

const engine: Engine = {
  command: "/cache/engine/pulumi",
  version: "3.255.0",
  source: "go",
  languageHost: "attached",
};

const environment = (base: NodeJS.ProcessEnv, languageHost?: number) =>
  engineEnvironment({
    engine,
    folder: "/home/user/my shop/.sandbox",
    addresses: { providers: { aws: 1001, cloudflare: 1002 }, ...(languageHost ? { languageHost } : {}) },
    base,
  });

describe("engineEnvironment", () => {
  it("lets no credential of a real account and no setting of another project through", () => {
    const canary = "canary";
    const env = environment({
      HOME: "/home/user",
      AWS_ACCESS_KEY_ID: canary,
      AWS_SECRET_ACCESS_KEY: canary,
      AWS_SESSION_TOKEN: canary,
      AWS_PROFILE: canary,
      AWS_WEB_IDENTITY_TOKEN_FILE: canary,
      CLOUDFLARE_API_TOKEN: canary,
      CLOUDFLARE_API_KEY: canary,
      CF_API_TOKEN: canary,
      PULUMI_ACCESS_TOKEN: canary,
      PULUMI_CONFIG_PASSPHRASE_FILE: canary,
      PULUMI_STACK: canary,
    });

    expect(Object.values(env)).not.toContain(canary);
    expect(env).toMatchObject({ HOME: "/home/user", AWS_EC2_METADATA_DISABLED: "true" });
    expect(env.AWS_SHARED_CREDENTIALS_FILE).toMatch(/null|nul/i);
  });

  it("attaches the providers, and the language host where the engine has none", () => {
    expect(environment({}, 2001)).toMatchObject({
      PULUMI_DEBUG_PROVIDERS: "aws:1001,cloudflare:1002",
      PULUMI_DEBUG_LANGUAGES: "nodejs:2001",
    });
    expect(environment({})).not.toHaveProperty("PULUMI_DEBUG_LANGUAGES");
  });

  it("keeps settings and state within the sandbox's folder, also when its path has a blank", () => {
    const env = environment({});

    expect(env.PULUMI_HOME).toBe("/home/user/my shop/.sandbox/pulumi");
    expect(env.PULUMI_BACKEND_URL).toBe("file:///home/user/my%20shop/.sandbox/state");
  });

  it("puts the repository's executables first on the PATH and the engine's own last", () => {
    const path = environment({ PATH: "/usr/bin" }).PATH?.split(delimiter) ?? [];

    expect(path[0]).toMatch(/node_modules[\\/]\.bin$/);
    expect(path.slice(1)).toEqual(["/usr/bin", "/cache/engine"]);
  });

  it("keeps calls to this machine away from a proxy, beside what the user exempts", () => {
    expect(environment({ no_proxy: "intern.example" }).NO_PROXY).toBe("intern.example,127.0.0.1,localhost");
  });
});
