import { describe, expect, it } from "vitest";
import { CallLog } from "../../../sandbox/cloudflare/callLog.ts";
import { Store } from "../../../sandbox/store.ts";
import recorded from "../../fixtures/cloudflare-requests.json" with { type: "json" };
import { ACCOUNT, startCloud } from "./serve.ts";

const TUNNELS = `/accounts/${ACCOUNT}/cfd_tunnel`;

describe("what stands before every route", () => {
  it.each([
    ["no header", undefined, 400, 9106, undefined],
    ["no bearer", "Basic abc", 400, 6003, 6111],
    ["a value of another form", "Bearer too-short", 400, 6003, 6111],
    ["a value that is no token's", `Bearer ${"x".repeat(40)}`, 401, 10000, undefined],
  ])("refuses %s", async (_case, authorization, status, code, chain) => {
    const { origin } = await startCloud();
    const response = await fetch(
      `${origin}/client/v4${TUNNELS}`,
      authorization ? { headers: { authorization } } : {},
    );
    const body = (await response.json()) as {
      success: boolean;
      errors: { code: number; error_chain?: { code: number }[] }[];
    };
    expect(response.status).toBe(status);
    expect(body).toMatchObject({ success: false, messages: [], result: null });
    expect([body.errors[0]?.code, body.errors[0]?.error_chain?.[0]?.code]).toEqual([code, chain]);
  });

  it("says 9109 to a value that is no token's where zones are listed", async () => {
    const { raw } = await startCloud();
    const headers = { authorization: `Bearer ${"x".repeat(40)}` };
    const answer = await raw("GET", "/zones", undefined, headers);
    expect([answer.status, answer.body.errors[0]?.code]).toEqual([403, 9109]);
  });

  it("says 1000 where a token is verified", async () => {
    const { raw } = await startCloud();
    const headers = { authorization: `Bearer ${"x".repeat(40)}` };
    const answer = await raw("GET", `/accounts/${ACCOUNT}/tokens/verify`, undefined, headers);
    expect([answer.status, answer.body.errors[0]?.code]).toEqual([401, 1000]);
  });

  it.each([
    `${TUNNELS}/not-a-uuid`,
    "/accounts/abc/cfd_tunnel",
    "/nothing",
  ])("finds no route for %s", async (path) => {
    const { raw } = await startCloud();
    const answer = await raw("GET", path);
    expect([answer.status, ...answer.body.errors.map(({ code }) => code)]).toEqual([404, 7003, 7000]);
  });

  it("refuses a method that a route has not", async () => {
    const { raw } = await startCloud();
    expect((await raw("PUT", TUNNELS, {})).status).toBe(405);
  });

  it("refuses what is no JSON, and ignores fields it does not know", async () => {
    const { raw } = await startCloud();
    const broken = await raw("POST", TUNNELS, "{name:");
    expect([broken.status, broken.body.errors[0]?.code]).toEqual([400, 6007]);
    expect((await raw("POST", TUNNELS, { name: "acme", colour: "blue" })).status).toBe(200);
  });

  it.each([
    "per_page=0",
    "per_page=1001",
    "page=x",
    "is_deleted=maybe",
  ])("refuses the query %s", async (query) => {
    const { raw } = await startCloud();
    expect((await raw("GET", `${TUNNELS}?${query}`)).status).toBe(400);
  });
});

describe("the rate limit", () => {
  it("bars a token for the rest of its window", async () => {
    let time = new Date("2026-01-02T03:00:00Z").getTime();
    const { raw, cloud } = await startCloud({
      now: () => new Date(time),
      rateLimit: { requests: 2, windowSeconds: 300 },
    });
    await raw("GET", TUNNELS);
    time += 100_000;
    const last = await raw("GET", TUNNELS);
    expect([last.status, last.headers.get("ratelimit")]).toEqual([200, '"default";r=0;t=200']);
    const barred = await raw("POST", TUNNELS, { name: "acme" });
    expect([barred.status, barred.headers.get("retry-after"), barred.body.errors[0]?.code]).toEqual([
      429,
      "200",
      971,
    ]);
    expect(cloud.tunnels.list()).toEqual([]);
    const other = {
      authorization: `Bearer ${
        cloud.tokens.create(ACCOUNT, {
          name: "other",
          policies: [
            {
              effect: "allow",
              permission_groups: [{ id: "c07321b023e944ff818fec44d8203567" }],
              resources: { [`com.cloudflare.api.account.${ACCOUNT}`]: "*" },
            },
          ],
        }).value
      }`,
    };
    expect((await raw("GET", TUNNELS, undefined, other)).status).toBe(200);
    time += 200_000;
    expect((await raw("GET", TUNNELS)).status).toBe(200);
  });
});

describe("the call log", () => {
  it("has every request with its route, status and token", async () => {
    const { raw, cloud } = await startCloud();
    const [deploy] = cloud.tokens.list(ACCOUNT);
    const mark = cloud.calls.mark();
    await raw("POST", TUNNELS, { name: "acme" });
    await raw("GET", "/nothing");
    await raw("GET", TUNNELS, undefined, { authorization: "Bearer x" });
    expect(cloud.calls.since(mark)).toMatchObject([
      {
        method: "POST",
        route: "/accounts/:account/cfd_tunnel",
        path: `/client/v4${TUNNELS}`,
        status: 200,
        tokenId: deploy?.id,
      },
      { method: "GET", route: "*", status: 404, tokenId: deploy?.id },
      { method: "GET", status: 400 },
    ]);
    expect(cloud.calls.since(cloud.calls.mark())).toEqual([]);
  });
});

it("the call log keeps the last calls only, and goes on counting over a restart", () => {
  const store = Store.inMemory();
  const call = {
    time: "2026-01-02T03:04:05Z",
    service: "api",
    method: "GET",
    route: "*",
    status: 200,
  } as const;
  const log = new CallLog(store, 2);
  for (const path of ["/1", "/2", "/3"]) log.append({ ...call, path });
  expect(log.since(0).map(({ path }) => path)).toEqual(["/2", "/3"]);
  expect(log.all()).toHaveLength(2);
  expect(new CallLog(store, 2).mark()).toBe(log.mark());
});

describe("the seam for faults", () => {
  it("can answer in the API's place", async () => {
    const { raw, cloud } = await startCloud({
      intercept: (request) =>
        request.method === "POST" ? Response.json({ broken: true }, { status: 500 }) : undefined,
    });
    expect((await raw("POST", TUNNELS, { name: "acme" })).status).toBe(500);
    expect(cloud.tunnels.list()).toEqual([]);
    expect((await raw("GET", TUNNELS)).status).toBe(200);
  });

  it("can lose the answer of a call that took effect", async () => {
    const { raw, cloud } = await startCloud({
      intercept: async (_request, proceed) => {
        await proceed();
        return Response.json({}, { status: 504 });
      },
    });
    expect((await raw("POST", TUNNELS, { name: "acme" })).status).toBe(504);
    expect(cloud.tunnels.list().map(({ name }) => name)).toEqual(["acme"]);
  });
});

describe("requests as the real provider sends them", () => {
  it("are answered with the fields that the provider needs", async () => {
    const { raw } = await startCloud();
    const made = new Map<string, string>();
    for (const step of recorded) {
      const path = step.path.replace(/\{(\w+)\}/g, (_all, name: string) => made.get(name) ?? name);
      const answer = await raw(
        step.method,
        path,
        step.body,
        step.headers as Record<string, string> | undefined,
      );
      expect(answer.body.errors, `${step.method} ${path}`).toEqual([]);
      expect(answer.status).toBe(200);
      for (const field of step.fields)
        expect(answer.body.result, `${step.method} ${path}`).toHaveProperty(field);
      if (step.saves !== undefined) made.set(step.saves, String(answer.body.result?.id));
    }
  });
});
