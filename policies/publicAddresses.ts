import type { Declared, ResourceRule, Violation } from "./policy.ts";
import { at, mustBe, shown, Unknown } from "./values.ts";

const STAY_PRIVATE = "Hosts stand in private subnets and call out through a NAT gateway";

/** A violation when something stands at the path. */
function mustBeAbsent({ values }: Declared, path: string, allowed: string, action: string): Violation[] {
  const value = at(values, path);
  const isAbsent =
    value === Unknown ||
    value === undefined ||
    value === null ||
    value === false ||
    value === 0 ||
    value === "" ||
    (Array.isArray(value) && value.length === 0);
  return isAbsent ? [] : [{ path, found: shown(value), allowed, action }];
}

/** What is bound to a host is often not known before the update: being there is enough. */
function mustNotBeSet({ values }: Declared, path: string, action: string): Violation[] {
  const value = at(values, path);
  if (value === undefined || value === null) return [];
  return [{ path, found: value === Unknown ? "set" : shown(value), allowed: "not set", action }];
}

const instance = (resource: Declared): Violation[] => [
  ...mustBe(resource.values, "associatePublicIpAddress", false, `Write false. ${STAY_PRIVATE}`),
  ...mustBeAbsent(resource, "networkInterfaces", "none", "Give subnetId and vpcSecurityGroupIds instead"),
  ...mustBeAbsent(resource, "ipv6AddressCount", "0", "Leave it out: an IPv6 address is a public one"),
  ...mustBeAbsent(resource, "ipv6Addresses", "none", "Leave it out: an IPv6 address is a public one"),
];

const subnet = (resource: Declared): Violation[] =>
  ["mapPublicIpOnLaunch", "assignIpv6AddressOnCreation"].flatMap((path) =>
    mustBeAbsent(resource, path, "false", `Leave it out. ${STAY_PRIVATE}`),
  );

const address = (resource: Declared): Violation[] =>
  ["instance", "networkInterface", "associateWithPrivateIp"].flatMap((path) =>
    mustNotBeSet(resource, path, "Remove the address: only NAT gateways have one"),
  );

const association = (resource: Declared): Violation[] =>
  ["instanceId", "networkInterfaceId", "privateIpAddress"].flatMap((path) =>
    mustNotBeSet(resource, path, "Remove the association: only NAT gateways have an address"),
  );

const loadBalancer = ({ values }: Declared): Violation[] =>
  mustBe(values, "internal", true, "Remove it: visitors come through the tunnel");

const CHECKS: Readonly<Record<string, (resource: Declared) => Violation[]>> = {
  "aws:ec2/instance:Instance": instance,
  "aws:ec2/subnet:Subnet": subnet,
  "aws:ec2/eip:Eip": address,
  "aws:ec2/eipAssociation:EipAssociation": association,
  "aws:lb/loadBalancer:LoadBalancer": loadBalancer,
  "aws:alb/loadBalancer:LoadBalancer": loadBalancer,
};

export const publicAddresses: ResourceRule = {
  name: "no-public-address",
  description: "No host has an address that the Internet can reach.",
  check: (resource) => CHECKS[resource.type]?.(resource) ?? [],
};
