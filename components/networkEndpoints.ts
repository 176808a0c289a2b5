/** VPC endpoints of a network that `Network` creates: AWS services without the way through the NAT gateway. */
import type { RouteTable } from "@pulumi/aws/ec2/routeTable.js";
import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup.js";
import type { Subnet } from "@pulumi/aws/ec2/subnet.js";
import type { Vpc } from "@pulumi/aws/ec2/vpc.js";
import { VpcEndpoint } from "@pulumi/aws/ec2/vpcEndpoint.js";
import type { ComponentResource, Input } from "@pulumi/pulumi";
import { NetworkEndpoint } from "../network/choices.ts";
import { creationHooks } from "./creationHooks.ts";

const HTTPS_PORT = 443;

/** The tag by which the deploying role's policy knows the only security group that may have a rule for inbound traffic. */
const INBOUND_TAG = { "tenant-edge:inbound": "endpoints" };

/** Where the endpoints stand and what they serve. */
interface EndpointPlaces {
  region: string;
  vpc: Vpc;
  /** IPv4 block of the VPC: all that may use the interface endpoints. */
  cidrBlock: string;
  /** One per zone. */
  privateSubnets: readonly Subnet[];
  privateTables: readonly RouteTable[];
  /** Tags with this end of the Name tag. */
  tags: (suffix: string) => Record<string, Input<string>>;
}

/**
 * S3 gets a gateway endpoint in every private route table, the others an interface in each private subnet, behind one
 * security group that lets HTTPS of the VPC in. With private DNS the services' usual names lead to the interfaces.
 */
export function createEndpoints(
  name: string,
  endpoints: readonly NetworkEndpoint[],
  places: EndpointPlaces,
  parent: ComponentResource,
): void {
  const { region, vpc, cidrBlock, privateSubnets, privateTables, tags } = places;
  const hooks = { onError: [creationHooks().failed] };
  const services = endpoints.filter((service) => service !== NetworkEndpoint.s3);
  const common = (service: NetworkEndpoint) => ({
    vpcId: vpc.id,
    serviceName: `com.amazonaws.${region}.${service}`,
    tags: tags(`-${service}`),
  });

  if (endpoints.includes(NetworkEndpoint.s3)) {
    new VpcEndpoint(
      `${name}-endpoint-s3`,
      {
        ...common(NetworkEndpoint.s3),
        vpcEndpointType: "Gateway",
        routeTableIds: privateTables.map(({ id }) => id),
      },
      { parent, hooks },
    );
  }
  if (services.length === 0) return;
  const securityGroup = new SecurityGroup(
    `${name}-endpoints`,
    {
      vpcId: vpc.id,
      description: "Interface endpoints for the hosts of this VPC",
      ingress: [
        {
          protocol: "tcp",
          fromPort: HTTPS_PORT,
          toPort: HTTPS_PORT,
          cidrBlocks: [cidrBlock],
          description: "HTTPS from this VPC",
        },
      ],
      tags: { ...tags("-endpoints"), ...INBOUND_TAG },
    },
    { parent },
  );
  for (const service of services) {
    new VpcEndpoint(
      `${name}-endpoint-${service}`,
      {
        ...common(service),
        vpcEndpointType: "Interface",
        privateDnsEnabled: true,
        subnetIds: privateSubnets.map(({ id }) => id),
        securityGroupIds: [securityGroup.id],
      },
      { parent, hooks },
    );
  }
}
