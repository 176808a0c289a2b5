/** `tenant-edge pull` and `tenant-edge push` between a checkout and a shared list in a folder. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { projectFolder, runFake } from "./fakeCli.ts";

const HEAD = "config:\n  tenant-edge:tenantList: ";

/** Two checkouts of one shared list; the second has another tenant. */
function checkouts() {
  const [one, two] = [projectFolder(), projectFolder()];
  const shared = join(one, "shared");
  mkdirSync(shared);
  const url = pathToFileURL(shared).href;
  const write = (folder: string, ids: readonly string[]) => {
    const tenants = ids.map((id) => `    - id: ${id}\n`).join("");
    writeFileSync(join(folder, "Pulumi.prod.yaml"), `${HEAD}${url}\n  tenant-edge:tenants:\n${tenants}`);
  };
  write(one, ["acme", "globex"]);
  write(two, ["acme", "initech"]);
  return { one, two, write };
}

const read = (folder: string) => readFileSync(join(folder, "Pulumi.prod.yaml"), "utf8");

it("pushes, and pulls into another checkout after showing what differs", async () => {
  const { one, two } = checkouts();
  const pushed = await runFake(["push", "--yes"], { directory: one });
  expect(pushed).toMatchObject({ exitCode: 0, stderr: "+ acme\n+ globex\n" });
  expect(pushed.stdout).toMatch(/ is written\.\n$/);

  const looked = await runFake(["pull", "--dry-run", "--json", "--fail-when-found"], { directory: two });
  expect(looked.exitCode).toBe(7);
  expect(JSON.parse(looked.stdout)).toMatchObject({
    target: "Pulumi.prod.yaml",
    applied: false,
    differences: [
      { id: "globex", kind: "added" },
      { id: "initech", kind: "removed" },
    ],
  });
  const nobody = await runFake(["pull"], { directory: two });
  expect(nobody.exitCode).toBe(2);
  expect(nobody.stderr).toContain("+ globex\n- initech\n");
  expect((await runFake(["pull"], { directory: two, typed: ["n"] })).exitCode).toBe(130);
  expect(read(two)).toContain("initech");

  const agreed = await runFake(["pull"], { directory: two, typed: ["y"] });
  expect(agreed.exitCode).toBe(0);
  expect(agreed.stderr).toContain("Write this to Pulumi.prod.yaml? [y/N]");
  expect(read(two)).toContain("- id: globex");
  expect(read(two)).not.toContain("initech");
  const again = await runFake(["pull", "--fail-when-found"], { directory: two });
  expect(again).toMatchObject({ exitCode: 0, stderr: "Both lists have the same tenants.\n" });
});

it("refuses to undo what others have pushed, unless it is told to", async () => {
  const { one, two, write } = checkouts();
  await runFake(["push", "--yes"], { directory: one });
  await runFake(["pull", "--yes"], { directory: two });
  write(one, ["acme"]);
  await runFake(["push", "--yes"], { directory: one });
  write(two, ["acme", "globex", "hooli"]);
  const refused = await runFake(["push", "--yes", "--json"], { directory: two });
  expect(refused.exitCode).toBe(4);
  expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: "not-allowed-now" } });
  expect((await runFake(["push", "--yes", "--force"], { directory: two })).exitCode).toBe(0);
});

it("says how a list becomes a shared one", async () => {
  const run = await runFake(["push"], {});
  expect(run.exitCode).toBe(6);
  expect(run.stderr).toContain("set tenant-edge:tenantList");
});
