import { expect, it } from "vitest";
import { parseStack } from "../../config/parse.ts";
import { resolveTenant } from "../../config/tenants.ts";
import { problemsOf, rawStack } from "./stacks.ts";

const host = (settings: object) => rawStack([{ id: "a", host: settings }]);

it.each([
  ["five replicas", { replicas: 5 }, "replicas", /4/],
  ["a mirror without TLS", { cloudflaredMirror: "http://mirror.example.com" }, "cloudflaredMirror", /https/],
  [
    "a mirror with a slash at its end",
    { cloudflaredMirror: "https://m.example.com/" },
    "cloudflaredMirror",
    /slash/,
  ],
  ["another protocol", { protocol: "h2mux" }, "protocol", /quic/],
  ["IP version 5", { edgeIpVersion: 5 }, "edgeIpVersion", /4/],
  ["a look at the parameters every second", { pollSeconds: 1 }, "pollSeconds", /10/],
  [
    "a container without a tag",
    { app: { container: { image: "ghcr.io/a/b" } } },
    "app.container.image",
    /digest/,
  ],
  ["what is no unit", { app: { unit: "my-app" } }, "app.unit", /service/],
  ["a unit of ours as the app", { app: { unit: "tenant-edge-sync.service" } }, "app.unit", /not one of ours/],
  [
    "a container and a unit",
    { app: { unit: "my-app.service", container: { image: "ghcr.io/a/b:1" } } },
    "app",
    /one of the two/,
  ],
  [
    "a variable of the bucket's credentials",
    { environment: { R2_BUCKET: "b" } },
    "environment.R2_BUCKET",
    /R2_/,
  ],
  ["a variable that decides what is run", { environment: { PATH: "/tmp" } }, "environment.PATH", /PATH/],
  [
    "a file of ours in the cloud-config",
    { cloudConfig: { write_files: [{ path: "/etc/tenant-edge/host.env", content: "" }] } },
    "cloudConfig.write_files[0].path",
    /tenant-edge's own/,
  ],
  [
    "a cloud-config that switches modules off",
    { cloudConfig: { cloud_final_modules: [] } },
    "cloudConfig.cloud_final_modules",
    /modules/,
  ],
  [
    "a cloud-config that fills user data",
    { cloudConfig: { write_files: [{ path: "/srv/a", content: "x".repeat(4000) }] } },
    "",
    /12288/,
  ],
])("%s is refused with its path, and is the only problem", (_, settings, path, allowed) => {
  const problems = problemsOf(host(settings));
  expect(problems.map((problem) => problem.path)).toEqual([
    `tenant-edge:tenants[0].host${path === "" ? "" : `.${path}`}`,
  ]);
  expect(problems[0]?.allowed).toMatch(allowed);
});

it("every problem of a cloud-config is reported at once", () => {
  const write_files = [{ path: "/etc/tenant-edge/a" }, { path: "/srv/b" }, {}];
  expect(problemsOf(host({ cloudConfig: { bootcmd: [], write_files } })).map(({ path }) => path)).toEqual([
    "tenant-edge:tenants[0].host.cloudConfig.bootcmd",
    "tenant-edge:tenants[0].host.cloudConfig.write_files[0].path",
    "tenant-edge:tenants[0].host.cloudConfig.write_files[2]",
  ]);
});

it.each([4, "4"])("the IP version may be written %j", (edgeIpVersion) => {
  expect(problemsOf(host({ edgeIpVersion }))).toEqual([]);
});

it("a tenant's own settings go before the stack's", () => {
  const { config } = parseStack(
    rawStack(
      [{ id: "a", host: { replicas: 2, protocol: "quic", app: { unit: "my-app.service" } } }, { id: "b" }],
      {
        hostDefaults: {
          imageId: "ami-0ab117b5527d5fe24",
          replicas: 3,
          edgeRegion: "us",
          sessionManager: true,
          cloudflaredMirror: "https://mirror.example.com/cloudflared",
        },
      },
    ),
    "eu-west-1",
  );
  const [a, b] = (config?.tenants ?? []).map((tenant) => config && resolveTenant(config, tenant).host);
  expect(a).toMatchObject({
    replicas: 2,
    connector: { protocol: "quic", edgeIpVersion: "4", edgeRegion: "us" },
    sessionManager: true,
    app: { unit: "my-app.service" },
    cloudflaredMirror: "https://mirror.example.com/cloudflared",
  });
  expect(b).toMatchObject({ replicas: 3, connector: { protocol: "auto" }, app: undefined, pollSeconds: 60 });
});

it.each([
  ["no key at all", [], "keyGenerations"],
  ["generation 0", [0], "keyGenerations[0]"],
  ["a generation twice", [1, 2, 1], "keyGenerations[2]"],
  ["six keys", [1, 2, 3, 4, 5, 6], "keyGenerations"],
])("%s is refused", (_, keyGenerations, path) => {
  const problems = problemsOf(rawStack([{ id: "a", bucket: { keyGenerations } }]));
  expect(problems.map((problem) => problem.path)).toEqual([`tenant-edge:tenants[0].bucket.${path}`]);
});

it("each generation counts as a token of the account", () => {
  const limits = { accountTokens: 2 };
  const problems = problemsOf(rawStack([{ id: "a", bucket: { keyGenerations: [1, 2, 3] } }], { limits }));
  expect(problems[0]?.found).toMatch(/need 3 tokens/);
});
