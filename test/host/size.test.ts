/** Room in user data: what a stack file may ask for. */
import { describe, expect, it } from "vitest";
import { renderUserData, USER_DATA_BUDGET } from "../../host/userData.ts";
import { hostNames, tenantNames } from "../../naming/names.ts";
import { problemsOf, rawStack } from "../config/stacks.ts";
import { ALL_SPECS, SPEC } from "./specs.ts";

const ID = "a".repeat(63);
const ENVIRONMENT = "e".repeat(16);

/** The spec of a tenant with the longest names, whose host has one variable of this many characters. */
function specWith(characters: number) {
  return {
    ...SPEC,
    parameterPath: tenantNames(ENVIRONMENT, ID).parameterPath,
    reportParameter: hostNames(ENVIRONMENT, ID, 4).reportParameter,
    environment: { LONG: "x".repeat(characters) },
  };
}

const bytesWith = (characters: number) => Buffer.byteLength(renderUserData(specWith(characters)));

/** So long a variable makes user data of exactly this size. */
function charactersFor(bytes: number): number {
  const characters = bytes - bytesWith(0);
  expect(bytesWith(characters)).toBe(bytes);
  return characters;
}

function sizeProblems(host: object, origin: object = {}): string[] {
  const tenant = { id: ID, origin, host: { replicas: 4, ...host } };
  return problemsOf(rawStack([tenant], { environment: ENVIRONMENT }))
    .filter(({ path }) => path.includes("host"))
    .map(({ found, allowed }) => `${found}: ${allowed}`);
}

describe("the size of user data", () => {
  it("is below 12 KB for every combination of settings", () => {
    const sizes = ALL_SPECS.map(([, spec]) => Buffer.byteLength(renderUserData(spec)));
    expect(Math.max(...sizes)).toBeLessThan(USER_DATA_BUDGET);
    expect(USER_DATA_BUDGET).toBe(12 * 1024);
  });

  it("is refused in a stack file from the first byte above 12 KB", () => {
    const characters = charactersFor(USER_DATA_BUDGET);
    expect(sizeProblems({ environment: { LONG: "x".repeat(characters) } })).toEqual([]);
    expect(sizeProblems({ environment: { LONG: "x".repeat(characters + 1) } })).toEqual([
      expect.stringMatching(
        new RegExp(`environment.*${USER_DATA_BUDGET + 1} bytes of user data.*${USER_DATA_BUDGET} bytes`),
      ),
    ]);
  });

  it("is below 12 KB for every stack file that is not refused, however long its other settings are", () => {
    const app = { container: { image: `ghcr.io/${"i".repeat(245)}:1`, port: 65_535 } };
    const cloudflaredMirror = `https://example.com/${"m".repeat(180)}`;
    const variables = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`V${i}`, ""]));
    const hosts = Array.from({ length: 150 }, (_, count) => ({
      app,
      cloudflaredMirror,
      environment: variables(count),
      sessionManager: true,
      pollSeconds: 3600,
      protocol: "http2",
      edgeIpVersion: "auto",
      edgeRegion: "us",
    }));
    const refused = hosts.map((host) => sizeProblems(host, { service: "http://localhost:65535" }).length > 0);
    const sizes = hosts.map(({ app, cloudflaredMirror, environment }) =>
      Buffer.byteLength(
        renderUserData({
          ...specWith(0),
          app,
          cloudflaredMirror,
          appUrl: "http://localhost:65535",
          environment,
          sessionManager: true,
          pollSeconds: 3600,
          connector: { protocol: "http2", edgeIpVersion: "auto", edgeRegion: "us" },
        }),
      ),
    );
    expect(refused).toContain(false);
    expect(sizes.filter((bytes, index) => !refused[index] && bytes > USER_DATA_BUDGET)).toEqual([]);
  });

  const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) });
  it.each([
    ["cloud-config that is short in a stack file and long in YAML", { cloudConfig: { ntp: nested(100) } }],
    ["many short commands", { cloudConfig: { runcmd: Array.from({ length: 2000 }, () => "ls") } }],
    ["a mirror's URL", { cloudflaredMirror: `https://example.com/${"m".repeat(4000)}` }],
    ["a container's name", { app: { container: { image: `ghcr.io/${"i".repeat(4000)}:1` } } }],
    [
      "many variables",
      {
        environment: Object.fromEntries(Array.from({ length: 250 }, (_, i) => [`V${i}`, ""])),
        app: { container: { image: "a:1" } },
      },
    ],
  ])("is refused for %s", (_, host) => {
    expect(sizeProblems(host)).toHaveLength(1);
  });
});
