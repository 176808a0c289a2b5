/** What systemd makes of the units, for settings of which every two meet. */
import { accessSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import type { HostSpec } from "../../host/spec.ts";
import { documentOf, filesBelow } from "./document.ts";
import { APP_UNIT, PAIRWISE_SPECS, SPEC } from "./specs.ts";
import { hasTool, temporaryFiles } from "./tools.ts";

/** The instance whose metrics are on the first of the two ports. */
const CONNECTOR = "cloudflared@20241.service";

/** Highest exposure that `systemd-analyze security` may find, of 10. */
const MAXIMUM_EXPOSURE = 1.2;

function isHere(program: string): boolean {
  try {
    accessSync(program);
    return true;
  } catch {
    return false;
  }
}

/** The unit with `/bin/true` for programs that a host has and this machine has not. */
function withPrograms(text: string): string {
  return text.replaceAll(/^(Exec\w+=[-+!:@]*)(\/\S+)/gm, (all, start: string, program: string) =>
    isHere(program) ? all : `${start}/bin/true`,
  );
}

/** Units and drop-ins as they lie in their folder, and the image's own unit where one is named. */
function unitFiles(spec: HostSpec): Record<string, string> {
  const written = filesBelow(documentOf(spec), "/etc/systemd/system");
  const image = spec.app?.unit === undefined ? [] : [[APP_UNIT, "[Service]\nExecStart=/bin/true\n"] as const];
  return Object.fromEntries([...written, ...image].map(([name, text]) => [name, withPrograms(text)]));
}

function instancesOf(files: Record<string, string>): string[] {
  return Object.keys(files)
    .filter((name) => !name.includes("/"))
    .map((name) => name.replace("@.", "@20241."));
}

/** Its exit code and what it says about these units: it ends with 0 in spite of unknown settings. */
async function verify(files: Record<string, string>) {
  const folder = temporaryFiles(files);
  const units = instancesOf(files);
  const { stderr, exitCode } = await execa(
    "systemd-analyze",
    ["verify", "--man=no", ...units.map((name) => join(folder, name))],
    { reject: false },
  );
  const names = [folder, ...units, ...Object.keys(files)];
  const found = stderr.split("\n").filter((line) => names.some((name) => line.includes(name)));
  return { exitCode, found };
}

async function exposure(files: Record<string, string>, unit: string): Promise<number> {
  const folder = temporaryFiles(files);
  const { stdout } = await execa("systemd-analyze", [
    "security",
    "--offline=true",
    "--no-pager",
    join(folder, unit),
  ]);
  return Number(/exposure level for \S+: (\d+\.\d)/.exec(stdout)?.[1]);
}

describe.runIf(hasTool("systemd-analyze"))("systemd", () => {
  it.each(PAIRWISE_SPECS)("finds nothing wrong with the units of %s", async (_, spec) => {
    const files = unitFiles(spec);
    expect(instancesOf(files)).toContain(CONNECTOR);
    expect(await verify(files)).toEqual({ exitCode: 0, found: [] });
  });

  it.each(PAIRWISE_SPECS)("finds the connector little exposed in %s", async (_, spec) => {
    expect(await exposure(unitFiles(spec), CONNECTOR)).toBeLessThanOrEqual(MAXIMUM_EXPOSURE);
  });

  it("finds the connector exposed without its hardening", async () => {
    const files = unitFiles(SPEC);
    const bare = files["cloudflared@.service"]?.replaceAll(
      /^(Protect|Private|Restrict|System)\w+=.*\n/gm,
      "",
    );
    expect(await exposure({ ...files, "cloudflared@.service": bare ?? "" }, CONNECTOR)).toBeGreaterThan(
      MAXIMUM_EXPOSURE,
    );
  });

  it.each([
    "cloudflared@.service",
    "tenant-edge-sync.timer",
    `${APP_UNIT}.d/tenant-edge.conf`,
  ])("finds a misspelled setting in %s", async (name) => {
    const files = unitFiles({ ...SPEC, app: { unit: APP_UNIT } });
    const [misspelled, ...further] = (await verify({ ...files, [name]: `${files[name]}Usre=root\n` })).found;
    expect(misspelled).toMatch(/Unknown key.*Usre/);
    expect(further).toEqual([]);
  });
});
