import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { temporaryFiles } from "./tools.ts";

const FETCH_PARAMETER = scriptText("fetch-parameter");
const INSTALL_CLOUDFLARED = scriptText("install-cloudflared");
const VALUE = "canary-value";

function scriptText(name: string): string {
  return readFileSync(new URL(`../../host/files/${name}.sh`, import.meta.url), "utf8");
}

/** A folder for a script to work in, with stand-ins for programs that write down how they are called. */
class Workbench {
  readonly folder: string;
  readonly programs: string;

  constructor(programs: Record<string, string>) {
    this.folder = temporaryFiles({ calls: "" });
    this.programs = join(this.folder, "programs");
    mkdirSync(this.programs);
    for (const [name, body] of Object.entries(programs)) this.program(join(this.programs, name), body);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  program(path: string, body: string): void {
    const line = 'echo "$(basename "$0") $*" >>"$CALLS"';
    writeFileSync(path, `#!/bin/sh\n${line}\n${body}\n`);
    chmodSync(path, 0o755);
  }

  /** Runs a script's text under sh, as systemd would with arguments. */
  async run(script: string, ...words: string[]) {
    const { all, exitCode } = await execa("/bin/sh", ["-s", "--", ...words], {
      input: script,
      all: true,
      reject: false,
      env: {
        PATH: [this.programs, process.env["PATH"]].join(delimiter),
        CALLS: this.path("calls"),
        FOLDER: this.folder,
      },
    });
    return { output: all, exitCode };
  }

  /** The arguments of every call of a program, in order. */
  calls(program: string): string[] {
    return readFileSync(this.path("calls"), "utf8")
      .split("\n")
      .filter((line) => line.startsWith(`${program} `))
      .map((line) => line.slice(program.length + 1));
  }

  /** What the script has left, without what the test put there. */
  get left(): string[] {
    return readdirSync(this.folder).filter((name) => name !== "calls" && name !== "programs");
  }
}

const modeOf = (path: string) => statSync(path).mode & 0o777;

describe.runIf(process.platform !== "win32")("fetch-parameter", () => {
  /** @param aws what stands for the command line, after its call is written down */
  const bench = (aws: string) => new Workbench({ aws, chown: "", sleep: "" });
  const fetch = (where: Workbench) =>
    where.run(FETCH_PARAMETER, "eu-west-1", "/p/acme/token", where.path("token"), "cloudflared");
  /** Fails, or answers with nothing, until as many calls have been made. */
  const after = (calls: number, refusal: string) =>
    `if [ "$(grep -c '^aws ' "$CALLS")" -lt ${calls} ]; then ${refusal}; fi\necho ${VALUE}`;

  it("asks for the decrypted value of the parameter in its region", async () => {
    const where = bench(`echo ${VALUE}`);
    expect(await fetch(where)).toMatchObject({ exitCode: 0 });
    expect(where.calls("aws")).toEqual([
      "ssm get-parameter --region eu-west-1 --name /p/acme/token --with-decryption " +
        "--query Parameter.Value --output text",
    ]);
  });

  it("leaves the value in a file that only its owner may read, and nothing else", async () => {
    const where = bench(`echo ${VALUE}`);
    await fetch(where);
    expect(readFileSync(where.path("token"), "utf8")).toBe(`${VALUE}\n`);
    expect(modeOf(where.path("token"))).toBe(0o400);
    expect(where.calls("chown")).toEqual([`cloudflared ${where.path("token.fresh")}`]);
    expect(where.left).toEqual(["token"]);
  });

  it("never has the value in a file that others may read", async () => {
    const where = bench(`stat -c %a "$FOLDER/token.fresh" 2>/dev/null >"$FOLDER/mode" || stat -f %Lp \\
      "$FOLDER/token.fresh" >"$FOLDER/mode"\necho ${VALUE}`);
    await fetch(where);
    expect(readFileSync(where.path("mode"), "utf8").trim()).toBe("600");
  });

  it("replaces an older value in one step, so that nobody reads half of one", async () => {
    const where = bench(`echo ${VALUE}`);
    writeFileSync(where.path("token"), "older", { mode: 0o400 });
    const before = statSync(where.path("token")).ino;
    expect(await fetch(where)).toMatchObject({ exitCode: 0 });
    expect(statSync(where.path("token")).ino).not.toBe(before);
    expect(readFileSync(where.path("token"), "utf8")).toBe(`${VALUE}\n`);
  });

  it.each([
    ["refusals", "exit 254"],
    ["empty answers", "exit 0"],
    ["answers that break off", `echo ${VALUE}; exit 1`],
  ])("tries again after %s", async (_, refusal) => {
    const where = bench(after(4, refusal));
    expect(await fetch(where)).toMatchObject({ exitCode: 0 });
    expect(where.calls("sleep")).toEqual(["1", "2", "4"]);
    expect(readFileSync(where.path("token"), "utf8")).toBe(`${VALUE}\n`);
  });

  it("gives up after twelve attempts, pausing half a minute at most, and leaves no file", async () => {
    const where = bench("echo AccessDeniedException >&2; exit 254");
    const { output, exitCode } = await fetch(where);
    expect(exitCode).toBe(1);
    expect(where.calls("aws")).toHaveLength(12);
    expect(where.calls("sleep").slice(0, 11)).toEqual(["1", "2", "4", "8", "16", ...Array(6).fill("30")]);
    expect(output).toMatch(/AccessDeniedException[\s\S]*\/p\/acme\/token could not be read/);
    expect(where.left).toEqual([]);
  });

  it("keeps the older value when it gives up", async () => {
    const where = bench("exit 254");
    writeFileSync(where.path("token"), "older", { mode: 0o400 });
    await fetch(where);
    expect(readFileSync(where.path("token"), "utf8")).toBe("older");
  });

  it("fails and leaves no file when the owner does not exist", async () => {
    const where = new Workbench({ aws: `echo ${VALUE}`, chown: "exit 1", sleep: "" });
    expect((await fetch(where)).exitCode).not.toBe(0);
    expect(where.left).toEqual([]);
  });

  it.each([
    ["it succeeds", `echo ${VALUE}`],
    ["it has to try again", after(3, `echo ${VALUE}; exit 1`)],
    ["it gives up", `echo ${VALUE}; exit 1`],
  ])("never prints the value when %s", async (_, aws) => {
    expect((await fetch(bench(aws))).output).not.toContain(VALUE);
  });
});

describe.runIf(process.platform !== "win32")("install-cloudflared", () => {
  const RELEASE_URL = "https://example.com/cloudflared-linux-arm64";
  const RELEASE = "#!/bin/sh\necho the release\n";
  const SHA256 = createHash("sha256").update(RELEASE).digest("hex");
  /** Writes the release to where curl's `--output` says. */
  const DOWNLOAD = `while [ "$1" != --output ]; do shift; done\nprintf '#!/bin/sh\\necho the release\\n' >"$2"`;

  /** macOS has the program under another name only. */
  const SHA256SUM: Record<string, string> =
    process.platform === "darwin" ? { sha256sum: 'exec shasum -a 256 "$@"' } : {};

  const bench = (curl = DOWNLOAD) => new Workbench({ curl, ...SHA256SUM });
  const install = (where: Workbench, sha256 = SHA256) => {
    const script = INSTALL_CLOUDFLARED.replaceAll("/usr/local/bin/cloudflared", where.path("cloudflared"));
    expect(script).not.toContain("=/usr/local/bin");
    return where.run(script, "2026.10.0", sha256, RELEASE_URL);
  };
  const installed = (where: Workbench, version: string) =>
    where.program(where.path("cloudflared"), `echo "cloudflared version ${version} (built 2026-10-01)"`);

  it("downloads the release and puts it in place for everyone to run", async () => {
    const where = bench();
    expect(await install(where)).toMatchObject({ exitCode: 0, output: "" });
    expect(where.calls("curl").map((call) => call.split(" ").at(-1))).toEqual([RELEASE_URL]);
    expect(readFileSync(where.path("cloudflared"), "utf8")).toBe(RELEASE);
    expect(modeOf(where.path("cloudflared"))).toBe(0o755);
    expect(where.left).toEqual(["cloudflared"]);
  });

  it("speaks HTTPS only", async () => {
    const where = bench();
    await install(where);
    expect(where.calls("curl")[0]).toContain("--proto =https");
  });

  it("downloads nothing when the version is there", async () => {
    const where = bench();
    installed(where, "2026.10.0");
    expect(await install(where)).toMatchObject({ exitCode: 0 });
    expect(where.calls("curl")).toEqual([]);
  });

  it.each(["2026.9.0", "2026.10.01", "12026.10.0"])("replaces version %s", async (version) => {
    const where = bench();
    installed(where, version);
    expect(await install(where)).toMatchObject({ exitCode: 0 });
    expect(readFileSync(where.path("cloudflared"), "utf8")).toBe(RELEASE);
  });

  it("replaces the binary in one step, so that a running one is never written to", async () => {
    const where = bench();
    installed(where, "2026.9.0");
    const before = statSync(where.path("cloudflared")).ino;
    await install(where);
    expect(statSync(where.path("cloudflared")).ino).not.toBe(before);
  });

  it("refuses a file with another SHA-256, and leaves nothing of it", async () => {
    const where = bench();
    const { output, exitCode } = await install(where, "0".repeat(64));
    expect(exitCode).toBe(1);
    expect(output).toContain(`${RELEASE_URL} does not have the expected SHA-256 ${"0".repeat(64)}`);
    expect(where.left).toEqual([]);
  });

  it("keeps the older version when it refuses a file", async () => {
    const where = bench();
    installed(where, "2026.9.0");
    await install(where, "0".repeat(64));
    expect(readFileSync(where.path("cloudflared"), "utf8")).toContain("2026.9.0");
    expect(where.left).toEqual(["cloudflared"]);
  });

  it("leaves nothing of a download that breaks off", async () => {
    const where = bench(`${DOWNLOAD}\nexit 18`);
    expect((await install(where)).exitCode).toBe(18);
    expect(existsSync(where.path("cloudflared"))).toBe(false);
    expect(where.left).toEqual([]);
  });
});
