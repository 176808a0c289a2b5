/** Both emulated clouds with a network for hosts, one tunnel and its parameters: what a tenant's host boots into. */
import { randomBytes } from "node:crypto";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { onTestFinished, vi } from "vitest";
import { CONNECTOR_EGRESS, type EgressRule } from "../../../host/egress.ts";
import { INSTANCE_TRUST_POLICY, parameterPolicy } from "../../../host/parameterPolicy.ts";
import { renderUserData, type UserDataSpec } from "../../../host/userData.ts";
import { Aws } from "../../../sandbox/aws/cloud.ts";
import { Cloudflare } from "../../../sandbox/cloudflare/cloud.ts";
import type { TunnelConfig } from "../../../sandbox/cloudflare/tunnelConfiguration.ts";
import type { Tunnel } from "../../../sandbox/cloudflare/tunnels.ts";
import type { HostReport } from "../../../sandbox/hosts/hostReport.ts";
import { Hosts } from "../../../sandbox/hosts/hosts.ts";
import { Store } from "../../../sandbox/store.ts";

export const REGION = "eu-west-1";
export const ACCOUNT = "123456789012";
export const CLOUDFLARE_ACCOUNT = "0123456789abcdef0123456789abcdef";
export const ZONE = "fedcba9876543210fedcba9876543210";
export const ARM_IMAGE = "ami-0aaaaaaaaaaaaaaaa";
export const AMD_IMAGE = "ami-0bbbbbbbbbbbbbbbb";
export const BAKED_IMAGE = "ami-0cccccccccccccccc";
const VPC = "vpc-0123456789abcdef0";
export const SUBNET = "subnet-0123456789abcdef0";
export const PATH = "/tenant-edge/test/acme";
export const BUCKET_ENVIRONMENT = "AWS_ACCESS_KEY_ID=canary-key\nAWS_SECRET_ACCESS_KEY=canary-secret";

export const SPEC: UserDataSpec = {
  region: REGION,
  parameterPath: PATH,
  hasBucket: true,
  instanceType: "t4g.micro",
  environment: { GREETING: "hello" },
};

export interface LaunchOptions {
  tenant?: string;
  imageId?: string;
  instanceType?: string;
  userData?: string;
  subnetId?: string;
  egress?: readonly EgressRule[];
  /** Parameters that the role may read. Default: those of the tunnel and the bucket. */
  readable?: string[];
  httpEndpoint?: "enabled" | "disabled";
}

export class EmulatedClouds {
  readonly store: Store;
  readonly aws: Aws;
  readonly cloudflare: Cloudflare;
  readonly hosts: Hosts;
  readonly awsUrl: string;

  private constructor(store: Store, aws: Aws, cloudflare: Cloudflare, awsUrl: string) {
    this.store = store;
    this.aws = aws;
    this.cloudflare = cloudflare;
    this.awsUrl = awsUrl;
    this.hosts = this.newHosts();
  }

  /** Call inside a test: everything is closed when it is finished. */
  static async start({ transitionMilliseconds = 1 } = {}): Promise<EmulatedClouds> {
    const store = Store.inMemory();
    const aws = new Aws({ store, region: REGION, accountId: ACCOUNT, transitionMilliseconds });
    const cloudflare = new Cloudflare({ store });
    cloudflare.ensureAccount({ id: CLOUDFLARE_ACCOUNT, name: "Acme" });
    cloudflare.ensureZone({ id: ZONE, name: "example.com", accountId: CLOUDFLARE_ACCOUNT });
    aws.ensureImage({ id: ARM_IMAGE, architecture: "arm64", name: "al2023-arm64" });
    aws.ensureImage({ id: AMD_IMAGE, architecture: "x86_64", name: "al2023-x86_64" });
    aws.ensureImage({
      id: BAKED_IMAGE,
      architecture: "arm64",
      name: "al2023-cloudflared",
      cloudflaredVersion: "2026.10.0",
    });
    aws.ensureExistingNetwork({ vpcId: VPC, subnetIds: [SUBNET] });
    const server = serve({ fetch: aws.wire.fetch, hostname: "127.0.0.1", port: 0 });
    await new Promise((resolve) => server.once("listening", resolve));
    const awsUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const clouds = new EmulatedClouds(store, aws, cloudflare, awsUrl);
    clouds.hosts.start();
    onTestFinished(async () => {
      await clouds.hosts.stop();
      aws.close();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    });
    return clouds;
  }

  /** What another process of the sandbox would have. */
  newHosts(awsUrl = this.awsUrl): Hosts {
    const { aws, cloudflare, store } = this;
    return new Hosts({ aws, cloudflare, store, awsUrl: () => awsUrl, millisecondsPerSecond: 0.5 });
  }

  tunnel(name: string, config?: TunnelConfig): Tunnel {
    const tunnel = this.cloudflare.tunnels.create(CLOUDFLARE_ACCOUNT, { name, config_src: "cloudflare" });
    if (config !== undefined) this.cloudflare.tunnels.configure(CLOUDFLARE_ACCOUNT, tunnel.id, config);
    return tunnel;
  }

  record(name: string, content: string, proxied = true): void {
    const zone = this.cloudflare.zones.get(ZONE);
    if (zone === undefined) throw new Error("the zone is gone");
    this.cloudflare.records.create(zone, { type: "CNAME", name, content, ttl: 1, proxied });
  }

  async parameter(name: string, value: string): Promise<void> {
    await this.aws.call("ssm:PutParameter", {
      Name: name,
      Value: value,
      Type: "SecureString",
      Overwrite: true,
    });
  }

  /** A tunnel whose token, and a bucket whose credentials, stand where the host of `SPEC` looks for them. */
  async tenantParts(config?: TunnelConfig): Promise<Tunnel> {
    const tunnel = this.tunnel("acme", config);
    await this.publishToken(tunnel);
    await this.parameter(`${PATH}/bucket-environment`, BUCKET_ENVIRONMENT);
    return tunnel;
  }

  async publishToken({ id }: Tunnel): Promise<void> {
    const tunnel = this.cloudflare.tunnels.requireLive(CLOUDFLARE_ACCOUNT, id);
    await this.parameter(`${PATH}/tunnel-token`, this.cloudflare.tunnels.tokenOf(tunnel));
  }

  /** A new secret for the tunnel, not yet where the host finds it. */
  rotateSecret({ id }: Tunnel): void {
    const secret = randomBytes(32).toString("base64");
    this.cloudflare.tunnels.update(CLOUDFLARE_ACCOUNT, id, { tunnel_secret: secret });
  }

  /** Runs an instance with a role of its own. Resolves with its id before it boots. */
  async run(options: LaunchOptions = {}): Promise<string> {
    const suffix = randomBytes(4).toString("hex");
    const instanceType = options.instanceType ?? SPEC.instanceType;
    await this.createRole(`host-${suffix}`, options.readable);
    const groupId = await this.createGroup(`host-${suffix}`, options.egress ?? CONNECTOR_EGRESS);
    const { Instances: [instance] = [] } = await this.aws.call("ec2:RunInstances", {
      MinCount: 1,
      MaxCount: 1,
      ImageId: options.imageId ?? ARM_IMAGE,
      InstanceType: instanceType as "t4g.micro",
      SubnetId: options.subnetId ?? SUBNET,
      SecurityGroupIds: [groupId],
      IamInstanceProfile: { Name: `host-${suffix}` },
      UserData: Buffer.from(options.userData ?? renderUserData({ ...SPEC, instanceType })).toString("base64"),
      MetadataOptions: { HttpTokens: "required", HttpEndpoint: options.httpEndpoint ?? "enabled" },
      TagSpecifications: [
        {
          ResourceType: "instance",
          Tags: [{ Key: "tenant-edge:tenant", Value: options.tenant ?? "acme" }],
        },
      ],
    });
    return instance?.InstanceId ?? "";
  }

  /** Runs an instance and waits until its boot is over. */
  async boot(options: LaunchOptions = {}): Promise<HostReport> {
    const instanceId = await this.run(options);
    await until(() => this.hosts.report(instanceId) !== undefined);
    await this.hosts.settled();
    return this.report(instanceId);
  }

  report(instanceId: string): HostReport {
    const report = this.hosts.report(instanceId);
    if (report === undefined) throw new Error(`${instanceId} has not booted`);
    return report;
  }

  async terminate(instanceId: string): Promise<void> {
    await this.aws.call("ec2:TerminateInstances", { InstanceIds: [instanceId] });
    await until(() => this.hosts.report(instanceId)?.state === "terminated");
  }

  /** Switches the VPC's resolver. */
  async resolveNames(isOn: boolean): Promise<void> {
    await this.aws.call("ec2:ModifyVpcAttribute", { VpcId: VPC, EnableDnsSupport: { Value: isOn } });
  }

  /** A subnet whose only way out, if it has one, is `target`. */
  async createSubnet(
    cidrBlock: string,
    target?: { NatGatewayId: string } | { GatewayId: string },
  ): Promise<string> {
    const { Subnet } = await this.aws.call("ec2:CreateSubnet", { VpcId: VPC, CidrBlock: cidrBlock });
    const SubnetId = Subnet?.SubnetId ?? "";
    if (target === undefined) return SubnetId;
    const { RouteTable } = await this.aws.call("ec2:CreateRouteTable", { VpcId: VPC });
    const RouteTableId = RouteTable?.RouteTableId ?? "";
    await this.aws.call("ec2:CreateRoute", { RouteTableId, DestinationCidrBlock: "0.0.0.0/0", ...target });
    await this.aws.call("ec2:AssociateRouteTable", { RouteTableId, SubnetId });
    return SubnetId;
  }

  async createNatGateway(subnetId: string): Promise<string> {
    const { AllocationId } = await this.aws.call("ec2:AllocateAddress", { Domain: "vpc" });
    const { NatGateway } = await this.aws.call("ec2:CreateNatGateway", { SubnetId: subnetId, AllocationId });
    return NatGateway?.NatGatewayId ?? "";
  }

  async internetGateway(): Promise<string> {
    const { InternetGateways: [gateway] = [] } = await this.aws.call("ec2:DescribeInternetGateways", {});
    return gateway?.InternetGatewayId ?? "";
  }

  async createRole(name: string, readable = ["tunnel-token", "bucket-environment"]): Promise<void> {
    await this.aws.call("iam:CreateRole", {
      RoleName: name,
      AssumeRolePolicyDocument: INSTANCE_TRUST_POLICY,
    });
    await this.allowReading(name, readable);
    await this.aws.call("iam:CreateInstanceProfile", { InstanceProfileName: name });
    await this.aws.call("iam:AddRoleToInstanceProfile", { InstanceProfileName: name, RoleName: name });
  }

  async allowReading(roleName: string, parameters: readonly string[]): Promise<void> {
    if (parameters.length === 0) return;
    const parameterArns = parameters.map(
      (parameter) => `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter${PATH}/${parameter}`,
    );
    await this.aws.call("iam:PutRolePolicy", {
      RoleName: roleName,
      PolicyName: "read",
      PolicyDocument: JSON.stringify(parameterPolicy({ region: REGION, parameterArns })),
    });
  }

  async createGroup(name: string, egress: readonly EgressRule[]): Promise<string> {
    const { GroupId = "" } = await this.aws.call("ec2:CreateSecurityGroup", {
      GroupName: name,
      Description: name,
      VpcId: VPC,
    });
    await this.aws.call("ec2:RevokeSecurityGroupEgress", {
      GroupId,
      IpPermissions: [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }],
    });
    for (const rule of egress) {
      await this.aws.call("ec2:AuthorizeSecurityGroupEgress", {
        GroupId,
        IpPermissions: [
          {
            IpProtocol: rule.protocol,
            FromPort: rule.fromPort,
            ToPort: rule.toPort,
            IpRanges: rule.cidrBlocks.map((CidrIp) => ({ CidrIp })),
          },
        ],
      });
    }
    return GroupId;
  }
}

/** Resolves when the condition holds; fails after ten seconds. */
export async function until(condition: () => boolean): Promise<void> {
  await vi.waitUntil(condition, { timeout: 10_000, interval: 2 });
}
