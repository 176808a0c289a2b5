/** Asking after operations that were answered with 202. */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { type SSEStreamingApi, streamSSE } from "hono/streaming";
import { Scope } from "../../operations/contract.ts";
import type { ServiceApp, ServiceContext } from "../context.ts";
import { COMMON_HEADERS, problemResponses } from "../document/responses.ts";
import type { ServiceEnv } from "../environment.ts";
import { problem } from "../problems/problem.ts";
import { ServiceCode } from "../problems/problemTypes.ts";
import { Run } from "../runs/run.ts";
import { type RunRecord, RunState } from "../runs/runRecord.ts";
import { runView, viewRun } from "../runs/runView.ts";
import { apiRoute, guarded, jsonResponse, Tag } from "./apiRoute.ts";

const runPath = z.object({ id: z.uuid().describe("Id of the operation.") });

/** Proxies close connections on which nothing comes for a minute. */
const HEARTBEAT_MILLISECONDS = 15_000;
/** Of one token's name at once. */
const MOST_STREAMS = 20;

const get = apiRoute({
  method: "get",
  path: "/v1/operations/{id}",
  operationId: "getOperation",
  tag: Tag.Operations,
  summary: "How an operation goes, or how it went",
  description: "Operations are remembered for a day after their end.",
  scopes: [Scope.Read],
  request: { params: runPath },
  responses: { 200: jsonResponse(runView, "The operation."), ...problemResponses(404) },
});

const events = apiRoute({
  method: "get",
  path: "/v1/operations/{id}/events",
  operationId: "getOperationEvents",
  tag: Tag.Operations,
  summary: "An operation's progress, as it goes",
  description:
    "Server-sent events: `progress` with what was done, then one `outcome` with the operation, without its result. The stream also ends, without an outcome, when the service shuts down: connect again.",
  scopes: [Scope.Read],
  request: {
    params: runPath,
    headers: z.object({
      "last-event-id": z
        .string()
        .max(100)
        .optional()
        .describe("Go on after this event. Browsers send it themselves."),
    }),
  },
  responses: {
    200: {
      description: "The events.",
      headers: COMMON_HEADERS,
      content: { "text/event-stream": { schema: z.string() } },
    },
    ...problemResponses(404),
  },
});

export function addOperations(app: ServiceApp, service: ServiceContext): void {
  /** Open now, by the token's name. */
  const streams = new Map<string, number>();
  const find = async (id: string): Promise<Run | RunRecord> => {
    const found = await service.runner.find(id);
    if (found === undefined)
      throw problem(ServiceCode.NotFound, `There is no operation ${id}, or it ended days ago.`);
    return found;
  };

  app.openapi(guarded(app, service, get), async (c) => {
    const found = await find(c.req.valid("param").id);
    return c.json(viewRun(found), 200);
  });

  app.openapi(guarded(app, service, events), async (c) => {
    const found = await find(c.req.valid("param").id);
    // Otherwise a stream would be fed that nobody reads.
    if (c.req.raw.method === "HEAD") return c.body(null, 200, { "Content-Type": "text/event-stream" });
    const { name } = c.get("caller");
    const open = streams.get(name) ?? 0;
    if (open >= MOST_STREAMS) {
      throw problem(
        ServiceCode.TooManyRequests,
        `The token ${name} has ${open} streams of events open already.`,
        {
          headers: { "Retry-After": "15" },
        },
      );
    }
    streams.set(name, open + 1);
    const closed = () => streams.set(name, (streams.get(name) ?? 1) - 1);
    return sendEvents(c, found, c.req.valid("header")["last-event-id"], closed);
  });
}

function sendEvents(
  c: Context<ServiceEnv>,
  found: Run | RunRecord,
  after: string | undefined,
  closed: () => void,
): Response {
  return streamSSE(c, async (stream) => {
    const gone = new AbortController();
    stream.onAbort(() => gone.abort());
    const heartbeat = setInterval(() => stream.write(": still there\n\n"), HEARTBEAT_MILLISECONDS);
    try {
      if (found instanceof Run) await sendProgress(stream, found, after, gone.signal);
      // Another process has it: its reader connects again.
      const { state } = found instanceof Run ? found.record : found;
      if (!gone.signal.aborted && state !== RunState.Running) {
        await stream.writeSSE({
          event: "outcome",
          data: JSON.stringify({ ...viewRun(found), result: null }),
        });
      }
    } finally {
      clearInterval(heartbeat);
      closed();
    }
  });
}

async function sendProgress(
  stream: SSEStreamingApi,
  run: Run,
  after: string | undefined,
  gone: AbortSignal,
): Promise<void> {
  let last = after;
  while (!gone.aborted) {
    const isOver = run.outcome !== undefined;
    for (const { id, event } of run.eventsAfter(last)) {
      await stream.writeSSE({ id, event: "progress", data: JSON.stringify(event) });
      last = id;
    }
    if (isOver) return;
    const [next] = run.eventsAfter(last);
    if (next === undefined || next.id === last) await run.changed(gone).catch(() => undefined);
  }
}
