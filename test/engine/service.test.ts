import { expect, it, vi } from "vitest";
import { mintToken, type Served, serveStack } from "./servedStack.ts";
import { ACCOUNT_ID, leftBehind, type TestStack, testStack } from "./testStack.ts";

const HUB = { account_id: "customer-1", hub_id: "Hub 1" };

/** What the hub's software asks for its keys, and the records of these operations for whoever asked. */
const HAVE_SECRETS =
  /^answer 200 to (?:POST \/v1\/managed-cloudflare\/(?:enroll|rotate-keys)|GET \/v1\/operations\/[^/]+)$/;

type Answer = Record<string, unknown>;

class Client {
  readonly #token: string;
  url: string;

  constructor(url: string, token: string) {
    this.url = url;
    this.#token = token;
  }

  async call(
    method: string,
    path: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: Answer; location: string }> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(body && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      body: text === "" ? {} : JSON.parse(text),
      location: response.headers.get("location") ?? "",
    };
  }

  /** Until the operation is no longer under way. */
  async settled(location: string): Promise<Answer> {
    return await vi.waitFor(
      async () => {
        const { status, body } = await this.call("GET", location);
        expect(status, JSON.stringify(body)).toBe(200);
        expect(["succeeded", "failed"]).toContain(body["state"]);
        return body;
      },
      { timeout: 120_000, interval: 250 },
    );
  }
}

const tokens = ({ sandbox }: TestStack) =>
  sandbox.cloudflare.tokens
    .list(ACCOUNT_ID)
    .map(({ name }) => name)
    .filter((name) => name !== "deploy");

/** Starts a call, kills the service once Cloudflare has seen the first call of this kind, and starts it again. */
async function killedDuring(
  stack: TestStack,
  client: Client,
  served: Served,
  request: [method: string, path: string, body?: object],
  firstCall: RegExp,
): Promise<{ served: Served; outcome: Answer }> {
  stack.newCalls();
  const { status, location } = await client.call(...padded(request), { prefer: "wait=0" });
  expect(status).toBe(202);
  const seen: string[] = [];
  await vi.waitFor(
    () => {
      seen.push(...stack.newCalls());
      expect(
        seen.some((call) => firstCall.test(call)),
        seen.join(),
      ).toBe(true);
    },
    { timeout: 60_000, interval: 10 },
  );
  await served.kill();
  const again = await serveStack(stack, { mayShow: HAVE_SECRETS });
  client.url = again.url;
  return { served: again, outcome: await client.settled(location) };
}

function padded([method, path, body]: [string, string, object?]): [string, string, object | undefined] {
  return [method, path, body];
}

it("a hub's life over HTTP, with the service killed in the middle of each operation", async () => {
  const stack = await testStack({
    tenants: [],
    settings: { "tenant-edge:bucketDefaults": { protect: true } },
  });
  const token = await mintToken(stack);
  let served = await serveStack(stack, { mayShow: HAVE_SECRETS });
  const client = new Client(served.url, token);
  const during = async (request: [string, string, object?], firstCall: RegExp) => {
    const result = await killedDuring(stack, client, served, request, firstCall);
    served = result.served;
    expect(result.outcome["state"], JSON.stringify(result.outcome)).toBe("succeeded");
  };

  await during(["POST", "/v1/managed-cloudflare/enroll", HUB], /^POST .*cfd_tunnel/);
  const enrolled = await client.call("POST", "/v1/managed-cloudflare/enroll", HUB);
  expect(enrolled.status, JSON.stringify(enrolled.body)).toBe(200);
  expect(Object.keys(enrolled.body).sort()).toEqual([
    "hostname",
    "r2_access_key_id",
    "r2_bucket",
    "r2_endpoint",
    "r2_secret_access_key",
    "tunnel_id",
    "tunnel_token",
  ]);
  expect(stack.sandbox.cloudflare.tunnels.list(ACCOUNT_ID)).toHaveLength(1);
  expect(stack.sandbox.cloudflare.buckets.list(ACCOUNT_ID)).toHaveLength(1);
  expect(tokens(stack)).toHaveLength(1);

  await during(["POST", "/v1/managed-cloudflare/rotate-keys", { hub_id: HUB.hub_id }], /^POST .*tokens/);
  expect(tokens(stack)).toHaveLength(2);
  const rotated = await client.call("POST", "/v1/managed-cloudflare/enroll", HUB);
  expect(rotated.body["r2_access_key_id"]).not.toBe(enrolled.body["r2_access_key_id"]);

  await during(
    ["POST", "/v1/managed-cloudflare/disable", { hub_id: HUB.hub_id, delete_bucket: false }],
    /^(?:PUT|PATCH|DELETE) /,
  );
  const status = await client.call(
    "GET",
    `/v1/managed-cloudflare/status?hub_id=${encodeURIComponent(HUB.hub_id)}`,
  );
  expect(status.body).toMatchObject({
    enabled: false,
    hostname: enrolled.body["hostname"],
    r2_bucket: enrolled.body["r2_bucket"],
  });
  expect(tokens(stack)).toEqual([]);

  const { body } = await client.call("GET", "/v1/tenants");
  const [{ tenant }] = body["tenants"] as [{ tenant: string }];
  await during(
    ["DELETE", `/v1/tenants/${tenant}?purge=true`],
    /^DELETE .*(?:dns_records|cfd_tunnel\/:tunnel$|buckets)/,
  );
  expect(leftBehind(stack)).toEqual([]);

  const secrets = [
    token,
    ...["tunnel_token", "r2_secret_access_key"].map((name) => String(enrolled.body[name])),
  ];
  secrets.push(stack.sandbox.env["CLOUDFLARE_API_TOKEN"] ?? "");
  for (const secret of secrets) expect(served.output.join("\n")).not.toContain(secret);
  expect(await served.terminate()).toBe(0);
}, 400_000);
