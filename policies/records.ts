import { tunnelIn } from "../tunnel/recordContent.ts";
import {
  type Declared,
  type ResourceRule,
  type StackRule,
  type StackViolation,
  textList,
  texts,
  type Violation,
} from "./policy.ts";
import { stackOutput } from "./stackOutputs.ts";
import { at, isObject, mustBe, shown, textsOf, Unknown } from "./values.ts";

const RECORDS = new Set(["cloudflare:index/dnsRecord:DnsRecord", "cloudflare:index/record:Record"]);
const TUNNEL_CONFIG = "cloudflare:index/zeroTrustTunnelCloudflaredConfig:ZeroTrustTunnelCloudflaredConfig";

export const proxiedRecords: ResourceRule = {
  name: "proxied-record",
  description: "A record is a proxied CNAME of a tunnel: nothing else may tell where a host is.",
  check({ type, values }) {
    if (!RECORDS.has(type)) return [];
    const content = at(values, "content");
    const isTunnel = content === Unknown || (typeof content === "string" && tunnelIn(content) !== undefined);
    const foreign: Violation = {
      path: "content",
      found: shown(content),
      allowed: "<tunnel>.cfargotunnel.com",
      action: "Point it at the tenant's tunnel",
    };
    return [
      ...mustBe(values, "type", "CNAME", "Write CNAME: an address would show the origin"),
      ...mustBe(values, "proxied", true, "Write true: unproxied, a tunnel's name leads nowhere"),
      ...(isTunnel ? [] : [foreign]),
    ];
  },
};

/** The zones that records may be in: those that are configured, else the one that most of the stack's records are in. */
function zonesOf(records: readonly Declared[], configured: readonly string[]): ReadonlySet<unknown> {
  if (configured.length > 0) return new Set(configured);
  const counts = new Map<unknown, number>();
  for (const { values } of records) counts.set(values["zoneId"], (counts.get(values["zoneId"]) ?? 0) + 1);
  const [most] = [...counts].sort(([, one], [, other]) => other - one);
  return new Set([most?.[0]]);
}

/** All hostnames of tenants; undefined for a stack that does not tell them. */
function hostnamesOf(resources: readonly Declared[]): ReadonlySet<string> | undefined {
  const tenants = stackOutput(resources, "tenants");
  if (!isObject(tenants)) return undefined;
  return new Set(Object.values(tenants).flatMap((tenant) => textsOf(at(tenant, "hostnames"))));
}

export const ownRecords: StackRule = {
  name: "own-record",
  description: "A record leads a tenant's hostname, in the stack's zone, to a tunnel of this stack.",
  configSchema: {
    properties: {
      zoneIds: textList(
        "Zones that records may be in. Default: the zone that most of the stack's records are in.",
      ),
    },
  },
  checkStack(resources, config) {
    const records = resources.filter(({ type }) => RECORDS.has(type));
    const zones = zonesOf(records, texts(config, "zoneIds"));
    const hostnames = hostnamesOf(resources);
    const tunnels = new Set(
      resources.flatMap(({ type, values }) => (type === TUNNEL_CONFIG ? [values["tunnelId"]] : [])),
    );
    return records.flatMap((resource): StackViolation[] => {
      const { zoneId, name, content } = resource.values;
      const found: StackViolation[] = [];
      if (zoneId !== Unknown && !zones.has(zoneId)) {
        const allowed = [...zones].map((zone) => shown(zone === Unknown ? undefined : zone)).join(" or ");
        const action = "Use the zone of the stack's other records";
        found.push({ resource, path: "zoneId", found: shown(zoneId), allowed, action });
      }
      if (hostnames !== undefined && typeof name === "string" && !hostnames.has(name)) {
        const action = "Add it to a tenant's hostnames, or remove the record";
        found.push({ resource, path: "name", found: shown(name), allowed: "a tenant's hostname", action });
      }
      const tunnel = typeof content === "string" ? tunnelIn(content) : undefined;
      if (tunnel !== undefined && !tunnels.has(tunnel)) {
        const action = "Point it at the tenant's own tunnel";
        found.push({
          resource,
          path: "content",
          found: shown(content),
          allowed: "a tunnel of this stack",
          action,
        });
      }
      return found;
    });
  },
};
