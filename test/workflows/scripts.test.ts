/** What the workflows on operations run, on repositories of the test's own. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { deployedCommit } from "../../.github/scripts/deployedCommit.ts";

const SCRIPTS = join(import.meta.dirname, "../../.github/scripts");
const FILE = "Pulumi.prod.yaml";
const LIST = "# tenants\n- id: acme\n\n- id: globex\n\n- id: initech\n";

/** No settings of whoever runs the tests. */
const GIT = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_NAME: "test",
  GIT_AUTHOR_EMAIL: "test@example.com",
  GIT_COMMITTER_NAME: "test",
  GIT_COMMITTER_EMAIL: "test@example.com",
};

describe("pushTenantList.sh", () => {
  let folder: string;
  const git = async (place: string, ...args: string[]) =>
    (await execa("git", ["-C", join(folder, place), ...args], { env: GIT })).stdout;
  const write = (place: string, text: string, file = FILE) => writeFileSync(join(folder, place, file), text);
  const commit = async (message: string, text: string) => {
    write("person", text);
    await git("person", "commit", "--all", "--message", message);
    await git("person", "push", "origin", "main");
  };
  const onMain = (file = FILE) => git("origin", "show", `main:${file}`);
  const push = () =>
    execa("bash", [join(SCRIPTS, "pushTenantList.sh")], {
      cwd: join(folder, "job"),
      env: { ...GIT, STACK: "prod" },
      reject: false,
      all: true,
    });

  /** A job's checkout of what is deployed, which main is ahead of. */
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "tenant-edge-scripts-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    for (const place of ["origin", "person", "job"]) mkdirSync(join(folder, place));
    await git("origin", "init", "--bare", "--initial-branch=main");
    await git("person", "init", "--initial-branch=main");
    await git("person", "remote", "add", "origin", join(folder, "origin"));
    write("person", LIST);
    await git("person", "add", FILE);
    await commit("deployed", LIST);
    const deployed = await git("person", "rev-parse", "HEAD");
    await git("job", "init");
    await git("job", "remote", "add", "origin", `file://${join(folder, "origin")}`);
    await git("job", "fetch", "--depth=1", "origin", deployed);
    await git("job", "checkout", "--detach", "FETCH_HEAD");
    await commit("not approved yet", `${LIST}\n- id: umbrella\n`);
  });

  it("brings the change of the list to main, and main's own stay", async () => {
    write("job", LIST.replace("- id: acme\n\n", ""));
    expect(await push()).toMatchObject({ exitCode: 0 });
    expect(await onMain()).toBe("# tenants\n- id: globex\n\n- id: initech\n\n- id: umbrella");
    expect(await git("origin", "log", "-1", "--format=%an %s", "main")).toBe(
      "github-actions[bot] Expire tenants of prod",
    );
  });

  it("pushes nothing when the list is as it was, whatever else has changed", async () => {
    write("job", "{}", "other.json");
    expect(await push()).toMatchObject({ exitCode: 0 });
    expect(await git("origin", "log", "-1", "--format=%s", "main")).toBe("not approved yet");
  });

  it("is content when main says the same already", async () => {
    const removed = LIST.replace("- id: acme\n\n", "");
    await commit("by hand", removed);
    write("job", removed);
    expect(await push()).toMatchObject({ exitCode: 0 });
    expect(await git("origin", "log", "-1", "--format=%s", "main")).toBe("by hand");
  });

  it("fails and shows the change when main has changed the same entry", async () => {
    const changed = LIST.replace("acme", "acme\n  displayName: Acme");
    await commit("renamed", changed);
    write("job", LIST.replace("- id: acme\n\n", ""));
    const { exitCode, all } = await push();
    expect(exitCode).toBe(1);
    expect(all).toContain("make this change on main by hand");
    expect(all).toContain("-- id: acme");
    expect(await onMain()).toBe(changed.trimEnd());
  });
});

describe("the deployed commit", () => {
  interface Deployed {
    commitOid: string;
    states: string[];
    stack?: string;
  }
  const FOUND = { owner: "example", repo: "tenants", environment: "prod", stack: "prod" };
  const asPage = (deployments: Deployed[], endCursor: string | null) => ({
    nodes: deployments.map(({ commitOid, states, stack }) => ({
      commitOid,
      statuses: {
        nodes: states.map((state) => ({
          state,
          environmentUrl: stack === undefined ? null : `https://github.com/x/blob/y/Pulumi.${stack}.yaml`,
        })),
      },
    })),
    pageInfo: { hasNextPage: endCursor !== null, endCursor },
  });
  /** With deployments in pages, newest first. */
  const find = (pages: Deployed[][], stack = "prod") =>
    deployedCommit(
      async (_, { after }) => {
        const page = Number(after ?? 0);
        const end = page + 1 < pages.length ? String(page + 1) : null;
        return { repository: { deployments: asPage(pages[page] ?? [], end) } };
      },
      { ...FOUND, stack },
    );

  it("is that of the stack's newest deployment that succeeded, whatever came after it", async () => {
    const deployments = [
      { commitOid: "waits", states: ["WAITING"], stack: "prod" },
      { commitOid: "failed", states: ["FAILURE", "IN_PROGRESS"], stack: "prod" },
      { commitOid: "another", states: ["SUCCESS"], stack: "prod-2" },
      { commitOid: "alike", states: ["SUCCESS"], stack: "eu-prod" },
      { commitOid: "deployed", states: ["INACTIVE", "SUCCESS", "IN_PROGRESS"], stack: "prod" },
      { commitOid: "older", states: ["INACTIVE", "SUCCESS"], stack: "prod" },
    ];
    expect(await find([deployments])).toBe("deployed");
    expect(await find([deployments], "prod-2")).toBe("another");
  });

  it("is found behind many deployments of others", async () => {
    const others = [{ commitOid: "another", states: ["SUCCESS"], stack: "prod-2" }];
    const own = [{ commitOid: "deployed", states: ["SUCCESS"], stack: "prod" }];
    expect(await find([others, others, own])).toBe("deployed");
  });

  it("is that of a deployment without an address for the stack that is called as its environment", async () => {
    const deployments = [{ commitOid: "deployed", states: ["SUCCESS"] }];
    expect(await find([deployments])).toBe("deployed");
    await expect(find([deployments], "prod-2")).rejects.toThrow("prod-2 was not deployed by deploy.yml yet");
  });

  it("is none where nothing was deployed", async () => {
    await expect(find([[{ commitOid: "failed", states: ["FAILURE"], stack: "prod" }]])).rejects.toThrow(
      "prod was not deployed by deploy.yml yet",
    );
  });
});
