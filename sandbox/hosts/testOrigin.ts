/**
 * The tenant's app, played by the sandbox: it listens on every port of its host's loopback interface, with a
 * self-signed certificate where TLS is wanted, and answers with what it was asked.
 */

export interface OriginRequest {
  /** The ingress rule's service, as `http://localhost:8080`. */
  service: string;
  /** Accepts a certificate that nobody vouches for. */
  noTlsVerify: boolean;
  method: string;
  /** With the query. */
  path: string;
  headers: Headers;
}

/** The connector could not get an answer from the origin. The message is what cloudflared logs. */
export class OriginError extends Error {
  constructor(reason: string) {
    super(`Unable to reach the origin service: ${reason}`);
    this.name = "OriginError";
  }
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;
const DEFAULT_PORTS: Record<string, string> = { "http:": "80", "https:": "443" };

/** Throws OriginError when nobody listens there, or its certificate is not accepted. */
export function answerAsOrigin(
  host: { instanceId: string; tenant: string | undefined },
  { service, noTlsVerify, method, path, headers }: OriginRequest,
): Response {
  const url = new URL(service);
  const defaultPort = DEFAULT_PORTS[url.protocol];
  if (defaultPort === undefined)
    throw new OriginError(`the sandbox's app speaks HTTP only, not ${url.protocol}`);
  if (!LOOPBACK.test(url.hostname)) {
    throw new OriginError(`dial tcp ${url.hostname}:${url.port || defaultPort}: connect: connection refused`);
  }
  if (url.protocol === "https:" && !noTlsVerify) {
    throw new OriginError("tls: failed to verify certificate: x509: certificate signed by unknown authority");
  }
  return Response.json({
    tenant: host.tenant ?? null,
    instanceId: host.instanceId,
    service,
    hostname: headers.get("host"),
    path,
    method,
    headers: Object.fromEntries(headers),
  });
}
