/** `tenant-edge service-token`, and `tenant-edge serve` as a process that is stopped. */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findCaller, parseTokens } from "../../service/auth/tokens.ts";
import { projectFolder, runFake } from "./fakeCli.ts";

describe("service-token", () => {
  it("prints the token once, and what recognises it", async () => {
    const { stdout, stderr, exitCode } = await runFake(["service-token", "hub", "--scopes", "read,operate"]);
    expect(exitCode).toBe(0);
    const entries = parseTokens(stderr.slice(stderr.indexOf("\n") + 1), "stderr");
    expect(findCaller(entries, stdout.trim(), new Date())).toEqual({
      name: "hub",
      scopes: ["read", "operate"],
    });
    expect(stderr).not.toContain(stdout.trim());
  });

  it("adds the entry to the file of tokens, which nobody else may read", async () => {
    const directory = projectFolder();
    const file = join(directory, "tokens.yaml");
    const make = (name: string) =>
      runFake(["service-token", name, "--scopes", "secrets", "--file", "tokens.yaml", "--json"], {
        directory,
      });
    await make("one");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    writeFileSync(file, readFileSync(file, "utf8").trimEnd());
    const { stdout } = await make("two");
    const entries = parseTokens(readFileSync(file, "utf8"), file);
    expect(entries.map(({ name }) => name)).toEqual(["one", "two"]);
    const { token } = JSON.parse(stdout) as { token: string };
    expect(findCaller(entries, token, new Date())?.name).toBe("two");

    writeFileSync(file, "name: one\n");
    expect(await make("three")).toMatchObject({ exitCode: 2 });
    expect(readFileSync(file, "utf8")).toBe("name: one\n");
  });

  it("takes all tokens of a name out of the file, and leaves the others as they are written", async () => {
    const directory = projectFolder();
    const file = join(directory, "tokens.yaml");
    const command = (...args: string[]) =>
      runFake(["service-token", ...args, "--file", "tokens.yaml"], { directory });
    for (const name of ["one", "two", "one"]) await command(name, "--scopes", "read");
    writeFileSync(file, `# Who calls us.\n\n${readFileSync(file, "utf8")}`);
    expect(await command("one", "--revoke")).toMatchObject({
      exitCode: 0,
      stderr: "2 tokens of one revoked.\n",
    });
    const left = readFileSync(file, "utf8");
    expect(parseTokens(left, file).map(({ name }) => name)).toEqual(["two"]);
    expect(left).toContain("# Who calls us.");
    expect(statSync(file).mode & 0o777).toBe(0o600);

    const again = await command("one", "--revoke");
    expect(again).toMatchObject({ exitCode: 2 });
    expect(again.stderr).toContain("has no token named one; nothing was revoked.");
    expect(again.stderr).toContain("It has two.");
    expect(readFileSync(file, "utf8")).toBe(left);
    await command("two", "--revoke");
    expect(parseTokens(readFileSync(file, "utf8"), file)).toEqual([]);
  });

  it.each([
    ["hub", "Name them with --scopes: read, operate, secrets."],
    ["hub --revoke", "Name it with --file."],
    ["hub --scopes read,write", "scopes.1: "],
    ["hub! --scopes read", "name: "],
    ["hub --scopes read --not-after tomorrow", "notAfter: "],
  ])("refuses %s", async (line, problem) => {
    const { exitCode, stderr, stdout } = await runFake(["service-token", ...line.split(" ")]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain(problem);
  });
});

describe("serve", () => {
  it("does not start without tokens, and lets go of the operations", async () => {
    const { exitCode, stderr, opened, closed } = await runFake(["serve", "--port", "0"]);
    expect(exitCode).toBe(6);
    expect(stderr).toContain("The service does not start without tokens.");
    expect(opened).toMatchObject([{ stack: "prod", surface: "service" }]);
    expect(closed).toBe(1);
  });

  it.each([
    ["--port", ["70000", "-1", "80.5", "", "0x50"], "a whole number from 0 to 65535"],
    ["--wait-seconds", ["0", "3601", "1e9"], "a whole number from 1 to 3600"],
    ["--drain-seconds", ["-1", "3601"], "a whole number from 0 to 3600"],
    ["--trusted-proxies", ["-1", "11", "all"], "a whole number from 0 to 10"],
    ["--base-path", ["staging", "/staging/", "//x", "/a b", '/"x', "/"], "a path such as /staging"],
  ])("refuses a %s out of bounds, and says what is allowed", async (flag, values, allowed) => {
    for (const value of values) {
      const run = await runFake(["serve", flag, value, "--json"]);
      expect(run, value).toMatchObject({ exitCode: 2, opened: [] });
      const { error } = JSON.parse(run.stdout) as { error: { message: string } };
      expect(error.message).toContain(`'${flag} <`);
      expect(error.message).toContain(`'${value}' is invalid. It has to be ${allowed}`);
    }
  });

  it.each([
    "--port 65535 --wait-seconds 1 --drain-seconds 0 --trusted-proxies 0",
    "--port 0 --wait-seconds 3600 --drain-seconds 3600 --trusted-proxies 10 --base-path /a.b/~c_-1",
  ])("takes %s", async (line) => {
    // It comes as far as the tokens, which are missing.
    expect((await runFake(["serve", ...line.split(" ")])).exitCode).toBe(6);
  });
});
