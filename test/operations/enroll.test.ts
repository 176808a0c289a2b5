import { describe, expect, it } from "vitest";
import type { InputOf } from "../../operations/contract.ts";
import { disable } from "../../operations/disable.ts";
import { enroll } from "../../operations/enroll.ts";
import { enrollInput, enrollResult } from "../../operations/schemas.ts";
import { token } from "../../operations/token.ts";
import { alone, type FakeStack, fakeStack } from "./fakeContext.ts";

async function enrolled({ context }: FakeStack, input: InputOf<"enroll">) {
  return enrollResult.parse(await enroll(context, enrollInput.parse(input), {}));
}

const remote = { host: false } as const;

describe("enrolling", () => {
  it("chooses a hostname that no tenant of another stack has", async () => {
    const stack = await fakeStack();
    const { context } = stack;
    context.hostnamesElsewhere = async () => new Set(["acme.example.com"]);
    const { hostname } = await enrolled(stack, { tenant: "acme", ...remote });
    expect(hostname).toMatch(/^acme-[0-9a-f]{6}\.example\.com$/);
    // What is asked for is not chosen: the others' names are looked at before the list is written.
    expect(await enrolled(stack, { tenant: "globex", subdomain: "acme", ...remote })).toMatchObject({
      hostname: "acme.example.com",
    });
  });

  it("in another region than the stack's is refused, before and after", async () => {
    const stack = await fakeStack();
    const asked = { tenant: "acme", awsRegion: "us-east-1", ...remote };
    await expect(enrolled(stack, asked)).rejects.toMatchObject({
      code: "invalid-input",
      problems: [{ path: "awsRegion", message: 'found "us-east-1"; allowed: eu-west-1, the stack\'s' }],
    });
    await enrolled(stack, { ...asked, awsRegion: "eu-west-1" });
    await expect(enrolled(stack, asked)).rejects.toMatchObject({ code: "tenant-differs" });
  });

  it("writes no more into the list than what was asked for, and answers with all there is", async () => {
    const stack = await fakeStack();
    const answer = await enrolled(stack, { tenant: "acme", ...remote });
    expect(stack.entries()).toEqual([{ id: "acme", host: { enabled: false } }]);
    expect(answer).toMatchObject({
      tenant: "acme",
      created: true,
      tunnelName: "te-staging-acme",
      hostname: "acme.example.com",
      url: "https://acme.example.com/",
      bucket: "te-staging-acme",
      region: "auto",
      accessKeyId: "acme-key-1",
      secretAccessKey: "acme-secret-1",
      keyGeneration: 1,
    });
    const connector = {
      id: "11111111-1111-4111-8111-111111111111",
      version: "1",
      arch: "a",
      originIp: "192.0.2.1",
    };
    expect(stack.cloud.tunnels.connect(answer.tunnelToken, connector).tunnelId).toBe(answer.tunnelId);
  });

  it("keeps everything that was asked for, each where it belongs", async () => {
    const stack = await fakeStack();
    await enrolled(stack, {
      tenant: "acme",
      hubId: "hub 7",
      accountId: "a-1",
      displayName: "Acme",
      subdomain: "shop",
      service: "http://localhost:3000",
      bucket: false,
      host: false,
    });
    expect(stack.entries()).toEqual([
      {
        id: "acme",
        displayName: "Acme",
        hubId: "hub 7",
        accountId: "a-1",
        subdomain: "shop",
        origin: { service: "http://localhost:3000" },
        bucket: { enabled: false },
        host: { enabled: false },
      },
    ]);
  });

  it("again changes nothing and gives the same answer", async () => {
    const stack = await fakeStack();
    const input = { tenant: "acme", hubId: "hub 7", displayName: "Acme", ...remote };
    const first = await enrolled(stack, input);
    expect(await enrolled(stack, input)).toEqual({ ...first, created: false });
    expect(await enrolled(stack, { tenant: "acme" })).toEqual({ ...first, created: false });
    expect(stack.updates).toEqual(["enroll acme"]);
  });

  it("twice at once makes one tenant", async () => {
    const stack = await fakeStack();
    const [one, other] = await Promise.all([
      enrolled(stack, { hubId: "Hub #7", ...remote }),
      enrolled(stack, { hubId: "Hub #7", ...remote }),
    ]);
    expect(one.tunnelId).toBe(other.tunnelId);
    expect(stack.entries()).toHaveLength(1);
    expect(stack.updates).toHaveLength(1);
  });

  it.each([
    ["service", { service: "http://localhost:1" }],
    ["bucket", { bucket: false }],
    ["host", { host: true }],
    ["accountId", { accountId: "b" }],
    ["hubId", { hubId: "other" }],
    ["hostname", { subdomain: "other" }],
    ["hostname", { hostname: "other.example.com" }],
  ])("with another %s than it has is refused, and says both", async (name, changes) => {
    const stack = await fakeStack([alone("acme", { hubId: "hub 7", accountId: "a" })]);
    const before = stack.entries();
    await expect(enrolled(stack, { tenant: "acme", ...changes })).rejects.toMatchObject({
      code: "tenant-differs",
      message: expect.stringContaining(`${name}: asked for`),
    });
    expect(stack.entries()).toEqual(before);
    expect(stack.updates).toEqual([]);
  });
});

describe("a hub", () => {
  it("gets an id of its own, and finds its tenant by it ever after, whatever that one is called", async () => {
    const stack = await fakeStack([alone("globex", { hubId: "Hub #8" })]);
    const made = await enrolled(stack, { hubId: "Hub #7", ...remote });
    expect(made.tenant).toMatch(/^hub-7-[0-9a-f]{10}$/);
    expect(await enrolled(stack, { hubId: "Hub #7" })).toMatchObject({ tenant: made.tenant, created: false });
    expect(await enrolled(stack, { hubId: "Hub #8" })).toMatchObject({ tenant: "globex", created: false });
  });

  it("of one tenant is not given to another", async () => {
    const stack = await fakeStack([alone("globex", { hubId: "hub 8" })]);
    await expect(enrolled(stack, { tenant: "acme", hubId: "hub 8" })).rejects.toMatchObject({
      code: "tenant-differs",
      message: "the hub hub 8 belongs to tenant globex",
    });
    expect(stack.entries()).toHaveLength(1);
  });

  it("does not get the tenant whose id it happens to be called", async () => {
    const stack = await fakeStack([alone("acme")]);
    await expect(enrolled(stack, { hubId: "acme" })).rejects.toMatchObject({ code: "tenant-differs" });
  });

  it("of another customer's account is refused", async () => {
    const stack = await fakeStack([alone("acme", { hubId: "hub 7", accountId: "a" })]);
    await expect(enrolled(stack, { hubId: "hub 7", accountId: "b" })).rejects.toMatchObject({
      code: "tenant-differs",
    });
  });
});

describe("a hostname", () => {
  it.each([
    ["reserved", "status", []],
    ["taken", "shop", [alone("other", { subdomain: "shop" })]],
  ])("that is %s becomes the id with a suffix, the same each time", async (_, tenant, entries) => {
    const hostnames: string[] = [];
    for (const stack of [await fakeStack(entries), await fakeStack(entries)]) {
      const { hostname } = await enrolled(stack, { tenant, ...remote });
      expect(`${stack.entry(tenant)?.["subdomain"]}.example.com`).toBe(hostname);
      hostnames.push(hostname);
    }
    expect(hostnames[0]).toMatch(/^(status|shop)-[0-9a-f]{6}\.example\.com$/);
    expect(hostnames[1]).toBe(hostnames[0]);
  });

  it("of the zone that is wanted in full is the tenant's own", async () => {
    const stack = await fakeStack();
    const answer = await enrolled(stack, { tenant: "acme", hostname: "shop.example.com", ...remote });
    expect(answer.hostnames).toEqual(["shop.example.com"]);
    expect(stack.entry("acme")).toEqual(alone("acme", { subdomain: "shop" }));
    expect(await enrolled(stack, { tenant: "acme", hostname: "shop.example.com" })).toMatchObject({
      created: false,
    });
  });

  it("that is not the tenant's own by its form stands besides", async () => {
    const cloudflare = {
      accountId: "0123456789abcdef0123456789abcdef",
      zoneId: "fedcba9876543210fedcba9876543210",
      zoneName: "example.com",
      subdomainPrefix: "eu-",
    };
    const stack = await fakeStack([], { cloudflare });
    const answer = await enrolled(stack, { tenant: "acme", hostname: "shop.example.com", ...remote });
    expect(answer.hostnames).toEqual(["eu-acme.example.com", "shop.example.com"]);
    expect(stack.entry("acme")).toEqual(alone("acme", { hostnames: ["shop.example.com"] }));
    expect(await enrolled(stack, { tenant: "acme", hostname: "shop.example.com" })).toMatchObject({
      created: false,
    });
  });

  it.each([
    { subdomain: "globex" },
    { hostname: "globex.example.com" },
  ])("of another tenant is refused: %j", async (wanted) => {
    const stack = await fakeStack([alone("globex")]);
    await expect(enrolled(stack, { tenant: "acme", ...wanted })).rejects.toMatchObject({
      code: "name-taken",
    });
    expect(stack.entries()).toHaveLength(1);
  });

  it.each([
    [{ subdomain: "www" }, "any subdomain but"],
    [{ hostname: "www.elsewhere.org" }, "ends with .example.com"],
  ])("or whatever else the rules refuse is the caller's mistake, and leaves the list as it is: %j", async (wanted, words) => {
    const stack = await fakeStack();
    await expect(enrolled(stack, { tenant: "acme", ...remote, ...wanted })).rejects.toMatchObject({
      code: "invalid-input",
      message: expect.stringContaining(words),
      problems: [{ path: Object.keys(wanted)[0], message: expect.stringContaining(words) }],
    });
    expect(stack.entries()).toEqual([]);
    expect(stack.updates).toEqual([]);
  });
});

describe("a disabled tenant", () => {
  const out = async () => {
    const stack = await fakeStack([alone("acme", { hubId: "hub 7" })]);
    await disable(stack.context, { tenant: "acme" }, {});
    return stack;
  };

  it("is not brought back by enrolling it, nor is its token given out", async () => {
    const stack = await out();
    await expect(enrolled(stack, { hubId: "hub 7" })).rejects.toMatchObject({ code: "tenant-disabled" });
    await expect(token(stack.context, { tenant: "acme" }, {})).rejects.toMatchObject({
      code: "tenant-disabled",
    });
  });

  it("is when that is wanted, with a new key, and only as it was", async () => {
    const stack = await out();
    await expect(enrolled(stack, { hubId: "hub 7", accountId: "b", reactivate: true })).rejects.toMatchObject(
      { code: "tenant-differs" },
    );
    const answer = await enrolled(stack, { hubId: "hub 7", reactivate: true });
    expect(answer).toMatchObject({ tenant: "acme", created: false, keyGeneration: 2 });
    expect(stack.entry("acme")).not.toHaveProperty("disabled");
    expect(await enrolled(stack, { hubId: "hub 7", reactivate: true })).toEqual(answer);
  });
});

describe("a token", () => {
  it("is read again by any of a tenant's names", async () => {
    const stack = await fakeStack([alone("acme", { hubId: "hub 7" })]);
    const byId = await token(stack.context, { tenant: "acme" }, {});
    expect(byId.token).not.toBe("");
    expect(await token(stack.context, { hubId: "hub 7" }, {})).toEqual(byId);
    expect(await token(stack.context, { tunnelId: byId.tunnelId }, {})).toEqual(byId);
    expect(stack.brought).toEqual([]);
  });

  it.each([
    { tenant: "nobody" },
    { hubId: "nobody" },
    { tunnelId: "22222222-2222-4222-8222-222222222222" },
  ])("of nobody is not found: %j", async (input) => {
    const stack = await fakeStack([alone("acme")]);
    await expect(token(stack.context, input, {})).rejects.toMatchObject({
      code: "tenant-not-found",
      message: expect.stringMatching(/nobody|2222/),
    });
  });

  it("of a tenant that was listed and not deployed yet is said to be missing", async () => {
    const stack = await fakeStack([]);
    stack.beforeUpdate = () => {
      throw new Error("killed");
    };
    await expect(enrolled(stack, { tenant: "acme", ...remote })).rejects.toThrow("killed");
    await expect(token(stack.context, { tenant: "acme" }, {})).rejects.toMatchObject({
      code: "update-failed",
    });
    stack.beforeUpdate = () => {};
    // The same again completes it.
    expect(await enrolled(stack, { tenant: "acme", ...remote })).toMatchObject({ tenant: "acme" });
  });
});
