import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";

/** Breaks the connection of a request that is being served. Without a server there is none: a bare 502 then. */
export function dropConnection(bindings: Partial<HttpBindings> | undefined): Response {
  const socket = bindings?.incoming?.socket;
  if (socket === undefined) return new Response(null, { status: 502 });
  socket.destroy();
  return RESPONSE_ALREADY_SENT;
}
