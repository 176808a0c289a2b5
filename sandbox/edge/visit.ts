/** A visitor of a tenant's hostname. */
import { request } from "node:http";

export interface Visit {
  status: number;
  body: string;
}

/** GET at the emulated edge for a hostname. `fetch` does not let its caller choose the Host header. */
export function visit(edgeUrl: string, hostname: string, path = "/"): Promise<Visit> {
  return new Promise((resolve, reject) => {
    const sent = request(new URL(path, edgeUrl), { headers: { host: hostname } }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        body += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
    });
    sent.on("error", reject);
    sent.end();
  });
}
