/** A cloud that cannot be reached, through the operations themselves. */

import { once } from "node:events";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";
import { stringify } from "yaml";
import { openOperations } from "../../operations/open.ts";
import { REGION, rawStack } from "../config/stacks.ts";
import { projectFolder, runFake } from "./fakeCli.ts";

/** Where nobody listens any more. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

it("is said to a person in a line, and to a program as cloud-failed", async () => {
  const directory = projectFolder();
  const settings = Object.entries(rawStack([])).map(([key, value]) => [`tenant-edge:${key}`, value]);
  const config = { "aws:region": REGION, ...Object.fromEntries(settings) };
  writeFileSync(join(directory, "Pulumi.prod.yaml"), stringify({ config }));
  mkdirSync(join(directory, "bin"));
  writeFileSync(join(directory, "bin/pulumi"), "#!/bin/sh\nexit 255\n");
  chmodSync(join(directory, "bin/pulumi"), 0o755);
  const env = {
    PATH: join(directory, "bin"),
    HOME: directory,
    TENANT_EDGE_STACK: "prod",
    AWS_ENDPOINT_URL: `http://127.0.0.1:${await closedPort()}`,
    AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "secret",
    CLOUDFLARE_API_TOKEN: "token",
  };
  const run = await runFake(["sweep-orphans", "--json"], {
    directory,
    env,
    open: (options) => openOperations({ ...options, stack: "prod", env }),
  });
  expect(run.exitCode).toBe(1);
  expect(run.stderr).toContain("ECONNREFUSED");
  expect(run.stderr).not.toMatch(/^\s+at /m);
  expect(JSON.parse(run.stdout)).toMatchObject({ error: { code: "cloud-failed" } });
});
