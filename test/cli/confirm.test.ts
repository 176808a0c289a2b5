/** What destroys data is not agreed to with a mere yes. */
import { describe, expect, it } from "vitest";
import { PLAN, runFake } from "./fakeCli.ts";

const OF_STACK = { ...PLAN, tenant: "", list: [], steps: [], notes: ["delete tunnel te-prod-old of old"] };

describe.each([
  ["disable acme --delete-bucket", PLAN, "acme", "the bucket of acme with all its objects. Type acme"],
  ["expire --act --empty-buckets", OF_STACK, "prod", "all objects of the buckets"],
  ["sweep-orphans --delete", OF_STACK, "prod", "for good what is listed above. Type prod"],
])("%s", (line, plan, name, question) => {
  const [command = "", ...rest] = line.split(" ");
  const done = async (typed: string, more: readonly string[] = []) => {
    const run = await runFake([command, ...rest, ...more], { plan, typed: [typed] });
    expect(run.stderr).toContain(question);
    return run.calls.length === 2;
  };

  it(`goes on when ${name} is typed, and with nothing else`, async () => {
    for (const typed of ["y", "yes", "", "other"]) expect(await done(typed), typed).toBe(false);
    expect(await done(name)).toBe(true);
  });

  it("takes the last part of a stack's name in full", async () => {
    expect(await done(name, ["--stack", "organization/tenant-edge/prod"])).toBe(true);
  });

  it("goes on with --yes where there is nobody, and not without", async () => {
    expect((await runFake([command, ...rest, "--yes"])).calls).toHaveLength(1);
    expect(await runFake([command, ...rest])).toMatchObject({ exitCode: 2, calls: [] });
  });
});

it.each(["disable acme", "expire --act"])("%s can be undone: yes is enough", async (line) => {
  const run = await runFake(line.split(" "), { typed: ["yes"] });
  expect(run.calls).toHaveLength(2);
  expect(run.stderr).toContain("[y/N]");
});
