/** Faults in front of the emulated Cloudflare: the API and the S3 side of R2 alike. */
import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import type { Store } from "../store.ts";
import { attributionOf } from "./attribution.ts";
import { dropConnection } from "./dropConnection.ts";
import type { FaultCall, Faults } from "./faults.ts";
import { inject } from "./inject.ts";
import { FaultKind } from "./kinds.ts";
import type { FaultRule } from "./rule.ts";
import { StaleReads } from "./staleReads.ts";

const READS = ["GET", "HEAD", "OPTIONS"];

/** Content of a gateway's own page. Cloudflare documentation, "Error 502: bad gateway". */
const BAD_GATEWAY = `<html>
<head><title>502 Bad Gateway</title></head>
<body>
<center><h1>502 Bad Gateway</h1></center>
<hr><center>cloudflare</center>
</body>
</html>
`;

interface Refusal {
  status: number;
  code: number;
  message: string;
}

const THROTTLED = {
  status: 429,
  code: 971,
  message: "Please wait and consider throttling your request speed",
};
const REFUSALS: Partial<Record<FaultKind, Refusal>> = {
  [FaultKind.tooManyRequests]: THROTTLED,
  [FaultKind.tooManyRequestsRetryAfter]: THROTTLED,
  [FaultKind.internalError]: { status: 500, code: 10001, message: "Internal error" },
  [FaultKind.conflict]: {
    status: 409,
    code: 10009,
    message: "The resource is being changed by another request",
  },
};

function refusalOf(rule: FaultRule): Response {
  const refusal = REFUSALS[rule.kind];
  if (refusal === undefined) {
    return new Response(BAD_GATEWAY, { status: 502, headers: { "content-type": "text/html" } });
  }
  const { status, code, message } = refusal;
  const body = { success: false, errors: [{ code, message }], messages: [], result: null };
  const waits = rule.kind === FaultKind.tooManyRequestsRetryAfter;
  return Response.json(body, {
    status,
    ...(waits && { headers: { "Retry-After": String(rule.retryAfter) } }),
  });
}

/** What is read and written together: `/client/v4/accounts/…/cfd_tunnel` and all below it. */
function areaOf(path: string): string {
  return path.split("/").slice(0, 6).join("/");
}

interface App {
  fetch(request: Request, bindings: Partial<HttpBindings>): Response | Promise<Response>;
}

/** The same app, with faults before it. */
export function cloudflareFaults(app: App, faults: Faults, store: Store) {
  const stale = new StaleReads(store, faults);
  const front = new Hono<{ Bindings: Partial<HttpBindings> }>();
  front.all("*", async (c) => {
    const request = c.req.raw;
    const made = attributionOf(request.headers);
    const writes = !READS.includes(request.method);
    const call: FaultCall = {
      where: "cloudflare",
      call: `${request.method} ${c.req.path}`,
      writes,
      resource: made?.urn,
      operation: made?.operation,
    };
    const key = made?.urn ?? areaOf(c.req.path);
    const proceed = async () => {
      if (writes && faults.needHistory) stale.beforeWrite([key, areaOf(c.req.path)]);
      return app.fetch(request, c.env ?? {});
    };
    const rule = faults.decide(
      call,
      (candidate) => candidate.kind !== FaultKind.staleRead || stale.isStale(key, candidate),
    );
    if (rule === undefined) return proceed();
    return inject(rule, {
      proceed,
      proceedStale: async () => stale.read(key, rule, proceed),
      refuse: refusalOf,
      drop: () => dropConnection(c.env),
    });
  });
  return front;
}
