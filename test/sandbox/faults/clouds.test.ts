import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { Aws } from "../../../sandbox/aws/cloud.ts";
import { AwsConnectionError } from "../../../sandbox/aws/connectionError.ts";
import { Cloudflare } from "../../../sandbox/cloudflare/cloud.ts";
import { attributed, attributionHeaders } from "../../../sandbox/faults/attribution.ts";
import { awsFaults } from "../../../sandbox/faults/awsFaults.ts";
import { cloudflareFaults } from "../../../sandbox/faults/cloudflareFaults.ts";
import { Faults } from "../../../sandbox/faults/faults.ts";
import { FaultKind } from "../../../sandbox/faults/kinds.ts";
import type { FaultRuleInput } from "../../../sandbox/faults/rule.ts";
import { awsTypes } from "../../../sandbox/providers/aws/awsProvider.ts";
import { serveHttp } from "../../../sandbox/serveHttp.ts";
import { Store } from "../../../sandbox/store.ts";

const ACCOUNT = "0123456789abcdef0123456789abcdef";
const ABOUT = {
  urn: "urn:pulumi:staging::tenant-edge::cloudflare:index/x:X::acme-tunnel",
  operation: "create",
} as const;

async function cloudflareWith(...rules: FaultRuleInput[]) {
  const store = Store.inMemory();
  const folder = mkdtempSync(join(tmpdir(), "tenant-edge-faults-"));
  const cloudflare = new Cloudflare({ store, objectsFolder: folder });
  cloudflare.ensureAccount({ id: ACCOUNT, name: "test" });
  const token = cloudflare.mintDeployToken(ACCOUNT);
  const server = await serveHttp(cloudflareFaults(cloudflare.api, new Faults(rules), store));
  onTestFinished(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });
  const call = (method: string, path: string, body?: object, headers: Record<string, string> = {}) =>
    fetch(`${server.url}/client/v4/accounts/${ACCOUNT}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const names = async () => {
    const { result } = (await (await call("GET", "/cfd_tunnel")).json()) as { result: { name: string }[] };
    return result.map(({ name }) => name);
  };
  const makeTunnel = (name: string, headers?: Record<string, string>) =>
    call("POST", "/cfd_tunnel", { name, config_src: "cloudflare" }, headers);
  return { cloudflare, call, names, makeTunnel };
}

const live = (cloudflare: Cloudflare) => cloudflare.tunnels.list().map(({ name }) => name);

describe("Cloudflare's API", () => {
  it.each([
    [FaultKind.tooManyRequests, 429, null, "json"],
    [FaultKind.tooManyRequestsRetryAfter, 429, "7", "json"],
    [FaultKind.internalError, 500, null, "json"],
    [FaultKind.badGateway, 502, null, "html"],
    [FaultKind.conflict, 409, null, "json"],
  ] as const)("answers %s in its own form, and does nothing", async (kind, status, retryAfter, form) => {
    const { cloudflare, makeTunnel } = await cloudflareWith({ kind, retryAfter: 7, calls: [1] });
    const answer = await makeTunnel("one");
    expect(answer.status).toBe(status);
    expect(answer.headers.get("retry-after")).toBe(retryAfter);
    expect(answer.headers.get("content-type")).toContain(form);
    expect(live(cloudflare)).toEqual([]);
    expect((await makeTunnel("one")).status).toBe(200);
  });

  it.each([
    [FaultKind.droppedConnection, 0, []],
    [FaultKind.timeoutBefore, 30, []],
    [FaultKind.timeoutAfter, 30, ["one"]],
  ])("breaks the connection with %s", async (kind, atLeast, made) => {
    const { cloudflare, makeTunnel } = await cloudflareWith({ kind, delay: 30 });
    const start = performance.now();
    await expect(makeTunnel("one")).rejects.toThrow("fetch failed");
    expect(performance.now() - start).toBeGreaterThanOrEqual(atLeast);
    expect(live(cloudflare)).toEqual(made);
  });

  it("answers late", async () => {
    const { makeTunnel } = await cloudflareWith({ kind: FaultKind.slow, delay: 50 });
    const start = performance.now();
    expect((await makeTunnel("one")).status).toBe(200);
    expect(performance.now() - start).toBeGreaterThanOrEqual(49);
  });

  it("shows the world before a write for as many reads as the rule says", async () => {
    const { makeTunnel, names } = await cloudflareWith({ kind: FaultKind.staleRead, reads: 2 });
    expect(await names()).toEqual([]);
    await makeTunnel("one");
    expect([await names(), await names(), await names()]).toEqual([[], [], ["one"]]);
    await makeTunnel("two");
    expect([await names(), await names(), await names()]).toEqual([["one"], ["one"], ["one", "two"]]);
  });

  it("knows for which resource a provider calls", async () => {
    const { makeTunnel } = await cloudflareWith({
      kind: FaultKind.conflict,
      resource: "::acme-",
      operation: "create",
    });
    expect((await makeTunnel("one")).status).toBe(200);
    const headers = attributed(ABOUT, attributionHeaders);
    expect((await makeTunnel("two", headers)).status).toBe(409);
  });
});

function awsWith(...rules: FaultRuleInput[]) {
  return awsWithFaults(new Faults(rules));
}

function awsWithFaults(faults: Faults) {
  const store = Store.inMemory();
  const intercept = awsFaults(faults, store);
  const aws = new Aws({ store, region: "eu-west-1", accountId: "123456789012", intercept });
  onTestFinished(() => aws.close());
  return aws;
}

const put = (aws: Aws) => aws.call("ssm:PutParameter", { Name: "/a", Value: "1", Type: "String" });

describe("AWS", () => {
  it.each([
    [FaultKind.tooManyRequests, "ThrottlingException", "RequestLimitExceeded", "Throttling"],
    [FaultKind.internalError, "InternalServerError", "InternalError", "ServiceFailure"],
    [FaultKind.conflict, "TooManyUpdates", "IncorrectState", "ConcurrentModification"],
    [FaultKind.badGateway, "UnknownError", "UnknownError", "UnknownError"],
  ])("says %s in the words of its services", async (kind, ssm, ec2, iam) => {
    const aws = awsWith({ kind });
    await expect(put(aws)).rejects.toMatchObject({ code: ssm });
    await expect(aws.call("ec2:DescribeVpcs", {})).rejects.toMatchObject({ code: ec2 });
    await expect(aws.call("iam:GetRole", { RoleName: "x" })).rejects.toMatchObject({ code: iam });
  });

  it.each([
    [FaultKind.timeoutAfter, ["/a"]],
    [FaultKind.timeoutBefore, []],
    [FaultKind.droppedConnection, []],
  ])("loses the answer with %s", async (kind, made) => {
    const aws = awsWith({ kind, delay: 10 });
    await expect(put(aws)).rejects.toThrow(AwsConnectionError);
    expect(aws.inventory().map(({ id }) => id)).toEqual(made);
  });

  it("shows a new parameter late", async () => {
    const aws = awsWith({ kind: FaultKind.staleRead, reads: 1 });
    await put(aws);
    const look = () => aws.call("ssm:GetParameter", { Name: "/a" });
    await expect(look()).rejects.toMatchObject({ code: "ParameterNotFound" });
    expect((await look()).Parameter?.Value).toBe("1");
  });

  it("shows what was written before the rules were in force to everybody", async () => {
    const rules: FaultRuleInput[] = [{ kind: FaultKind.staleRead, reads: 1 }];
    const faults = new Faults(rules);
    const aws = awsWithFaults(faults);
    await put(aws);
    faults.use(rules);
    expect((await aws.call("ssm:GetParameter", { Name: "/a" })).Parameter?.Value).toBe("1");
  });

  it("breaks the connection of a caller over the wire", async () => {
    const aws = awsWith({ kind: FaultKind.droppedConnection });
    const server = await serveHttp(aws.wire);
    onTestFinished(() => server.close());
    const { SSMClient, GetParameterCommand } = await import("@aws-sdk/client-ssm");
    const credentials = { accessKeyId: "x", secretAccessKey: "x" };
    const { deployerCredentials } = await import("../../../sandbox/aws/credentials.ts");
    const client = new SSMClient({
      region: "eu-west-1",
      endpoint: server.url,
      credentials: { ...credentials, ...deployerCredentials },
      maxAttempts: 1,
    });
    onTestFinished(() => client.destroy());
    await expect(client.send(new GetParameterCommand({ Name: "/a" }))).rejects.toThrow(/ECONNRESET|hang up/);
  });
});

describe("the AWS provider", () => {
  const role = awsTypes.find(({ token }) => token === "aws:iam/role:Role");
  const context = { urn: ABOUT.urn, name: "x", warn: () => {}, signal: new AbortController().signal };
  const inputs = {
    name: "x",
    assumeRolePolicy: JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }],
    }),
  };
  const makeRole = (...rules: FaultRuleInput[]) => {
    const aws = awsWith(...rules);
    const made = role?.create({ aws, region: aws.region, defaultTags: {} }, inputs, context);
    return { aws, made };
  };

  it.each([
    FaultKind.tooManyRequests,
    FaultKind.internalError,
    FaultKind.badGateway,
    FaultKind.droppedConnection,
  ])("repeats a call after %s, as the SDK does", async (kind) => {
    const { aws, made } = makeRole({ kind, call: "CreateRole", calls: [1, 2, 3] });
    await expect(made).resolves.toMatchObject({ id: "x" });
    expect(aws.calls.since(0).filter(({ operation }) => operation === "iam:CreateRole")).toHaveLength(4);
  });

  it("cannot tell its own role, of which it never heard, from another's", async () => {
    const { made } = makeRole({ kind: FaultKind.timeoutAfter, call: "CreateRole", calls: [1], delay: 1 });
    await expect(made).rejects.toThrow("EntityAlreadyExists");
  });

  it("does not repeat a call that was refused", async () => {
    const { aws, made } = makeRole({ kind: FaultKind.conflict, call: "CreateRole" });
    await expect(made).rejects.toThrow("ConcurrentModification");
    expect(aws.calls.since(0)).toHaveLength(1);
  });

  it("waits for a new role that is not shown yet", async () => {
    const { made } = makeRole({ kind: FaultKind.staleRead, reads: 2 });
    await expect(made).resolves.toMatchObject({ id: "x" });
  });

  it("waits for the role of a new profile that is shown late, and can delete it", async () => {
    const { aws, made } = makeRole({
      kind: FaultKind.staleRead,
      reads: 3,
      call: "GetInstanceProfile",
    });
    await made;
    const profile = awsTypes.find(({ token }) => token === "aws:iam/instanceProfile:InstanceProfile");
    const client = { aws, region: aws.region, defaultTags: {} };
    const { id = "", outputs = {} } =
      (await profile?.create(client, { name: "x", role: "x" }, context)) ?? {};
    await profile?.delete?.(client, id, outputs, context);
    expect(aws.inventory().map(({ kind }) => kind)).toEqual(["iam:role"]);
  });
});
