import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse, parseDocument } from "yaml";
import { prepareProject } from "../../../sandbox/project/prepareProject.ts";
import { temporaryFolder } from "../engine/temporaryFolder.ts";

const PROJECT =
  "name: shop\nmain: src/index.ts # the program\nruntime: nodejs\nbackend:\n  url: s3://real-state\n";
const STAGING = "# Three tenants.\nconfig:\n  # The zone.\n  shop:zone: example.com\n  shop:note: first\n";

/** A throw-away checkout, under git as a user's is, with the sandbox's folder inside it. */
function checkoutWith(staging = STAGING) {
  const checkout = temporaryFolder();
  const folder = join(checkout, ".sandbox");
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", ...args], {
      cwd: checkout,
      encoding: "utf8",
    });
  const write = (file: string, text: string) => writeFileSync(join(checkout, file), text);
  write(".gitignore", ".sandbox/\n");
  write("Pulumi.yaml", PROJECT);
  write("Pulumi.staging.yaml", staging);
  const project = join(folder, "project");
  return {
    checkout,
    folder,
    write,
    commit: () => {
      git("init", "--quiet");
      git("add", "-A");
      git("commit", "--quiet", "-m", "start");
    },
    status: () => git("status", "--porcelain"),
    prepare: () => prepareProject({ checkout, folder }),
    copy: (file = "Pulumi.staging.yaml") => readFileSync(join(project, file), "utf8"),
    config: () => (parse(readFileSync(join(project, "Pulumi.staging.yaml"), "utf8")) as Settings).config,
    /** What `pulumi config set` and `stack init` do to the copy. */
    edit: (path: string[], value: unknown) => {
      const file = join(project, "Pulumi.staging.yaml");
      const document = parseDocument(readFileSync(file, "utf8"));
      document.setIn(path, value);
      writeFileSync(file, document.toString());
    },
    asides: () =>
      readdirSync(project)
        .filter((file) => file.endsWith(".bak"))
        .map((file) => readFileSync(join(project, file), "utf8")),
  };
}

interface Settings {
  readonly config: Record<string, unknown>;
}

describe("prepareProject", () => {
  it("points the project at the checkout's program and at no backend of its own", async () => {
    const user = checkoutWith();
    const { directory } = await user.prepare();

    expect(parse(readFileSync(join(directory, "Pulumi.yaml"), "utf8"))).toEqual({
      name: "shop",
      main: join(user.checkout, "src", "index.ts"),
      runtime: "nodejs",
    });
  });

  it("copies every stack file with its comments", async () => {
    const user = checkoutWith();
    user.write("Pulumi.prod.yaml", "config:\n  shop:zone: example.org # the real one\n");
    await user.prepare();

    expect(user.copy()).toContain("# The zone.");
    expect(user.copy("Pulumi.prod.yaml")).toContain("# the real one");
  });

  it("keeps what the user set in the sandbox from one command to the next", async () => {
    const user = checkoutWith();
    await user.prepare();
    user.edit(["config", "shop:note"], "mine");
    const { notices } = await user.prepare();

    expect(user.config()["shop:note"]).toBe("mine");
    expect(notices).toEqual([]);
  });

  it("takes over what changes in the checkout, and keeps the sandbox's own encryption", async () => {
    const user = checkoutWith();
    await user.prepare();
    user.edit(["encryptionsalt"], "v1:sandbox");
    user.write("Pulumi.staging.yaml", STAGING.replace("first", "second"));
    const { notices } = await user.prepare();

    expect(parse(user.copy())).toMatchObject({
      encryptionsalt: "v1:sandbox",
      config: { "shop:note": "second" },
    });
    expect(notices).toEqual([]);
    expect(user.asides()).toEqual([]);
  });

  it("keeps the user's version aside, and says where, when both sides changed", async () => {
    const user = checkoutWith();
    await user.prepare();
    user.edit(["config", "shop:note"], "mine");
    user.write("Pulumi.staging.yaml", STAGING.replace("first", "second"));
    const { notices, directory } = await user.prepare();

    expect(user.config()["shop:note"]).toBe("second");
    expect(user.asides()).toEqual([expect.stringContaining("mine")]);
    expect(notices).toEqual([expect.stringContaining(join(directory, "Pulumi.staging.yaml.1.bak"))]);
  });

  it("leaves out what only the real stack's key can decrypt, and says how to give a value", async () => {
    const user = checkoutWith(
      "encryptionsalt: v1:real\nconfig:\n  shop:key:\n    secure: v1:secret\n  shop:zone: example.com\n",
    );
    const { notices } = await user.prepare();

    expect(parse(user.copy())).toEqual({ config: { "shop:zone": "example.com" } });
    expect(notices).toEqual([expect.stringContaining("config set --secret --path 'shop:key'")]);
  });

  it("keeps the sandbox's own secret in the place of one it cannot decrypt", async () => {
    const original = "config:\n  shop:key:\n    secure: v1:secret\n  shop:note: first\n";
    const user = checkoutWith(original);
    await user.prepare();
    user.edit(["config", "shop:key"], { secure: "v1:own" });
    user.write("Pulumi.staging.yaml", original.replace("first", "second"));
    await user.prepare();

    expect(user.config()).toEqual({ "shop:key": { secure: "v1:own" }, "shop:note": "second" });
  });

  it("names the file and the line of YAML that cannot be read, and leaves the copy as it was", async () => {
    const user = checkoutWith();
    await user.prepare();
    const before = user.copy();
    user.write("Pulumi.staging.yaml", "config:\n  a: [1\nb: 2\n");

    await expect(user.prepare()).rejects.toThrow(/Pulumi\.staging\.yaml is not valid YAML: .* line 3/);
    expect(user.copy()).toBe(before);
  });

  it("leaves git status clean, whatever is changed on the sandbox's side", async () => {
    const user = checkoutWith();
    user.commit();
    await user.prepare();
    user.edit(["encryptionsalt"], "v1:sandbox");
    user.edit(["config", "shop:zone"], "example.net");
    await user.prepare();

    expect(user.status()).toBe("");
  });

  it("writes nothing into the checkout and loses nothing, in any order of edits", async () => {
    const step = fc.oneof(
      fc.record({ side: fc.constant("checkout"), key: fc.constantFrom("zone", "note", "other") }),
      fc.record({ side: fc.constant("sandbox"), key: fc.constantFrom("zone", "note", "own") }),
      fc.record({ side: fc.constant("command"), key: fc.constant("") }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const user = checkoutWith();
        await user.prepare();
        user.edit(["encryptionsalt"], "v1:sandbox");
        const original = parseDocument(STAGING);
        const written: string[] = [];
        for (const [index, { side, key }] of [...steps, { side: "command", key: "" }].entries()) {
          const value = `${side}-${index}`;
          if (side === "checkout") {
            original.setIn(["config", `shop:${key}`], value);
            user.write("Pulumi.staging.yaml", original.toString());
          } else if (side === "sandbox") {
            const replaced = user.config()[`shop:${key}`];
            written.splice(0, written.length, ...written.filter((earlier) => earlier !== replaced), value);
            user.edit(["config", `shop:${key}`], value);
          } else {
            const before = readFileSync(join(user.checkout, "Pulumi.staging.yaml"), "utf8");
            await user.prepare();
            expect(readFileSync(join(user.checkout, "Pulumi.staging.yaml"), "utf8")).toBe(before);
            expect(readdirSync(user.checkout).sort()).toEqual(
              [".gitignore", ".sandbox", "Pulumi.staging.yaml", "Pulumi.yaml"].sort(),
            );
            const kept = [user.copy(), ...user.asides()].join("\n");
            for (const own of written) expect(kept).toContain(own);
            expect(user.copy()).toContain("encryptionsalt: v1:sandbox");
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it("serves two commands that start together", async () => {
    const user = checkoutWith();
    mkdirSync(user.folder);

    const [first, second] = await Promise.all([user.prepare(), user.prepare()]);

    expect(second).toEqual(first);
    expect(user.config()["shop:zone"]).toBe("example.com");
  });
});
