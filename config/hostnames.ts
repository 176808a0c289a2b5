/** Rules for hostnames: inside the zone, covered by a certificate, not reserved, not taken. */
import { domainToASCII } from "node:url";
import { formatPath, type Problem, show } from "./problems.ts";
import type { StackConfig, TenantConfig } from "./schema.ts";
import { ownHostname } from "./tenants.ts";

/** Names that platforms keep for themselves. */
export const RESERVED_SUBDOMAINS: readonly string[] = [
  "api",
  "app",
  "www",
  "doc",
  "docs",
  "status",
  "staging-api",
];

const LABEL = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;
/** RFC 1035, section 2.3.4: a label has at most 63 octets, a name 253 characters. */
const LABEL_LIMIT = 63;
const HOSTNAME_LIMIT = 253;

type Cloudflare = StackConfig["cloudflare"];

/** A hostname and the place that asks for it. */
interface RequestedHostname {
  tenant: string;
  path: string;
  hostname: string;
}

function requested(cloudflare: Cloudflare, tenant: TenantConfig, index: number): RequestedHostname[] {
  const own = tenant.subdomain === undefined ? "id" : "subdomain";
  return [
    {
      tenant: tenant.id,
      path: formatPath(["tenants", index, own]),
      hostname: ownHostname(cloudflare, tenant),
    },
    ...tenant.hostnames.map((hostname, position) => ({
      tenant: tenant.id,
      path: formatPath(["tenants", index, "hostnames", position]),
      hostname,
    })),
  ];
}

/** True when a certificate for `pattern` (`*.a.example.com` or a plain name) serves `hostname`. */
function covers(pattern: string, hostname: string): boolean {
  if (!pattern.startsWith("*.")) return pattern === hostname;
  return hostname.slice(hostname.indexOf(".") + 1) === pattern.slice(2);
}

/** The first rule that one hostname breaks, leaving clashes with others aside. */
export function hostnameProblem(
  { path, hostname }: { path: string; hostname: string },
  cloudflare: Cloudflare,
  reserved: readonly string[],
): Problem | undefined {
  const found = show(hostname);
  const zone = cloudflare.zoneName;
  const ascii = domainToASCII(hostname);
  if (ascii !== hostname && ascii !== "") {
    return {
      path,
      found,
      allowed: "a hostname in lower case and in its ASCII (punycode) form",
      action: `write ${ascii}`,
    };
  }
  if (!hostname.endsWith(`.${zone}`)) {
    return {
      path,
      found,
      allowed: `a hostname that ends with .${zone}`,
      action:
        "a tunnel serves only hostnames of its own account's zone; let the customer's domain point here with a CNAME instead",
    };
  }
  const labels = hostname.slice(0, -zone.length - 1).split(".");
  const long = labels.find((label) => label.length > LABEL_LIMIT);
  if (long !== undefined || hostname.length > HOSTNAME_LIMIT) {
    return {
      path,
      found: `${found} (${long === undefined ? hostname.length : long.length} characters)`,
      allowed: `labels of at most ${LABEL_LIMIT} characters, ${HOSTNAME_LIMIT} in all`,
      action: "give the tenant a shorter subdomain",
    };
  }
  if (!labels.every((label) => LABEL.test(label))) {
    return {
      path,
      found,
      allowed: "labels of lower-case letters, digits and hyphens, neither first nor last a hyphen",
    };
  }
  const taken = [labels[0], labels.at(-1)].find((label) => label !== undefined && reserved.includes(label));
  if (taken !== undefined) {
    return {
      path,
      found,
      allowed: `any subdomain but ${reserved.join(", ")}`,
      action: "give the tenant another subdomain",
    };
  }
  if (labels.length > 1 && !cloudflare.certificateHostnames.some((pattern) => covers(pattern, hostname))) {
    return {
      path,
      found: `${found}, ${labels.length} levels below ${zone}`,
      allowed: "one level below the zone, which Universal SSL covers, or a name that a certificate covers",
      action: `order an advanced certificate and list *.${hostname.slice(hostname.indexOf(".") + 1)} in tenant-edge:cloudflare.certificateHostnames`,
    };
  }
  return undefined;
}

export function hostnameProblems(
  cloudflare: Cloudflare,
  reservedBesides: readonly string[],
  tenants: ReadonlyMap<number, TenantConfig>,
): Problem[] {
  const reserved = [...RESERVED_SUBDOMAINS, ...reservedBesides];
  const owners = new Map<string, RequestedHostname>();
  return [...tenants].flatMap(([index, tenant]) =>
    requested(cloudflare, tenant, index).flatMap((request): Problem[] => {
      const problem = hostnameProblem(request, cloudflare, reserved);
      if (problem !== undefined) return [problem];
      const owner = owners.get(request.hostname);
      owners.set(request.hostname, owner ?? request);
      if (owner === undefined) return [];
      return [
        {
          path: request.path,
          found: show(request.hostname),
          allowed: "a hostname that no other entry has",
          action: `it belongs to tenant ${owner.tenant} (${owner.path}); give one of them another subdomain`,
        },
      ];
    }),
  );
}
