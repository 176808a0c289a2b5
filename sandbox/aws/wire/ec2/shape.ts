/** Answers of EC2 as the ec2 query protocol writes them. */

/** Lists that are not called as in the SDK. */
const SETS: Readonly<Record<string, string>> = {
  Addresses: "addressesSet",
  Associations: "associationSet",
  Attachments: "attachmentSet",
  DnsEntries: "dnsEntrySet",
  Groups: "groupSet",
  InternetGateways: "internetGatewaySet",
  NatGatewayAddresses: "natGatewayAddressSet",
  NatGateways: "natGatewaySet",
  NetworkInterfaceIds: "networkInterfaceIdSet",
  PropagatingVgws: "propagatingVgwSet",
  RouteTableIds: "routeTableIdSet",
  RouteTables: "routeTableSet",
  Routes: "routeSet",
  SubnetIds: "subnetIdSet",
  Subnets: "subnetSet",
  Tags: "tagSet",
  VpcEndpoints: "vpcEndpointSet",
  Vpcs: "vpcSet",
};

/** What the SDK reads as `value`, as the content of an element. */
export function shape(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return { item: value.map(shape) };
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, content]) => content !== undefined)
      .map(([name, content]) => [
        SETS[name] ?? `${name.slice(0, 1).toLowerCase()}${name.slice(1)}`,
        shape(content),
      ]),
  );
}
