/** What user data says, for every combination of settings; and what cloud-init makes of it. */
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { BUCKET_VARIABLES } from "../../bucket/credentials.ts";
import { renderUserData } from "../../host/userData.ts";
import { documentOf, filesBelow, textOf } from "./document.ts";
import { ALL_SPECS, APP_UNIT, PAIRWISE_SPECS, SPEC } from "./specs.ts";
import { hasTool, temporaryFiles } from "./tools.ts";

const UNITS = "/etc/systemd/system";
const CONNECTOR = `${UNITS}/cloudflared@.service`;

/** Descriptions of the specs for which it does not hold. */
function exceptions(holds: (spec: (typeof ALL_SPECS)[number][1]) => boolean): string[] {
  return ALL_SPECS.filter(([, spec]) => !holds(spec)).map(([name]) => name);
}

describe("user data for every combination of settings", () => {
  it("gives nobody but root a file to write", () => {
    const files = ALL_SPECS.flatMap(([, spec]) => documentOf(spec).files);
    const open = files.filter(({ owner, mode }) => owner !== "root:root" || (mode & 0o022) !== 0);
    expect(open).toEqual([]);
  });

  it("writes no file twice", () => {
    const twice = exceptions((spec) => {
      const paths = documentOf(spec).files.map(({ path }) => path);
      return new Set(paths).size === paths.length;
    });
    expect(twice).toEqual([]);
  });

  it("starts units that it writes, besides the agent of Systems Manager", () => {
    for (const [name, spec] of ALL_SPECS) {
      const document = documentOf({ ...spec, cloudConfig: {} });
      const written = filesBelow(document, UNITS).map(([path]) => path);
      const started = document.commands
        .flatMap((command) => (Array.isArray(command) ? command : []))
        .filter((word) => /\.(service|timer)$/.test(word) && word !== "amazon-ssm-agent.service");
      expect([name, started.filter((unit) => !written.includes(unit))]).toEqual([name, []]);
    }
  });

  it("never has a token on a command line", () => {
    expect(exceptions((spec) => !/--token[ =]/.test(JSON.stringify(documentOf(spec).files)))).toEqual([]);
  });

  it("names only programs that it writes or that the image has", () => {
    const IMAGE = new Set(["/bin/bash", "/usr/bin/docker", "/usr/bin/systemctl"]);
    const named = ALL_SPECS.flatMap(([, spec]) => {
      const document = documentOf(spec);
      const own = new Set([...document.files.map(({ path }) => path), "/usr/local/bin/cloudflared"]);
      return filesBelow(document, UNITS)
        .flatMap(([, text]) =>
          [...text.matchAll(/^Exec\w+=[-+!:@]*(\/\S+)/gm)].map(([, program = ""]) => program),
        )
        .filter((program) => !own.has(program) && !IMAGE.has(program));
    });
    expect(named).toEqual([]);
  });

  it("is the same text for the same spec, in whichever order its variables come", () => {
    const environment = { B: "2", A: "1", C: "3" };
    const reversed = Object.fromEntries(Object.entries(environment).reverse());
    expect(renderUserData({ ...SPEC, environment: reversed })).toBe(renderUserData({ ...SPEC, environment }));
  });

  it("is another text for another replica, which reports elsewhere, and in nothing else", () => {
    const other = renderUserData({ ...SPEC, reportParameter: `${SPEC.reportParameter}-4` });
    expect(other).not.toBe(renderUserData(SPEC));
    expect(other.replace("host-report-4", "host-report")).toBe(renderUserData(SPEC));
  });
});

describe.each(PAIRWISE_SPECS)("%s", (_, spec) => {
  it.runIf(hasTool("cloud-init"))("is a cloud-config that cloud-init finds nothing wrong with", async () => {
    const folder = temporaryFiles({ "user-data": renderUserData(spec) });
    const file = join(folder, "user-data");
    const { stdout, stderr } = await execa("cloud-init", ["schema", "--config-file", file]);
    // It ends with 0 in spite of what is deprecated, but says so.
    expect({ stdout, stderr }).toEqual({ stdout: `Valid cloud-config: ${file}`, stderr: "" });
  });
});

it.runIf(hasTool("cloud-init"))("cloud-init finds what is wrong", async () => {
  const folder = temporaryFiles({
    unknown: renderUserData(SPEC).replace("permissions:", "permission:"),
    deprecated: `${renderUserData(SPEC)}apt_update: true\n`,
  });
  const check = (name: string) =>
    execa("cloud-init", ["schema", "--config-file", join(folder, name)], { reject: false, all: true });
  expect(await check("unknown")).toMatchObject({ exitCode: 1 });
  expect((await check("deprecated")).all).toMatch(/deprecat/i);
});

describe("user data", () => {
  const host = (spec = SPEC) => textOf(documentOf(spec), "/etc/tenant-edge/host.env");

  it("names the tenant's parameters and the host's report, and no value", () => {
    const path = "/tenant-edge/prod/acme";
    expect(host()).toContain(`\nPARAMETERS="${path}/tunnel-token ${path}/bucket-environment"\n`);
    expect(host()).toContain(`\nREPORT_PARAMETER="${path}/host-report"\n`);
    expect(host({ ...SPEC, hasBucket: false })).toContain(`\nPARAMETERS="${path}/tunnel-token"\n`);
  });

  it("fetches the release for the instance's architecture, with its checksum", () => {
    const [arm, amd] = [host(), host({ ...SPEC, instanceType: "c7i.large" })];
    expect(arm).toMatch(/^CLOUDFLARED_URL="https:\/\/github\.com\/.*\/cloudflared-linux-arm64"$/m);
    expect(amd).toMatch(/^CLOUDFLARED_URL="https:\/\/github\.com\/.*\/cloudflared-linux-amd64"$/m);
    const sum = /^CLOUDFLARED_SHA256="([0-9a-f]{64})"$/m;
    expect(sum.exec(arm)?.[1]).not.toBe(sum.exec(amd)?.[1]);
  });

  it("fetches it from a mirror, with the same checksum", () => {
    const mirrored = host({ ...SPEC, cloudflaredMirror: "https://mirror.example.com/x" });
    expect(mirrored).toMatch(
      /^CLOUDFLARED_URL="https:\/\/mirror\.example\.com\/x\/\d+\.\d+\.\d+\/cloudflared-linux-arm64"$/m,
    );
    const withoutUrl = (text: string) => text.replace(/^CLOUDFLARED_URL=.*\n/m, "");
    expect(withoutUrl(mirrored)).toBe(withoutUrl(host()));
  });

  it("has the connector's options on its command line", () => {
    const unit = (connector: typeof SPEC.connector) => textOf(documentOf({ ...SPEC, connector }), CONNECTOR);
    expect(unit(SPEC.connector)).toMatch(/ --protocol auto --edge-ip-version 4 --grace-period /);
    const other = { protocol: "http2", edgeIpVersion: "6", edgeRegion: "us" } as const;
    expect(unit(other)).toMatch(/ --protocol http2 --edge-ip-version 6 --region us --grace-period /);
    expect(host({ ...SPEC, connector: other })).toContain('\nEDGE_HOST="us-region1.v2.argotunnel.com"\n');
  });

  it("has the connector's token from a credential, on loopback metrics, without self-updates", () => {
    const unit = textOf(documentOf(SPEC), CONNECTOR);
    expect(unit).toContain("\nLoadCredential=token:/run/tenant-edge/secrets/tunnel-token\n");
    expect(unit).toMatch(
      /^ExecStart=\S+ --no-autoupdate tunnel --metrics 127\.0\.0\.1:%i .* --token-file %d\/token$/m,
    );
    expect(unit).toMatch(/^DynamicUser=yes$/m);
  });

  it("has the app's variables", () => {
    const environment = { LOG_LEVEL: "info", API_URL: "https://api.example.com/?a=b" };
    expect(textOf(documentOf({ ...SPEC, environment }), "/etc/tenant-edge/app.env")).toBe(
      'API_URL="https://api.example.com/?a=b"\nLOG_LEVEL="info"\n',
    );
  });

  it("gives a container its variables by their names alone", () => {
    const container = { image: "ghcr.io/acme/app:1", port: 9000 };
    const document = documentOf({ ...SPEC, environment: { LOG_LEVEL: "canary" }, app: { container } });
    const unit = textOf(document, `${UNITS}/tenant-edge-app.service`);
    expect(unit).not.toContain("canary");
    const passed = [...unit.matchAll(/ --env (\S+)/g)].map(([, name]) => name);
    expect(passed).toEqual(["LOG_LEVEL", ...BUCKET_VARIABLES].sort());
    expect(unit).toMatch(/ --publish 127\.0\.0\.1:9000:9000 /);
    expect(host({ ...SPEC, app: { container } })).toContain('APP_UNIT="tenant-edge-app.service"\n');
  });

  it("adds the variables and the credentials to a unit of the image, and starts that one", () => {
    const app = { unit: APP_UNIT };
    const dropIn = (hasBucket: boolean) =>
      textOf(documentOf({ ...SPEC, hasBucket, app }), `${UNITS}/${APP_UNIT}.d/tenant-edge.conf`);
    expect(dropIn(true)).toContain("EnvironmentFile=/run/tenant-edge/app/bucket.env\n");
    expect(dropIn(false)).not.toContain("bucket.env");
    expect(host({ ...SPEC, app })).toContain(`APP_UNIT="${APP_UNIT}"\n`);
  });

  it.each([
    [true, "enable"],
    [false, "disable"],
  ])("with sessions %s: has Systems Manager's agent %sd", (sessionManager, verb) => {
    const { commands } = documentOf({ ...SPEC, sessionManager });
    expect(commands).toContainEqual(["systemctl", verb, "--now", "amazon-ssm-agent.service"]);
  });
});
