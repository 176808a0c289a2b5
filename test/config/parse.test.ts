import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RESERVED_SUBDOMAINS } from "../../config/hostnames.ts";
import { parseStack } from "../../config/parse.ts";
import { ConfigError } from "../../config/problems.ts";
import { stackSchema } from "../../config/schema.ts";
import { resolveTenant } from "../../config/tenants.ts";
import { problemsOf, REGION, rawStack, rawStackFile } from "./stacks.ts";

const cloudflare = (changes: object) => ({
  cloudflare: { ...(rawStack([]) as { cloudflare: object }).cloudflare, ...changes },
});

/** One mistake each: what is written, where the error points, and words that it must contain. */
const MISTAKES: [string, ReturnType<typeof rawStack>, string, RegExp][] = [
  ["an id in capitals", rawStack([{ id: "Acme" }]), "tenant-edge:tenants[0].id", /lower-case/],
  ["an id with a double hyphen", rawStack([{ id: "a--b" }]), "tenant-edge:tenants[0].id", /single hyphens/],
  ["an id that is too long", rawStack([{ id: "a".repeat(64) }]), "tenant-edge:tenants[0].id", /63/],
  ["no id", rawStack([{}]), "tenant-edge:tenants[0].id", /nothing.*lower-case.*add it/s],
  [
    "a duplicate id",
    rawStack([{ id: "acme" }, { id: "acme", subdomain: "other" }]),
    "tenant-edge:tenants[1].id",
    /tenants\[0\]/,
  ],
  [
    "a subdomain that clashes",
    rawStack([{ id: "acme" }, { id: "b", subdomain: "acme" }]),
    "tenant-edge:tenants[1].subdomain",
    /belongs to tenant acme/,
  ],
  [
    "a hostname that clashes",
    rawStack([{ id: "acme" }, { id: "b", hostnames: ["acme.example.com"] }]),
    "tenant-edge:tenants[1].hostnames[0]",
    /belongs to tenant acme/,
  ],
  [
    "a reserved name",
    rawStack([{ id: "status" }]),
    "tenant-edge:tenants[0].id",
    /any subdomain but .*status/,
  ],
  [
    "a reserved name with the prefix",
    rawStack([{ id: "api" }], cloudflare({ subdomainPrefix: "staging-" })),
    "tenant-edge:tenants[0].id",
    /staging-api/,
  ],
  [
    "a name on the stack's own list",
    rawStack([{ id: "billing" }], { reservedSubdomains: ["billing"] }),
    "tenant-edge:tenants[0].id",
    /billing/,
  ],
  [
    "a hostname outside the zone",
    rawStack([{ id: "a", hostnames: ["shop.acme.org"] }]),
    "tenant-edge:tenants[0].hostnames[0]",
    /ends with \.example\.com/,
  ],
  [
    "a hostname that only looks like the zone's",
    rawStack([{ id: "a", hostnames: ["badexample.com"] }]),
    "tenant-edge:tenants[0].hostnames[0]",
    /ends with \.example\.com/,
  ],
  [
    "the zone itself",
    rawStack([{ id: "a", hostnames: ["example.com"] }]),
    "tenant-edge:tenants[0].hostnames[0]",
    /ends with/,
  ],
  [
    "a hostname two levels deep",
    rawStack([{ id: "a", hostnames: ["a.eu.example.com"] }]),
    "tenant-edge:tenants[0].hostnames[0]",
    /certificate.*\*\.eu\.example\.com/s,
  ],
  [
    "a label over 63 characters",
    rawStack([{ id: "a", hostnames: [`${"x".repeat(64)}.example.com`] }]),
    "tenant-edge:tenants[0].hostnames[0]",
    /64 characters.*at most 63/s,
  ],
  [
    "a label that the prefix makes too long",
    rawStack([{ id: "a".repeat(60) }], cloudflare({ subdomainPrefix: "staging-" })),
    "tenant-edge:tenants[0].id",
    /68 characters/,
  ],
  [
    "a hostname in capitals",
    rawStack([{ id: "a", hostnames: ["Shop.example.com"] }]),
    "tenant-edge:tenants[0].hostnames[0]",
    /write shop\.example\.com/,
  ],
  [
    "a hostname with an umlaut",
    rawStack([{ id: "a", hostnames: ["bücher.example.com"] }]),
    "tenant-edge:tenants[0].hostnames[0]",
    /xn--bcher-kva\.example\.com/,
  ],
  [
    "a hostname with a space",
    rawStack([{ id: "a", hostnames: ["a b.example.com"] }]),
    "tenant-edge:tenants[0].hostnames[0]",
    /lower-case letters, digits and hyphens/,
  ],
  [
    "a bucket name that R2 refuses",
    rawStack([{ id: "a", bucket: { name: "My_Bucket" } }]),
    "tenant-edge:tenants[0].bucket.name",
    /3 to 63 lower-case/,
  ],
  [
    "a bucket name that is taken",
    rawStack([{ id: "a" }, { id: "b", bucket: { name: "te-staging-a" } }]),
    "tenant-edge:tenants[1].bucket.name",
    /belongs to tenant a/,
  ],
  [
    "a location that is none",
    rawStack([{ id: "a", bucket: { location: "mars" } }]),
    "tenant-edge:tenants[0].bucket.location",
    /"weur"/,
  ],
  ["a misspelt key", rawStack([{ id: "a", hots: {} }]), "tenant-edge:tenants[0].hots", /did you mean host\?/],
  [
    "a misspelt key deep down",
    rawStack([{ id: "a", host: { instancType: "t4g.nano" } }]),
    "tenant-edge:tenants[0].host.instancType",
    /did you mean instanceType\?/,
  ],
  ["a misspelt key at the top", rawStack([], { tenant: [] }), "tenant-edge:tenant", /did you mean tenants\?/],
  ["a key like no other", rawStack([], { cucumber: 1 }), "tenant-edge:cucumber", /remove the key/],
  ["a list that is none", rawStack([], { tenants: "acme" }), "tenant-edge:tenants", /a list/],
  [
    "an environment with a hyphen",
    rawStack([], { environment: "prod-eu" }),
    "tenant-edge:environment",
    /letters and digits/,
  ],
  ["a newer format", rawStack([], { schemaVersion: "3" }), "tenant-edge:schemaVersion", /1 to 2/],
  [
    "an account id that is none",
    rawStack([], cloudflare({ accountId: "acme" })),
    "tenant-edge:cloudflare.accountId",
    /32 hexadecimal digits/,
  ],
  [
    "no image for a host",
    rawStack([{ id: "a" }], { hostDefaults: {} }),
    "tenant-edge:tenants[0].host.imageId",
    /hostDefaults\.imageId/,
  ],
  [
    "user data over the limit",
    rawStack([{ id: "a", host: { environment: { TEXT: "x".repeat(16_000) } } }]),
    "tenant-edge:tenants[0].host",
    /at most 12288 bytes/,
  ],
  [
    "a variable that is no variable",
    rawStack([{ id: "a", host: { environment: { "a b": "x" } } }]),
    "tenant-edge:tenants[0].host.environment.a b",
    /capital letters/,
  ],
  [
    "half an existing network",
    rawStack([], { network: { vpcId: "vpc-0123456789abcdef0" } }),
    "tenant-edge:network.privateSubnetIds",
    /both/,
  ],
  [
    "two networks at once",
    rawStack([], {
      network: {
        vpcId: "vpc-0123456789abcdef0",
        privateSubnetIds: ["subnet-0123456789abcdef0"],
        cidrBlock: "10.0.0.0/16",
      },
    }),
    "tenant-edge:network.cidrBlock",
    /remove it/,
  ],
  [
    "a zone of another region",
    rawStack([], { network: { availabilityZones: ["us-east-1a"] } }),
    "tenant-edge:network.availabilityZones[0]",
    /eu-west-1/,
  ],
  [
    "more buckets than tokens",
    rawStack([{ id: "a" }, { id: "b" }], { limits: { accountTokens: 1 } }),
    "tenant-edge:tenants",
    /2 tokens.*at most 1 \(tenant-edge:limits\.accountTokens\)/s,
  ],
  [
    "more tenants than tunnels",
    rawStack([{ id: "a" }, { id: "b" }], { limits: { tunnels: 1 } }),
    "tenant-edge:tenants",
    /limits\.tunnels/,
  ],
  [
    "more hostnames than records",
    rawStack([{ id: "a", hostnames: ["b.example.com"] }], { limits: { dnsRecords: 1 } }),
    "tenant-edge:tenants",
    /2 records.*limits\.dnsRecords/s,
  ],
  [
    "more tenants than one stack is for",
    rawStack(
      Array.from({ length: 51 }, (_, index) => ({ id: `t${index}` })),
      { environment: "prod" },
    ),
    "tenant-edge:tenants",
    /at most 50 in one stack.*limits\.tenantsPerStack.*add-shard --env prod.*tenant-edge move/s,
  ],
  [
    "a lifecycle rule that does nothing",
    rawStack([{ id: "a", bucket: { lifecycleRules: [{ id: "x" }] } }]),
    "tenant-edge:tenants[0].bucket.lifecycleRules[0]",
    /expireAfterDays/,
  ],
  [
    "two lifecycle rules of one name",
    rawStack([
      {
        id: "a",
        bucket: {
          lifecycleRules: [
            { id: "x", expireAfterDays: 1 },
            { id: "x", expireAfterDays: 2 },
          ],
        },
      },
    ]),
    "tenant-edge:tenants[0].bucket.lifecycleRules[1].id",
    /no other rule/,
  ],
  [
    "an origin that is no URL",
    rawStack([{ id: "a", origin: { service: "localhost:8080" } }]),
    "tenant-edge:tenants[0].origin.service",
    /http:\/\/host:port/,
  ],
  [
    "a port over 65535",
    rawStack([{ id: "a", origin: { service: "http://localhost:65536" } }]),
    "tenant-edge:tenants[0].origin.service",
    /1 to 65535/,
  ],
  [
    "port 0",
    rawStack([{ id: "a", routes: [{ path: "^/a", service: "https://localhost:0" }] }]),
    "tenant-edge:tenants[0].routes[0].service",
    /1 to 65535/,
  ],
  [
    "a path that is no regular expression",
    rawStack([{ id: "a", routes: [{ path: "^/(a", service: "http://localhost:1" }] }]),
    "tenant-edge:tenants[0].routes[0].path",
    /regular expression/,
  ],
  [
    "a path that only JavaScript can read",
    rawStack([{ id: "a", routes: [{ path: "^/(?!admin)", service: "http://localhost:1" }] }]),
    "tenant-edge:tenants[0].routes[0].path",
    /without.*lookaround/,
  ],
  [
    "a path with a backreference",
    rawStack([{ id: "a", routes: [{ path: "^/(a)\\1", service: "http://localhost:1" }] }]),
    "tenant-edge:tenants[0].routes[0].path",
    /backreferences/,
  ],
  [
    "a zone twice",
    rawStack([], { network: { availabilityZones: ["eu-west-1a", "eu-west-1b", "eu-west-1a"] } }),
    "tenant-edge:network.availabilityZones[2]",
    /availabilityZones\[0\] is the same/,
  ],
  [
    "a subnet twice",
    rawStack([], {
      network: {
        vpcId: "vpc-0123456789abcdef0",
        privateSubnetIds: ["subnet-0123456789abcdef0", "subnet-0123456789abcdef0"],
      },
    }),
    "tenant-edge:network.privateSubnetIds[1]",
    /privateSubnetIds\[0\] is the same/,
  ],
  [
    "an address that is none",
    rawStack([], { network: { cidrBlock: "10.256.0.0/16" } }),
    "tenant-edge:network.cidrBlock",
    /IPv4 block/,
  ],
  [
    "a block with host bits",
    rawStack([], { network: { cidrBlock: "10.20.21.1/20" } }),
    "tenant-edge:network.cidrBlock",
    /write 10\.20\.16\.0\/20/,
  ],
  [
    "a tag that AWS keeps for itself",
    rawStack([], { tags: { "AWS:owner": "x" } }),
    "tenant-edge:tags.AWS:owner",
    /neither with aws:/,
  ],
  [
    "a tag of ours",
    rawStack([], { tags: { "tenant-edge:tenant": "x" } }),
    "tenant-edge:tags.tenant-edge:tenant",
    /nor with tenant-edge:/,
  ],
  [
    "a tag key that is too long",
    rawStack([], { tags: { ["k".repeat(129)]: "x" } }),
    `tenant-edge:tags.${"k".repeat(129)}`,
    /1 to 128 characters/,
  ],
  [
    "a tag key that IAM refuses",
    rawStack([], { tags: { "a&b": "x" } }),
    "tenant-edge:tags.a&b",
    /letters, digits, spaces/,
  ],
  [
    "a tag value that IAM refuses",
    rawStack([], { tags: { owner: "R&D, Berlin" } }),
    "tenant-edge:tags.owner",
    /letters, digits, spaces/,
  ],
  [
    "a tag value that is a number",
    rawStack([], { tags: { "cost-center": 42 } }),
    "tenant-edge:tags.cost-center",
    /write it in quotes/,
  ],
  [
    "too many tags",
    rawStack([], { tags: Object.fromEntries(Array.from({ length: 41 }, (_, index) => [`k${index}`, ""])) }),
    "tenant-edge:tags",
    /at most 40 tags/,
  ],
  [
    "tag keys that are the same to IAM",
    rawStack([], { tags: { Owner: "x", owner: "y" } }),
    "tenant-edge:tags.owner",
    /Owner is the same/,
  ],
  [
    "a key of another region",
    rawStack([], {
      kmsKeyArn: "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000",
    }),
    "tenant-edge:kmsKeyArn",
    /a key of us-east-1.*a key of eu-west-1/s,
  ],
  [
    "a lifecycle rule that moves what is deleted already",
    rawStack([
      {
        id: "a",
        bucket: { lifecycleRules: [{ id: "x", expireAfterDays: 30, infrequentAccessAfterDays: 30 }] },
      },
    ]),
    "tenant-edge:tenants[0].bucket.lifecycleRules[0].infrequentAccessAfterDays",
    /fewer days than expireAfterDays/,
  ],
  [
    "a display name of two lines",
    rawStack([{ id: "a", displayName: "Acme\nLtd" }], { schemaVersion: 2 }),
    "tenant-edge:tenants[0].displayName",
    /one line/,
  ],
  [
    "a display name that is a number",
    rawStack([{ id: "a", displayName: 1984 }]),
    "tenant-edge:tenants[0].displayName",
    /write it in quotes/,
  ],
  ["an id that is a number", rawStack([{ id: 123 }]), "tenant-edge:tenants[0].id", /123.*with a letter/s],
  [
    "no list after the key",
    rawStack([], { tenants: null }),
    "tenant-edge:tenants",
    /null.*a list.*write \[\]/s,
  ],
  ["an entry with nothing in it", rawStack([null]), "tenant-edge:tenants[0]", /null.*an object/s],
];

describe("a mistake in a stack file", () => {
  it.each(MISTAKES)("%s is refused with its path, and is the only problem", (_, raw, path, words) => {
    const problems = problemsOf(raw);
    expect(problems.map((problem) => problem.path)).toEqual([path]);
    expect(new ConfigError("Pulumi.staging.yaml", problems).message).toMatch(words);
  });

  it("is reported together with all others, whatever their kind", () => {
    const raw = rawStack([{ id: "Bad" }, { id: "api" }, { id: "a", hots: 1 }, { id: "dup" }, { id: "dup" }], {
      limits: { tunnels: "x" },
    });
    expect(problemsOf(raw).map(({ path }) => path)).toEqual([
      "tenant-edge:limits.tunnels",
      "tenant-edge:tenants[0].id",
      "tenant-edge:tenants[2].hots",
      "tenant-edge:tenants[4].id",
      "tenant-edge:tenants[1].id",
      "tenant-edge:tenants[4].id",
    ]);
  });

  it("names the file and says that nothing was changed", () => {
    const { message } = new ConfigError("Pulumi.prod.yaml", problemsOf(rawStack([{ id: "A" }])));
    expect(message).toMatch(/^Pulumi\.prod\.yaml has 1 problem; nothing was changed\./);
    expect(message).toContain('found    "A"');
  });

  it.each(["", "Ireland", "eu-west-1a"])("is a region that is none, too: %s", (region) => {
    const raw = rawStack([], { network: { availabilityZones: ["eu-west-1a"] } });
    expect(problemsOf(raw, region).map(({ path }) => path)).toEqual(["aws:region"]);
  });

  it("is a missing region, too", () => {
    expect(parseStack(rawStack([]), undefined).problems.map(({ path }) => path)).toEqual(["aws:region"]);
  });
});

describe("what is allowed", () => {
  it("a hostname two levels deep that a certificate covers", () => {
    const raw = rawStack(
      [{ id: "a", hostnames: ["a.eu.example.com"] }],
      cloudflare({ certificateHostnames: ["*.eu.example.com"] }),
    );
    expect(problemsOf(raw)).toEqual([]);
  });

  it("a wildcard certificate covers one level and no more", () => {
    const raw = rawStack(
      [{ id: "a", hostnames: ["b.a.eu.example.com"] }],
      cloudflare({ certificateHostnames: ["*.eu.example.com"] }),
    );
    expect(problemsOf(raw)).toHaveLength(1);
  });

  it("a tenant named like a reserved word when the prefix makes another name of it", () => {
    expect(problemsOf(rawStack([{ id: "www" }], cloudflare({ subdomainPrefix: "staging-" })))).toEqual([]);
  });

  it("a tenant without a host needs no image", () => {
    expect(problemsOf(rawStack([{ id: "a", host: { enabled: false } }], { hostDefaults: {} }))).toEqual([]);
  });

  it.each(["^/a\\(?=b", "^/[(?=]", "\\\\1", "\\.(?:png|jpe?g)$"])("the path %s", (path) => {
    expect(problemsOf(rawStack([{ id: "a", routes: [{ path, service: "http://[::1]:65535" }] }]))).toEqual(
      [],
    );
  });

  it("as many tags as there is room for, in any language", () => {
    const tags = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [`Kürzel ${index}`, "東京/a=b"]),
    );
    expect(problemsOf(rawStack([], { tags }))).toEqual([]);
  });

  it.each(["staging", "prod"])("the stack file of %s", (stack) => {
    expect(problemsOf(rawStackFile(stack))).toEqual([]);
  });

  it("any valid list of tenants, and each gets hostnames inside the zone", () => {
    const tenant = fc.record({ id: fc.stringMatching(/^[a-z](?:-?[a-z0-9]){2,20}$/) });
    fc.assert(
      fc.property(fc.uniqueArray(tenant, { selector: ({ id }) => id, maxLength: 30 }), (tenants) => {
        fc.pre(tenants.every(({ id }) => !RESERVED_SUBDOMAINS.includes(id)));
        const { config, problems } = parseStack(rawStack(tenants), REGION);
        expect(problems).toEqual([]);
        for (const entry of config?.tenants ?? []) {
          const resolved = config === undefined ? undefined : resolveTenant(config, entry);
          expect(resolved?.hostnames).toEqual([`${entry.id}.example.com`]);
        }
      }),
    );
  });

  it("never throws, whatever is written", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...Object.keys(stackSchema.shape), "x"), fc.jsonValue()),
        (raw) => {
          const { config, problems } = parseStack(raw, REGION);
          expect(config === undefined).toBe(problems.length > 0);
          for (const problem of problems) expect(problem.allowed).not.toBe("");
        },
      ),
    );
  });
});

it("a tenant's own settings win over the stack's defaults", () => {
  const raw = rawStack(
    [{ id: "a", host: { instanceType: "m7i.large" }, bucket: { location: "enam" } }, { id: "b" }],
    {
      bucketDefaults: { location: "apac", protect: false },
    },
  );
  const { config } = parseStack(raw, REGION);
  const [a, b] = config?.tenants.map((tenant) => resolveTenant(config, tenant)) ?? [];
  expect([a?.host?.instanceType, b?.host?.instanceType]).toEqual(["m7i.large", "t4g.micro"]);
  expect([a?.bucket?.location, b?.bucket?.location, b?.bucket?.protect]).toEqual(["enam", "apac", false]);
});
