import type { ResourceRule, Violation } from "./policy.ts";
import { at, entries, shown, Unknown } from "./values.ts";

const NOT_FOUND = "http_status:404";

/** Cloudflare One documentation, "Tunnel configuration: ingress rules". */
export const ingress: ResourceRule = {
  name: "ingress-ends-with-404",
  description: "A tunnel answers 404 to all that no rule names.",
  check({ type, values }) {
    if (type !== "cloudflare:index/zeroTrustTunnelCloudflaredConfig:ZeroTrustTunnelCloudflaredConfig")
      return [];
    if (at(values, "config") === Unknown || at(values, "config.ingresses") === Unknown) return [];
    const rules = entries(values, "config.ingresses");
    const last = rules.at(-1);
    if (last === undefined) {
      const action = `End the list with the service ${NOT_FOUND}`;
      return [{ path: "config.ingresses", found: "empty", allowed: "a list of rules", action }];
    }
    const early = rules.slice(0, -1).flatMap(({ path, value }): Violation[] => {
      const action = "Give it the tenant's hostname, or it answers for every other one";
      return isSet(at(value, "hostname"))
        ? []
        : [{ path: `${path}.hostname`, found: "not set", allowed: "a hostname", action }];
    });
    const service = at(last.value, "service");
    const isCatchAll = !isSet(at(last.value, "hostname")) && !isSet(at(last.value, "path"));
    if ((service === NOT_FOUND || service === Unknown) && isCatchAll) return early;
    const found = isCatchAll ? shown(service) : "a rule for one hostname or path";
    const action = "Add such a rule after all others";
    return [...early, { path: last.path, found, allowed: `{"service":"${NOT_FOUND}"}`, action }];
  },
};

/** Also what is not known yet. */
function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "" && value !== "*";
}
