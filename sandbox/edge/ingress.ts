/** Which ingress rule of a tunnel takes a request. */
import type { IngressRule, TunnelConfig } from "../cloudflare/tunnelConfiguration.ts";

function matchesHostname(pattern: string | undefined, hostname: string): boolean {
  if (pattern === undefined || pattern === "" || pattern === "*") return true;
  if (pattern.startsWith("*.")) return hostname.endsWith(pattern.slice(1).toLowerCase());
  return pattern.toLowerCase() === hostname;
}

/** An unanchored regular expression over the path without the query. */
function matchesPath(expression: string | undefined, path: string): boolean {
  return expression === undefined || expression === "" || new RegExp(expression).test(path);
}

/** The first rule that matches, with the tunnel's own origin settings below the rule's. */
export function findRule(config: TunnelConfig, hostname: string, path: string): IngressRule | undefined {
  const rule = config.ingress?.find(
    (one) => matchesHostname(one.hostname, hostname) && matchesPath(one.path, path),
  );
  return rule && { ...rule, originRequest: { ...config.originRequest, ...rule.originRequest } };
}
