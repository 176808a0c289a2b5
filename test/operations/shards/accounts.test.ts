/** Stacks of one environment in several Cloudflare accounts: each with its own account, token and budget of calls. */
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { delimiter, join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { stringify } from "yaml";
import { openOperations } from "../../../operations/open.ts";
import { rawStack } from "../../config/stacks.ts";
import { shardFolder } from "../../environment/shardFolder.ts";
import { output } from "../../lifecycle/outputs.ts";
import { alone } from "../fakeContext.ts";

const ACCOUNT = { first: "a".repeat(32), second: "b".repeat(32) };
const TOKEN = { first: "token-of-the-first", second: "token-of-the-second" };

/** Answers every look at a tunnel. @returns what was asked: token and account. */
async function startCloudflare(): Promise<{ baseUrl: string; asked: Set<string> }> {
  const asked = new Set<string>();
  const server = createServer((request, response) => {
    const account = /\/accounts\/(\w+)\//.exec(request.url ?? "")?.[1];
    if (account !== undefined) asked.add(`${request.headers.authorization} ${account}`);
    const result = request.url?.endsWith("/connections") ? [] : { status: "healthy" };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ success: true, errors: [], messages: [], result }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { baseUrl: `http://127.0.0.1:${port}/client/v4`, asked };
}

function stackText(account: string, tenant: string, config: Record<string, unknown>): string {
  const cloudflare = { ...(rawStack([])["cloudflare"] as object), accountId: account };
  const own = Object.entries(rawStack([alone(tenant)], { environment: "prod", cloudflare }));
  const settings = Object.fromEntries(own.map(([key, value]) => [`tenant-edge:${key}`, value]));
  return stringify({ config: { "aws:region": "eu-west-1", ...settings, ...config } });
}

/** A `pulumi` that tells the outputs of both stacks, and the second one's encrypted token. */
function fakePulumi(directory: string): string {
  const bin = join(directory, "bin");
  mkdirSync(bin);
  const tenants = { acme: output("acme"), globex: output("globex") };
  writeFileSync(join(directory, "outputs.json"), JSON.stringify({ tenants }));
  const script = `#!/bin/sh
case "$*" in
  version*) echo v3.255.0 ;;
  *"config get"*prod-2*) echo '{"value":"${TOKEN.second}","secret":true}' ;;
  *"stack history"*) echo "[]" ;;
  *"stack output"*) cat "${directory}/outputs.json" ;;
  *) exit 0 ;;
esac
`;
  writeFileSync(join(bin, "pulumi"), script, { mode: 0o755 });
  return bin;
}

it("asks each account with its own token, side by side, and counts the calls of each for itself", async () => {
  const { baseUrl, asked } = await startCloudflare();
  const shared = { "cloudflare:baseUrl": baseUrl };
  const directory = shardFolder({
    prod: stackText(ACCOUNT.first, "acme", shared),
    "prod-2": stackText(ACCOUNT.second, "globex", { ...shared, "cloudflare:apiToken": { secure: "v1:…" } }),
  });
  writeFileSync(join(directory, "Pulumi.yaml"), "name: tenant-edge\nruntime: nodejs\n");
  const env = {
    PATH: `${fakePulumi(directory)}${delimiter}${process.env["PATH"]}`,
    HOME: directory,
    TENANT_EDGE_CACHE: join(directory, "cache"),
    CLOUDFLARE_API_TOKEN: TOKEN.first,
  };
  const opened = async (stack: string) => {
    const operations = await openOperations({ directory, stack, env });
    onTestFinished(() => operations.close());
    return operations;
  };
  const [first, second] = await Promise.all([opened("prod"), opened("prod-2")]);
  const [allOfFirst, allOfSecond] = [first.budget.left(), second.budget.left()];
  await Promise.all([
    first.status({ tenant: "acme", probe: true }),
    second.status({ tenant: "globex", probe: true }),
  ]);
  expect(asked).toEqual(
    new Set([`Bearer ${TOKEN.first} ${ACCOUNT.first}`, `Bearer ${TOKEN.second} ${ACCOUNT.second}`]),
  );
  const used = [allOfFirst - first.budget.left(), allOfSecond - second.budget.left()];
  expect(used[0]).toBeGreaterThan(0);
  expect(used[1]).toBe(used[0]);
});
