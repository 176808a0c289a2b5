import { cpSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { expect, it, onTestFinished } from "vitest";
import { parse } from "yaml";
import { findEngine } from "../../sandbox/engine/findEngine.ts";
import { openScratchStack } from "../../sandbox/scratchStack.ts";
import { CHECKOUT, installPackage, packPackage } from "../package/packedPackage.ts";

const EXAMPLE = join(CHECKOUT, "examples/enroll-ten");

interface Answer {
  tenant: string;
  created: boolean;
  hostname: string;
  tunnelId: string;
  bucket: string;
}

it("is installed into another program, which enrolls ten tenants side by side, is stopped, goes on, and gets the same answers again", async () => {
  const { folder, tarball } = await packPackage();
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const project = join(folder, "enroll-ten");
  cpSync(EXAMPLE, project, { recursive: true, filter: (source) => !source.endsWith("node_modules") });
  await installPackage(tarball, project);

  const stackFile = () => parse(readFileSync(join(project, "Pulumi.staging.yaml"), "utf8"));
  const { sandbox, close } = await openScratchStack({
    engine: await findEngine({ report: () => {} }),
    config: stackFile().config,
  });
  onTestFinished(close);
  const { cloudflare } = sandbox;
  const start = () => {
    const options = { cwd: project, env: sandbox.env, extendEnv: false, reject: false } as const;
    return execa(process.execPath, ["enroll.ts"], options);
  };
  const enrollAll = async () => {
    const { stdout, stderr, exitCode } = await start();
    expect(exitCode, stderr).toBe(0);
    const answers = stdout.split("\n").map((line) => JSON.parse(line) as Answer);
    return answers.sort((one, other) => one.tenant.localeCompare(other.tenant));
  };

  const stopped = start();
  stopped.stderr.on("data", (chunk) => {
    if (String(chunk).includes("updating staging")) stopped.kill("SIGINT");
  });
  expect(await stopped).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("customer-10 was not enrolled: stopped; run it again to go on"),
  });

  const first = await enrollAll();
  expect(first).toHaveLength(10);
  for (const { tenant, hostname, bucket } of first) {
    expect({ hostname, bucket }).toEqual({
      hostname: `staging-${tenant}.example.com`,
      bucket: `te-staging-${tenant}`,
    });
  }
  expect(
    cloudflare.tunnels
      .list()
      .map(({ id }) => id)
      .sort(),
  ).toEqual(first.map(({ tunnelId }) => tunnelId).sort());
  const listed = stackFile().config["tenant-edge:tenants"] as { id: string }[];
  expect(listed.map(({ id }) => id).sort()).toEqual(first.map(({ tenant }) => tenant).sort());

  const mark = cloudflare.calls.mark();
  expect(await enrollAll()).toEqual(first.map((answer) => ({ ...answer, created: false })));
  expect(cloudflare.calls.since(mark, "api").filter(({ method }) => method !== "GET")).toEqual([]);
}, 300_000);
