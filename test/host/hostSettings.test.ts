/** Settings of a host in a stack file that are refused, each with its place. */
import { describe, expect, it } from "vitest";
import { problemsOf, rawStack } from "../config/stacks.ts";

const problems = (host: object) => problemsOf(rawStack([{ id: "acme", host }]));
const paths = (host: object) => problems(host).map(({ path }) => path);
const HOST = "tenant-edge:tenants[0].host";

describe("the settings of a host", () => {
  it("may all be left out", () => expect(problems({})).toEqual([]));

  it.each([
    ["cloudconfig", { cloudconfig: {} }],
    ["app.image", { app: { image: "ghcr.io/acme/app:1" } }],
    ["app.container.tag", { app: { container: { image: "ghcr.io/acme/app:1", tag: "1" } } }],
  ])("have no unknown key: %s", (key, host) => {
    expect(problems(host)).toEqual([
      expect.objectContaining({ path: `${HOST}.${key}`, found: expect.stringContaining("unknown key") }),
    ]);
  });

  it.each([
    ["replicas", { replicas: 0 }],
    ["replicas", { replicas: 5 }],
    ["pollSeconds", { pollSeconds: 1 }],
    ["protocol", { protocol: "tcp" }],
    ["cloudflaredMirror", { cloudflaredMirror: "http://mirror.example.com" }],
    ["cloudflaredMirror", { cloudflaredMirror: 'https://mirror.example.com/"x' }],
    ["app.unit", { app: { unit: "my-app" } }],
    ["app.unit", { app: { unit: "../my-app.service" } }],
    ["app.unit", { app: { unit: "tenant-edge-sync.service" } }],
    ["app.unit", { app: { unit: "cloudflared@20241.service" } }],
    ["app", { app: { unit: "my-app.service", container: { image: "ghcr.io/acme/app:1" } } }],
    ["app.container.image", { app: { container: { image: "app --privileged" } } }],
    ["app.container.port", { app: { container: { image: "ghcr.io/acme/app:1", port: 0 } } }],
    ["environment.lower", { environment: { lower: "" } }],
    ["environment.LINES", { environment: { LINES: "a\nb" } }],
    ["cloudConfig.bootcmd", { cloudConfig: { bootcmd: ["true"] } }],
    ["cloudConfig.runcmd", { cloudConfig: { runcmd: "true" } }],
    ["cloudConfig.users[1]", { cloudConfig: { users: ["default", "tenant-app"] } }],
    [
      "cloudConfig.write_files[0].path",
      { cloudConfig: { write_files: [{ path: "/etc/tenant-edge/host.env", content: "" }] } },
    ],
  ])("have a bad %s refused: %j", (key, host) => {
    expect(paths(host).map((path) => path.replace(`${HOST}.`, ""))).toEqual([key]);
  });

  it.each([4, "4"])("take the number of an IP version with and without quotes: %j", (edgeIpVersion) => {
    expect(problems({ edgeIpVersion })).toEqual([]);
  });
});
