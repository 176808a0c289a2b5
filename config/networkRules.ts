/** Rules for `tenant-edge:network`. */
import { formatPath, type Problem, show } from "./problems.ts";
import type { Rule } from "./rule.ts";
import type { StackConfig } from "./schema.ts";

/** Keys that say what to create. */
const OF_NEW_NETWORK = ["cidrBlock", "availabilityZones", "natGateways", "endpoints"] as const;

/** Keys that say what exists. */
const OF_EXISTING_NETWORK = ["vpcId", "privateSubnetIds"] as const;

/** A network is new, or exists, or is another stack's. */
export const networkComplete: Rule = ({ config: { network } }) => {
  if (network === undefined) return [];
  if (network.stack !== undefined) return besideStack(network);
  const existing = OF_EXISTING_NETWORK.filter((key) => network[key] !== undefined);
  const created = OF_NEW_NETWORK.filter((key) => network[key] !== undefined);
  if (existing.length === 0) return checkOfNothing(network.check);
  const problems: Problem[] = [];
  for (const key of OF_EXISTING_NETWORK) {
    if (network[key] === undefined) {
      problems.push({
        path: formatPath(["network", key]),
        found: "nothing",
        allowed: "both vpcId and privateSubnetIds for an existing network, or neither for a new one",
        action: `add it, or remove ${existing.join(" and ")}`,
      });
    }
  }
  for (const key of created) {
    problems.push({
      path: formatPath(["network", key]),
      found: show(network[key]),
      allowed: "nothing when vpcId and privateSubnetIds name an existing network",
      action: "remove it",
    });
  }
  return problems;
};

function besideStack(network: StackConfig["network"]): Problem[] {
  return [...OF_EXISTING_NETWORK, ...OF_NEW_NETWORK].flatMap((key) =>
    network[key] === undefined
      ? []
      : [
          {
            path: formatPath(["network", key]),
            found: show(network[key]),
            allowed: "nothing when stack names the stack whose network is used",
            action: "remove it, or remove stack",
          },
        ],
  );
}

function checkOfNothing(check: string | undefined): Problem[] {
  if (check === undefined) return [];
  return [
    {
      path: formatPath(["network", "check"]),
      found: show(check),
      allowed: "nothing unless vpcId and privateSubnetIds, or stack, name a network that exists",
      action: "remove it",
    },
  ];
}

export const zonesInRegion: Rule = ({ config: { network }, region }) =>
  (network?.availabilityZones ?? []).flatMap((zone, index): Problem[] =>
    region === undefined || zone.slice(0, -1) === region
      ? []
      : [
          {
            path: formatPath(["network", "availabilityZones", index]),
            found: show(zone),
            allowed: `a zone of ${region} (aws:region), for example ${region}a`,
          },
        ],
  );

/**
 * Two subnets in one zone would spread no host; a subnet listed twice would get twice its share; a VPC takes one
 * endpoint per service.
 */
export const distinctPlaces: Rule = ({ config: { network } }) =>
  (["availabilityZones", "privateSubnetIds", "endpoints"] as const).flatMap((key) => {
    const list: readonly string[] = network?.[key] ?? [];
    return list.flatMap((entry, index): Problem[] => {
      const first = list.indexOf(entry);
      if (first === index) return [];
      return [
        {
          path: formatPath(["network", key, index]),
          found: show(entry),
          allowed: "each entry once",
          action: `${key}[${first}] is the same: remove one of the two`,
        },
      ];
    });
  });

/** The block that `cidrBlock` lies in: the same with its host bits cleared. */
function withoutHostBits(cidrBlock: string): string {
  const [address = "", prefix = ""] = cidrBlock.split("/");
  const octets = address.split(".").map((octet, index) => {
    const networkBits = Math.min(8, Math.max(0, Number(prefix) - 8 * index));
    const step = 2 ** (8 - networkBits);
    return Number(octet) - (Number(octet) % step);
  });
  return `${octets.join(".")}/${prefix}`;
}

export const blockBegins: Rule = ({ config: { network } }) => {
  if (network?.cidrBlock === undefined) return [];
  const block = withoutHostBits(network.cidrBlock);
  if (block === network.cidrBlock) return [];
  return [
    {
      path: formatPath(["network", "cidrBlock"]),
      found: show(network.cidrBlock),
      allowed: "a block that is written with its first address",
      action: `write ${block}`,
    },
  ];
};
