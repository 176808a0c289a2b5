import { basename, join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { renderUserData, type UserDataSpec } from "../../host/userData.ts";
import { type CloudConfig, parseCloudConfig } from "../../sandbox/hosts/cloudConfig.ts";
import { parseServiceUnit } from "../../sandbox/hosts/serviceUnit.ts";
import { hasTool, temporaryFiles } from "./tools.ts";

const SPEC: UserDataSpec = {
  region: "eu-west-1",
  parameterPath: "/tenant-edge/prod/acme",
  hasBucket: true,
  instanceType: "t4g.micro",
  environment: { LOG_LEVEL: "info", API_URL: "https://api.example.com/?a=b" },
};

/** Every shape that a document can have. */
const SPECS: [string, UserDataSpec][] = [
  ["arm64, with a bucket", SPEC],
  ["amd64, with a bucket", { ...SPEC, instanceType: "t3.micro" }],
  ["without a bucket", { ...SPEC, hasBucket: false }],
  ["without variables", { ...SPEC, environment: {} }],
];

function textOf({ files }: CloudConfig, path: string): string {
  const file = files.find((one) => one.path === path);
  if (file === undefined) throw new Error(`${path} is not written`);
  return file.content.toString("utf8");
}

function named(
  config: CloudConfig,
  matches: (path: string, text: string) => boolean,
): Record<string, string> {
  const found = config.files
    .map(({ path, content }) => [path, content.toString("utf8")] as const)
    .filter(([path, text]) => matches(path, text));
  if (found.length === 0) throw new Error("no file matches");
  return Object.fromEntries(found.map(([path, text]) => [basename(path), text]));
}

const units = (config: CloudConfig) => named(config, (path) => path.endsWith(".service"));
const scripts = (config: CloudConfig) => named(config, (_, text) => text.startsWith("#!"));

describe.each(SPECS)("user data for %s", (_, spec) => {
  const text = renderUserData(spec);
  const config = parseCloudConfig(text);

  it("is the same text for the same spec, in whichever order its variables come", () => {
    const reversed = Object.fromEntries(Object.entries(spec.environment).reverse());
    expect(renderUserData({ ...spec, environment: reversed })).toBe(text);
  });

  it("stays under 12 KB", () => expect(Buffer.byteLength(text)).toBeLessThan(12 * 1024));

  it("gives nobody but root a file to write, and every executable is root's", () => {
    for (const { path, owner, mode } of config.files)
      expect([path, owner, mode & 0o022]).toEqual([path, "root", 0]);
  });

  it("starts exactly the units that it writes", () => {
    const started = config.commands.flatMap((command) => (Array.isArray(command) ? command.slice(1) : []));
    expect(started.filter((word) => word.endsWith(".service")).sort()).toEqual(
      Object.keys(units(config)).sort(),
    );
  });

  it("has units without a setting that systemd would ignore", () => {
    for (const [name, unit] of Object.entries(units(config))) {
      expect(parseServiceUnit(name, unit)).toMatchObject({ name, warnings: [], installable: true });
    }
  });

  it.runIf(hasTool("systemd-analyze"))("has units that systemd finds nothing wrong with", async () => {
    // The programs are not on this machine; /bin/true stands for them.
    const withPrograms = Object.entries(units(config)).map(
      ([name, unit]) =>
        [name, unit.replaceAll(/^(Exec\w+=[+-]?)\/usr\/local\/\S+/gm, "$1/bin/true")] as const,
    );
    const folder = temporaryFiles(Object.fromEntries(withPrograms));
    const paths = withPrograms.map(([name]) => join(folder, name));
    // It ends with 0 in spite of unknown settings, but says so.
    const { stderr, exitCode } = await execa("systemd-analyze", ["verify", "--man=no", ...paths], {
      reject: false,
    });
    const own = stderr.split("\n").filter((line) => withPrograms.some(([name]) => line.includes(name)));
    expect({ exitCode, own }).toEqual({ exitCode: 0, own: [] });
  });

  it.runIf(hasTool("cloud-init"))("is a cloud-config that cloud-init finds nothing wrong with", async () => {
    const folder = temporaryFiles({ "user-data": text });
    const { stdout } = await execa("cloud-init", ["schema", "--config-file", join(folder, "user-data")]);
    expect(stdout).toMatch(/^Valid /);
  });

  it.runIf(process.platform !== "win32")("has scripts that a shell can read", async () => {
    for (const script of Object.values(scripts(config))) await execa("/bin/sh", ["-n"], { input: script });
  });

  it.runIf(hasTool("shellcheck"))("has scripts that shellcheck finds nothing wrong with", async () => {
    const files = scripts(config);
    const folder = temporaryFiles(files);
    const paths = Object.keys(files).map((name) => join(folder, name));
    const { stdout, exitCode } = await execa("shellcheck", ["--severity", "style", ...paths], {
      reject: false,
    });
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 0 });
  });
});

describe("user data", () => {
  it("names the parameters of the tenant's path and no value", () => {
    const config = parseCloudConfig(renderUserData(SPEC));
    expect(textOf(config, "/etc/systemd/system/cloudflared.service")).toContain(
      " eu-west-1 /tenant-edge/prod/acme/tunnel-token /run/cloudflared/token cloudflared\n",
    );
    expect(textOf(config, "/etc/systemd/system/tenant-edge-bucket-environment.service")).toContain(
      " eu-west-1 /tenant-edge/prod/acme/bucket-environment /run/tenant-edge/bucket.env root\n",
    );
  });

  it("never has the token on a command line", () => {
    expect(renderUserData(SPEC)).not.toMatch(/--token[ =]/);
  });

  it("fetches the release for the instance's architecture", () => {
    expect(renderUserData(SPEC)).toMatch(/cloudflared-linux-arm64$/m);
    expect(renderUserData({ ...SPEC, instanceType: "c7i.large" })).toMatch(/cloudflared-linux-amd64$/m);
  });

  it("has the app's variables and no credentials unit without a bucket", () => {
    const config = parseCloudConfig(renderUserData({ ...SPEC, hasBucket: false }));
    expect(textOf(config, "/etc/tenant-edge/app.env")).toBe(
      'API_URL="https://api.example.com/?a=b"\nLOG_LEVEL="info"\n',
    );
    expect(Object.keys(units(config))).toEqual(["cloudflared.service"]);
  });
});
