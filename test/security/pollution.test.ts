/** Keys that mean something to JavaScript itself: refused or kept as plain data, and no object learns anything from them. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { decodeValue } from "../../config/decodeValue.ts";
import { cloudConfigProblems, mergeCloudConfig } from "../../host/cloudConfig.ts";
import { parseDeployed } from "../../lifecycle/deployed.ts";
import { readStackFile } from "../../operations/configuration.ts";
import { parseTokens } from "../../service/auth/tokens.ts";
import { SHARED_PATH, TextListDocument } from "../../tenantList/listDocument.ts";
import { problemsOf, rawStack } from "../config/stacks.ts";
import { temporaryFolder } from "../sandbox/engine/temporaryFolder.ts";
import { startTestService } from "../service/testService.ts";

const POISON = [
  '"__proto__":{"polluted":true}',
  '"constructor":{"prototype":{"polluted":true}}',
  '"prototype":{"polluted":true}',
];
const polluted = () => [({} as { polluted?: unknown }).polluted, ([] as { polluted?: unknown }).polluted];

afterEach(() => expect(polluted()).toEqual([undefined, undefined]));

describe.each(POISON)("%s", (poison) => {
  /** As the engine hands it over. */
  const tenant = (rest: string) => rawStack([decodeValue(`{"id":"acme"${rest}}`)]);

  it.each([
    ["a tenant", tenant(`,${poison}`), "tenants[0]"],
    ["a host", tenant(`,"host":{${poison}}`), "tenants[0].host"],
    ["a host's environment", tenant(`,"host":{"environment":{${poison}}}`), "tenants[0].host.environment"],
    ["tags", rawStack([], { tags: decodeValue(`{${poison}}`) }), "tags"],
    ["the zone", rawStack([], { cloudflare: decodeValue(`{${poison}}`) }), "cloudflare"],
  ])("is refused in %s", (_, raw, path) => {
    expect(problemsOf(raw).map((problem) => problem.path)).toEqual(
      expect.arrayContaining([expect.stringContaining(path)]),
    );
  });

  it("is refused as a key of the stack itself", () => {
    const raw = { ...rawStack([]), ...(JSON.parse(`{${poison}}`) as object) };
    const key = poison.slice(1, poison.indexOf('"', 1));
    expect(problemsOf(raw).map((problem) => problem.path)).toContain(`tenant-edge:${key}`);
  });

  it("changes nothing of a host's first boot", () => {
    const extra = JSON.parse(`{${poison},"runcmd":["x"]}`) as Record<string, unknown>;
    expect(cloudConfigProblems(extra)).toEqual([]);
    const merged = mergeCloudConfig({ runcmd: ["ours"], packages: [] }, extra);
    expect(merged["runcmd"]).toEqual(["ours", "x"]);
    expect((merged as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it("in the outputs of the state is a tenant that cannot be read", () => {
    const { tenants, unreadable } = parseDeployed(JSON.parse(`{${poison}}`));
    expect(tenants.size).toBe(0);
    expect(unreadable).toHaveLength(1);
  });

  it("is refused in a file of tokens", () => {
    const entry = `{"name":"a","hash":"sha256:${"0".repeat(64)}","scopes":["read"],${poison}}`;
    expect(() => parseTokens(`[${entry}]`, "tokens.yaml")).toThrow("tokens.yaml is no list of tokens");
  });

  it("stays plain data in a stack file and in a shared list", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "Pulumi.prod.yaml"), `{"config":{${poison},"tenant-edge:x":1}}`);
    expect((await readStackFile(folder, "prod")).raw).toEqual({ x: 1 });
    const document = new TextListDocument(`{"tenants":[{"id":"acme",${poison}}]}`, SHARED_PATH, "the list");
    document.put({ id: "globex" });
    expect(document.entries().map(({ id }) => id)).toEqual(["acme", "globex"]);
    expect(problemsOf(rawStack(document.entries()))).not.toEqual([]);
  });

  it("is refused in the body of every request", async () => {
    const { send, operations } = await startTestService();
    const { json } = await send("GET /openapi.json", { token: null });
    const paths = json["paths"] as Record<string, { post?: { requestBody?: unknown } }>;
    const bodied = Object.entries(paths).filter(([, { post }]) => post?.requestBody !== undefined);
    expect(bodied.length).toBeGreaterThan(10);
    for (const [path] of bodied) {
      const request = `POST ${path.replace("{tenant}", "acme").replace("{id}", "x")}`;
      const { status } = await send(request, { body: `{"tenant":"acme",${poison}}` });
      expect([request, status]).toEqual([request, 422]);
    }
    expect(operations.calls.filter(({ actor }) => actor !== "service")).toEqual([]);
  });
});
