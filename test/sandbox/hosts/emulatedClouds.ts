/** Both emulated clouds with a network for hosts, one tunnel and its parameters: what a tenant's host boots into. */
import { randomBytes } from "node:crypto";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { onTestFinished, vi } from "vitest";
import { environmentFile, secretAccessKey } from "../../../bucket/credentials.ts";
import { DEFAULT_CONNECTOR } from "../../../host/defaults.ts";
import { connectorEgress, type EgressRule } from "../../../host/egress.ts";
import { NO_REPORT } from "../../../host/hostReport.ts";
import { hostPolicy, INSTANCE_TRUST_POLICY } from "../../../host/policy.ts";
import type { HostSpec } from "../../../host/spec.ts";
import { renderUserData } from "../../../host/userData.ts";
import { Aws } from "../../../sandbox/aws/cloud.ts";
import { Cloudflare } from "../../../sandbox/cloudflare/cloud.ts";
import { Jurisdiction } from "../../../sandbox/cloudflare/tokenPolicy.ts";
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
/** Carries my-app.service. */
export const APP_IMAGE = "ami-0dddddddddddddddd";
const VPC = "vpc-0123456789abcdef0";
export const SUBNET = "subnet-0123456789abcdef0";
export const PATH = "/tenant-edge/test/acme";
export const REPORT = `${PATH}/host-report`;
export const BUCKET = "acme-data";
export const CONNECTOR_EGRESS = connectorEgress(DEFAULT_CONNECTOR);

/** Objects may be read and written. Cloudflare R2 documentation, "API tokens". */
const BUCKET_ITEM_WRITE = "2efd5506f9c8494dacb1fa10a3e7d5b6";

export const SPEC: HostSpec = {
  region: REGION,
  parameterPath: PATH,
  reportParameter: REPORT,
  hasBucket: true,
  instanceType: "t4g.micro",
  connector: DEFAULT_CONNECTOR,
  pollSeconds: 60,
  environment: { GREETING: "hello" },
  sessionManager: false,
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
  /** Parameter that the role may read and write. Default: that of `SPEC`. */
  report?: string;
  /** What the user data was made of: the security group opens what it needs. Default: `SPEC`. */
  spec?: HostSpec;
  httpEndpoint?: "enabled" | "disabled";
  /** The SSM agent runs, and may register. Default: false. */
  sessionManager?: boolean;
}

export class EmulatedClouds {
  readonly store: Store;
  readonly aws: Aws;
  readonly cloudflare: Cloudflare;
  readonly hosts: Hosts;
  readonly awsUrl: string;
  /** What stands in no log and in no report. */
  readonly secrets: string[] = [];
  #launched = 0;
  readonly millisecondsPerSecond: number;

  private constructor(
    store: Store,
    aws: Aws,
    cloudflare: Cloudflare,
    awsUrl: string,
    millisecondsPerSecond: number,
  ) {
    this.millisecondsPerSecond = millisecondsPerSecond;
    this.store = store;
    this.aws = aws;
    this.cloudflare = cloudflare;
    this.awsUrl = awsUrl;
    this.hosts = this.newHosts();
  }

  /** Call inside a test: everything is closed when it is finished. */
  static async start({
    transitionMilliseconds = 1,
    millisecondsPerSecond = 0.5,
    /** Cloudflare's clock. */
    now = () => new Date(),
  } = {}): Promise<EmulatedClouds> {
    const store = Store.inMemory();
    const aws = new Aws({ store, region: REGION, accountId: ACCOUNT, transitionMilliseconds });
    const cloudflare = new Cloudflare({ store, now });
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
    aws.ensureImage({
      id: APP_IMAGE,
      architecture: "arm64",
      name: "al2023-app",
      units: {
        "my-app.service": "[Service]\nExecStart=/usr/bin/my-app\nExecReload=/bin/kill -HUP $MAINPID\n",
      },
    });
    aws.ensureExistingNetwork({ vpcId: VPC, subnetIds: [SUBNET] });
    const server = serve({ fetch: aws.wire.fetch, hostname: "127.0.0.1", port: 0 });
    await new Promise((resolve) => server.once("listening", resolve));
    const awsUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const clouds = new EmulatedClouds(store, aws, cloudflare, awsUrl, millisecondsPerSecond);
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
    const { aws, cloudflare, store, millisecondsPerSecond } = this;
    return new Hosts({ aws, cloudflare, store, awsUrl: () => awsUrl, millisecondsPerSecond });
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

  async parameter(
    name: string,
    value: string,
    type: "SecureString" | "String" = "SecureString",
  ): Promise<void> {
    await this.aws.call("ssm:PutParameter", {
      Name: name,
      Value: value,
      Type: type,
      Overwrite: true,
    });
  }

  /** A tunnel whose token, and a bucket whose credentials, stand where the host of `SPEC` looks for them. */
  async tenantParts(config?: TunnelConfig): Promise<Tunnel> {
    const tunnel = this.tunnel("acme", config);
    await this.publishToken(tunnel);
    this.cloudflare.buckets.create(CLOUDFLARE_ACCOUNT, Jurisdiction.default, { name: BUCKET });
    await this.publishKey(1);
    await this.parameter(REPORT, NO_REPORT, "String");
    return tunnel;
  }

  /** Mints a generation of the bucket's key and puts it where the host finds it. Returns its token's id. */
  async publishKey(keyGeneration: number): Promise<string> {
    const { token, value } = this.cloudflare.tokens.create(CLOUDFLARE_ACCOUNT, {
      name: `acme-data-${keyGeneration}`,
      policies: [
        {
          effect: "allow",
          permission_groups: [{ id: BUCKET_ITEM_WRITE }],
          resources: { [`com.cloudflare.edge.r2.bucket.${CLOUDFLARE_ACCOUNT}_default_${BUCKET}`]: "*" },
        },
      ],
    });
    const credentials = {
      endpoint: `https://${CLOUDFLARE_ACCOUNT}.r2.cloudflarestorage.com`,
      bucketName: BUCKET,
      region: "auto",
      accessKeyId: token.id,
      secretAccessKey: secretAccessKey(value),
      keyGeneration,
    };
    this.secrets.push(value, credentials.secretAccessKey);
    await this.parameter(`${PATH}/bucket-environment`, environmentFile(credentials));
    return token.id;
  }

  /** The bucket's key behind it opens nothing any more. */
  revokeKey(tokenId: string): void {
    this.cloudflare.tokens.delete(CLOUDFLARE_ACCOUNT, tokenId);
  }

  roleOf(instanceId: string): string {
    return this.aws.instance(instanceId)?.roleArn?.split("/").at(-1) ?? "";
  }

  /** Runs systemctl on a host, as whoever opens a session there. */
  async systemctl(instanceId: string, words: string): Promise<void> {
    const { stderr, exitCode } = await this.hosts.systemctl(instanceId, words.split(" "));
    if (exitCode !== 0) throw new Error(stderr);
  }

  /** What the host has written into its report's parameter, as text. */
  async reportText(name = REPORT): Promise<string> {
    const { Parameter } = await this.aws.call("ssm:GetParameter", { Name: name });
    return Parameter?.Value ?? "";
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
    const { instanceType = SPEC.instanceType, sessionManager = false } = options;
    // User data of the caller's own names the first report.
    const report = options.report ?? (options.userData === undefined ? await this.nextReport() : REPORT);
    await this.createRole(`host-${suffix}`, { ...options, report });
    const groupId = await this.createGroup(
      `host-${suffix}`,
      options.egress ?? connectorEgress((options.spec ?? SPEC).connector),
    );
    const { Instances: [instance] = [] } = await this.aws.call("ec2:RunInstances", {
      MinCount: 1,
      MaxCount: 1,
      ImageId: options.imageId ?? ARM_IMAGE,
      InstanceType: instanceType as "t4g.micro",
      SubnetId: options.subnetId ?? SUBNET,
      SecurityGroupIds: [groupId],
      IamInstanceProfile: { Name: `host-${suffix}` },
      UserData: Buffer.from(
        options.userData ??
          renderUserData({ ...SPEC, instanceType, reportParameter: report, sessionManager }),
      ).toString("base64"),
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

  /** Each host has a report of its own. */
  private async nextReport(): Promise<string> {
    this.#launched += 1;
    if (this.#launched === 1) return REPORT;
    const name = `${REPORT}-${this.#launched}`;
    await this.parameter(name, NO_REPORT, "String");
    return name;
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

  async createRole(
    name: string,
    { readable = ["tunnel-token", "bucket-environment"], report, sessionManager }: LaunchOptions,
  ): Promise<void> {
    await this.aws.call("iam:CreateRole", {
      RoleName: name,
      AssumeRolePolicyDocument: INSTANCE_TRUST_POLICY,
    });
    await this.allowReading(name, readable, report, sessionManager);
    await this.aws.call("iam:CreateInstanceProfile", { InstanceProfileName: name });
    await this.aws.call("iam:AddRoleToInstanceProfile", { InstanceProfileName: name, RoleName: name });
  }

  /** And writing and reading the report. */
  async allowReading(
    roleName: string,
    parameters: readonly string[],
    report = REPORT,
    sessionManager = false,
  ): Promise<void> {
    if (parameters.length === 0) return;
    const arn = `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter`;
    const secretArns = parameters.map((parameter) => `${arn}${PATH}/${parameter}`);
    const access = { region: REGION, secretArns, reportArn: `${arn}${report}`, sessionManager };
    await this.aws.call("iam:PutRolePolicy", {
      RoleName: roleName,
      PolicyName: "read",
      PolicyDocument: JSON.stringify(hostPolicy(access)),
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
            IpRanges: (rule.cidrBlocks ?? []).map((CidrIp) => ({ CidrIp })),
          },
        ],
      });
    }
    return GroupId;
  }
}

/** Resolves when the condition holds; fails after ten seconds. */
export async function until(condition: () => boolean): Promise<void> {
  await vi.waitUntil(condition, { timeout: 25_000, interval: 2 });
}
