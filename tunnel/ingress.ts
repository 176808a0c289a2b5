/** Ingress rules of a tunnel. Cloudflare One documentation, "Tunnel configuration: ingress rules and origin parameters". */

/** What a tunnel forwards to when nobody says otherwise, as seen from its connector. */
export const DEFAULT_SERVICE = "http://localhost:8080";

/** How the connector speaks to an origin; every setting is optional and Cloudflare's default otherwise. */
export interface OriginOptions {
  /** Time to connect, in seconds. Default 30. */
  connectTimeoutSeconds?: number | undefined;
  /** Host header sent to the origin. Default: the request's own. */
  httpHostHeader?: string | undefined;
  /** Name that the origin's certificate must have. Default: the service's host. */
  originServerName?: string | undefined;
  /** Accept any certificate of an HTTPS origin. Default false. */
  noTlsVerify?: boolean | undefined;
}

/** A path that goes elsewhere than to the tenant's origin. */
export interface Route extends OriginOptions {
  /** Regular expression on the path. */
  path: string;
  /** `http://host:port` or `https://host:port`, as seen from the connector. */
  service: string;
}

export interface OriginRequest {
  connectTimeout?: number;
  httpHostHeader?: string;
  originServerName?: string;
  noTlsVerify?: boolean;
}

export interface IngressRule {
  hostname?: string;
  path?: string;
  service: string;
  originRequest?: OriginRequest;
}

/** `undefined` rather than an empty object: an empty one shows as a difference for ever. */
function originRequest(options: OriginOptions): { originRequest?: OriginRequest } {
  const request: OriginRequest = {
    ...(options.connectTimeoutSeconds === undefined ? {} : { connectTimeout: options.connectTimeoutSeconds }),
    ...(options.httpHostHeader === undefined ? {} : { httpHostHeader: options.httpHostHeader }),
    ...(options.originServerName === undefined ? {} : { originServerName: options.originServerName }),
    ...(options.noTlsVerify === undefined ? {} : { noTlsVerify: options.noTlsVerify }),
  };
  return Object.keys(request).length === 0 ? {} : { originRequest: request };
}

/** What every tunnel answers to a hostname or path that no rule names; Cloudflare demands such a last rule. */
const CATCH_ALL: IngressRule = { service: "http_status:404" };

/** For each hostname its routes in their order, then its origin; a 404 for everything else. The first match wins. */
export function ingressRules(
  hostnames: readonly string[],
  origin: OriginOptions & { service: string },
  routes: readonly Route[],
): IngressRule[] {
  const rules = hostnames.flatMap((hostname): IngressRule[] => [
    ...routes.map((route) => ({
      hostname,
      path: route.path,
      service: route.service,
      ...originRequest(route),
    })),
    { hostname, service: origin.service, ...originRequest(origin) },
  ]);
  return [...rules, CATCH_ALL];
}
