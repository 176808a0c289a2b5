/** The scripts as they go to a host: packed from `host/files/`, and read by real shells and shellcheck. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { withoutComments } from "../../host/scriptText.ts";
import { documentOf, filesBelow } from "./document.ts";
import { ALL_SPECS, SPEC } from "./specs.ts";
import { hasTool, temporaryFiles } from "./tools.ts";

const ROOT = join(import.meta.dirname, "../..");
const SOURCES = Object.fromEntries(
  readdirSync(join(ROOT, "host/files")).map((file) => [
    file === "state.sh" ? file : file.replace(/\.sh$/, ""),
    readFileSync(join(ROOT, "host/files", file), "utf8"),
  ]),
);
const SCRIPTS = Object.fromEntries(filesBelow(documentOf(SPEC), "/usr/local/libexec/tenant-edge"));

describe("the scripts of a host", () => {
  it("are those of host/files without their comments, for every combination of settings", () => {
    const expected = Object.entries(SOURCES).map(([name, text]) => [name, withoutComments(text)]);
    for (const [, spec] of ALL_SPECS) {
      const written = filesBelow(documentOf(spec), "/usr/local/libexec/tenant-edge");
      expect(new Map(written)).toEqual(new Map(expected as [string, string][]));
    }
  });

  it("are executable, apart from what the others read", () => {
    const modes = documentOf(SPEC)
      .files.filter(({ path }) => path.startsWith("/usr/local/libexec/"))
      .map(({ path, mode }) => [path, mode]);
    expect(modes.filter(([, mode]) => mode !== 0o755)).toEqual([
      ["/usr/local/libexec/tenant-edge/state.sh", 0o644],
    ]);
  });

  it("name an interpreter first, and keep a # that begins no comment", () => {
    expect(withoutComments("#!/bin/bash\n# a\necho '#' # b\n  # c\n")).toBe("#!/bin/bash\necho '#' # b\n");
    for (const [name, text] of Object.entries(SCRIPTS)) {
      if (name !== "state.sh") expect([name, text.split("\n", 1)]).toEqual([name, ["#!/bin/bash"]]);
    }
  });

  it.each(
    Object.entries(SOURCES),
  )("%s has no text over several lines that a removed line would change", (_, text) => {
    // A comment's line inside of a here-document or of quotes would be part of a text.
    expect(text).not.toMatch(/<<-?['"\w]/);
  });

  it.runIf(process.platform !== "win32").each(Object.entries(SCRIPTS))(
    "%s is read by bash",
    async (_, text) => {
      await execa("bash", ["-n"], { input: text });
    },
  );
});

describe.runIf(hasTool("shellcheck"))("shellcheck", () => {
  async function shellcheck(files: Record<string, string>) {
    const folder = temporaryFiles(files);
    const { stdout, exitCode } = await execa(
      "shellcheck",
      ["--external-sources", "--severity=style", "--shell=bash", "--format=gcc", ...Object.keys(files)],
      { cwd: folder, reject: false },
    );
    return { stdout, exitCode };
  }

  it("finds nothing wrong with the scripts, comments and what they switch off included", async () => {
    expect(await shellcheck(SOURCES)).toEqual({ stdout: "", exitCode: 0 });
  });

  it("finds in the scripts as a host gets them only what their comments switch off", async () => {
    const codes = (text: string) => [...text.matchAll(/SC\d+/g)].map(([code]) => code);
    const switchedOff = Object.entries(SOURCES).flatMap(([name, text]) =>
      [...text.matchAll(/shellcheck disable=(\S+)/g)].flatMap(([, list = ""]) =>
        codes(list).map((code) => `${name} ${code}`),
      ),
    );
    const found = (await shellcheck(SCRIPTS)).stdout
      .split("\n")
      .flatMap((line) => codes(line).map((code) => `${line.split(":", 1)} ${code}`));
    expect(found.sort()).toEqual(switchedOff.sort());
  });

  it("finds a variable without quotes", async () => {
    const { stdout } = await shellcheck({ ...SCRIPTS, sync: "#!/bin/bash\nrm $1\n" });
    expect(stdout).toMatch(/^sync:2:\d+: note: Double quote/m);
  });
});

describe("packing the scripts", () => {
  const PACKED = readFileSync(join(ROOT, "host/packedScripts.json"), "utf8");

  /** Packs in a copy of the folder; returns what is there afterwards. */
  async function packIn(folder: string, sources: Record<string, string>): Promise<string> {
    const copy = temporaryFiles({
      "host/packedScripts.json": PACKED,
      ...Object.fromEntries(
        Object.entries(sources).map(([name, text]) => [`host/files/${name.replace(/\.sh$/, "")}.sh`, text]),
      ),
    });
    mkdirSync(join(copy, "scripts"));
    copyFileSync(join(ROOT, "host/scriptText.ts"), join(copy, "host/scriptText.ts"));
    copyFileSync(join(ROOT, "scripts/packHostScripts.ts"), join(copy, "scripts/packHostScripts.ts"));
    await execa(process.execPath, ["scripts/packHostScripts.ts"], { cwd: join(copy, folder) });
    return readFileSync(join(copy, "host/packedScripts.json"), "utf8");
  }

  it("changes no byte when no script has changed", async () => {
    expect(await packIn(".", SOURCES)).toBe(PACKED);
  });

  it("changes a script that has changed, and no other", async () => {
    const sync = `${SOURCES["sync"]}echo done\n`;
    const packed = JSON.parse(await packIn(".", { ...SOURCES, sync })) as Record<string, string>;
    const before = JSON.parse(PACKED) as Record<string, string>;
    expect(gunzipSync(Buffer.from(packed["sync"] ?? "", "base64")).toString()).toBe(withoutComments(sync));
    expect({ ...packed, sync: "" }).toEqual({ ...before, sync: "" });
  });
});
