import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { type Output, output } from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { recordRegistrations } from "../../bench/registrations.ts";

const { fill } = createRequire(import.meta.url)("../../bench/programs/template.cjs") as {
  fill(template: unknown, resources: readonly unknown[]): unknown;
};

const STACK = "urn:pulumi:staging::bench";
const TENANT = `${STACK}::tenant-edge:index:Tenant::acme`;
const PASSWORD = `${STACK}::tenant-edge:index:Tenant$random:index/randomPassword:RandomPassword::acme-secret`;
const TUNNEL = `${STACK}::tenant-edge:index:Tenant$cloudflare:index/tunnel:Tunnel::acme-tunnel`;
const TOKEN = `${STACK}::tenant-edge:index:Tenant$aws:ssm/parameter:Parameter::acme-token`;

const secret = (value: unknown) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  plaintext: JSON.stringify(value),
});
const hashed = (text: string) => createHash("sha256").update(text).digest("base64");
const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64");

/** A tenant whose tunnel has a secret made of a password, and a parameter with a token made of both. */
function exported({ password = "p".repeat(64), tunnelId = "11111111-2222-4333-8444-555555555555" } = {}) {
  const tunnelSecret = hashed(password);
  const resources = [
    { urn: `${STACK}::pulumi:pulumi:Stack::bench-staging`, type: "pulumi:pulumi:Stack", custom: false },
    {
      urn: TENANT,
      type: "tenant-edge:index:Tenant",
      custom: false,
      outputs: { hostname: "acme.example.com", tunnelId },
    },
    {
      urn: PASSWORD,
      type: "random:index/randomPassword:RandomPassword",
      custom: true,
      id: "none",
      parent: TENANT,
      inputs: { length: 64, __defaults: [] },
      outputs: { length: 64, result: secret(password) },
      additionalSecretOutputs: ["result", "result"],
    },
    {
      urn: TUNNEL,
      type: "cloudflare:index/tunnel:Tunnel",
      custom: true,
      id: tunnelId,
      parent: TENANT,
      dependencies: [PASSWORD],
      inputs: { name: "te-bench-acme", tunnelSecret: secret(tunnelSecret) },
      outputs: { name: "te-bench-acme", createdAt: "2026-11-22T10:00:00Z" },
    },
    {
      urn: TOKEN,
      type: "aws:ssm/parameter:Parameter",
      custom: true,
      id: "/tenant-edge/bench/acme/tunnel-token",
      parent: TENANT,
      dependencies: [TUNNEL],
      inputs: {
        name: "/tenant-edge/bench/acme/tunnel-token",
        value: secret(encoded({ t: tunnelId, s: tunnelSecret })),
        tags: { "tunnel-id": tunnelId, comment: `of ${tunnelId}.` },
      },
    },
  ];
  return JSON.stringify({ deployment: { resources } });
}

/** The value of what may be an output, in all its depth. */
const known = async (value: unknown): Promise<unknown> =>
  await new Promise((resolve) => {
    (output(value) as Output<unknown>).apply(resolve);
  });

describe("registrations", () => {
  it("are those of the program, in its order, without what the engine registers itself", () => {
    const registrations = recordRegistrations(exported());

    expect(registrations.map(({ name, custom, parent }) => ({ name, custom, parent }))).toEqual([
      { name: "acme", custom: false, parent: undefined },
      { name: "acme-secret", custom: true, parent: 0 },
      { name: "acme-tunnel", custom: true, parent: 0 },
      { name: "acme-token", custom: true, parent: 0 },
    ]);
    expect(registrations.map(({ dependencies }) => dependencies)).toEqual([[], [], [1], [2]]);
    expect(registrations[1]).toMatchObject({
      inputs: { length: 64 },
      reads: ["result"],
      options: { additionalSecretOutputs: ["result"] },
    });
  });

  it("have none of the secrets in them, and no id of the account in which they were recorded", () => {
    const password = "a-password-that-nobody-may-see-here";
    const tunnelId = "99999999-2222-4333-8444-555555555555";

    const text = JSON.stringify(recordRegistrations(exported({ password, tunnelId })));

    for (const value of [password, hashed(password), tunnelId]) {
      expect(text).not.toContain(value);
      expect(text).not.toContain(Buffer.from(value).toString("base64").slice(0, 20));
    }
  });

  it("take the values of the account in which they are made", async () => {
    const [tenant, , tunnel, token] = recordRegistrations(exported());
    const made = [
      {},
      { result: output("another password") },
      { id: output("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee") },
    ];
    const tunnelId = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";

    expect(await known(fill(tunnel?.inputs, made))).toEqual({
      name: "te-bench-acme",
      tunnelSecret: hashed("another password"),
    });
    expect(await known(fill(token?.inputs, made))).toEqual({
      name: "/tenant-edge/bench/acme/tunnel-token",
      value: encoded({ t: tunnelId, s: hashed("another password") }),
      tags: { "tunnel-id": tunnelId, comment: `of ${tunnelId}.` },
    });
    expect(await known(fill(tenant?.outputs, made))).toEqual({ hostname: "acme.example.com", tunnelId });
  });

  it("are not made of an export without secrets", () => {
    const hidden = exported().replaceAll("plaintext", "ciphertext");

    expect(() => recordRegistrations(hidden)).toThrow("--show-secrets");
  });
});
