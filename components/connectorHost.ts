import { Instance } from "@pulumi/aws/ec2/instance.js";
import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup.js";
import { InstanceProfile } from "@pulumi/aws/iam/instanceProfile.js";
import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import {
  all,
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  type Output,
  output,
} from "@pulumi/pulumi";
import { DEFAULT_INSTANCE_TYPE, DEFAULT_ROOT_VOLUME_GIB } from "../host/defaults.ts";
import { CONNECTOR_EGRESS } from "../host/egress.ts";
import { INSTANCE_TRUST_POLICY, parameterPolicy } from "../host/parameterPolicy.ts";
import { renderUserData, USER_DATA_LIMIT } from "../host/userData.ts";
import { refuseProblems } from "./argumentProblems.ts";
import { Parts } from "./parts.ts";

export interface ConnectorHostArgs {
  /** Shown in the EC2 console, and the start of the security group's name. */
  hostName: string;
  /** Name of the IAM role and of the instance profile, unique in the AWS account. */
  roleName: string;
  /** AWS region of the parameters. */
  region: string;
  /** VPC of the subnet. */
  vpcId: Input<string>;
  /** Private subnet with a route to the Internet through a NAT gateway: the connector calls out, nothing calls in. */
  subnetId: Input<string>;
  /** Amazon Linux 2023 image of the instance type's architecture. A change replaces the host. */
  imageId: string;
  /** EC2 instance type. Default `t4g.micro`, about 6.70 USD a month in eu-west-1. */
  instanceType?: string | undefined;
  /** Size of the encrypted gp3 root volume in GiB. Default 8, about 0.70 USD a month. */
  rootVolumeGiB?: number | undefined;
  /** SSM path that the host reads its parameters from: begins with a slash, ends without one. */
  parameterPath: string;
  /** ARNs of exactly the parameters that the host may read. */
  parameterArns: Input<string>[];
  /** True when there is a parameter with bucket credentials to fetch. Default false. */
  hasBucket?: boolean | undefined;
  /** Customer key that encrypts the parameters. Default: the account's key aws/ssm. */
  kmsKeyArn?: Input<string> | undefined;
  /** Plain variables for the app, in /etc/tenant-edge/app.env. User data is readable, so no secrets. Default: none. */
  environment?: Record<string, string> | undefined;
  /** Tags of everything here, the root volume included. Default: none. */
  tags?: Record<string, Input<string>> | undefined;
}

/** The inner resources of `ConnectorHost`. */
export interface ConnectorHostNodes {
  role: Role;
  rolePolicy: RolePolicy;
  instanceProfile: InstanceProfile;
  securityGroup: SecurityGroup;
  instance: Instance;
}

function userDataOf(args: ConnectorHostArgs): string {
  return renderUserData({
    region: args.region,
    parameterPath: args.parameterPath,
    hasBucket: args.hasBucket ?? false,
    instanceType: args.instanceType ?? DEFAULT_INSTANCE_TYPE,
    environment: args.environment ?? {},
  });
}

function userDataProblems(userData: string): string[] {
  const bytes = Buffer.byteLength(userData);
  if (bytes <= USER_DATA_LIMIT) return [];
  return [`environment: makes ${bytes} bytes of user data, and EC2 takes at most ${USER_DATA_LIMIT}`];
}

/**
 * An EC2 host without a public address that runs cloudflared: a role that may read exactly its tenant's parameters,
 * a security group with no way in, IMDSv2 only, an encrypted disk, and user data without a secret.
 *
 * User data runs once, at the first boot. Give the option `dependsOn` what must be there by then (routes, the tunnel's
 * configuration); the role's policy is waited for anyway.
 */
export class ConnectorHost extends ComponentResource {
  static readonly #parts = new Parts<ConnectorHost, ConnectorHostNodes>();

  readonly instanceId: Output<string>;

  constructor(name: string, args: ConnectorHostArgs, opts?: ComponentResourceOptions) {
    const userData = userDataOf(args);
    refuseProblems("ConnectorHost", name, userDataProblems(userData));
    super("tenant-edge:index:ConnectorHost", name, {}, opts);

    const role = this.#createRole(name, args);
    const rolePolicy = this.#createRolePolicy(name, args, role);
    const instanceProfile = this.#createInstanceProfile(name, args, role);
    const securityGroup = this.#createSecurityGroup(name, args);
    const instance = this.#createInstance(
      name,
      args,
      { rolePolicy, instanceProfile, securityGroup, userData },
      opts?.dependsOn,
    );

    ConnectorHost.#parts.set(this, { role, rolePolicy, instanceProfile, securityGroup, instance });
    this.instanceId = instance.id;
    this.registerOutputs({ instanceId: this.instanceId });
  }

  get nodes(): ConnectorHostNodes {
    return ConnectorHost.#parts.get(this);
  }

  #createRole(name: string, args: ConnectorHostArgs): Role {
    return new Role(
      `${name}-role`,
      { name: args.roleName, assumeRolePolicy: INSTANCE_TRUST_POLICY, tags: args.tags ?? {} },
      { parent: this },
    );
  }

  #createRolePolicy(name: string, args: ConnectorHostArgs, role: Role): RolePolicy {
    const policy = all([all(args.parameterArns), output(args.kmsKeyArn)]).apply(
      ([parameterArns, kmsKeyArn]) =>
        JSON.stringify(parameterPolicy({ region: args.region, parameterArns, kmsKeyArn })),
    );
    return new RolePolicy(
      `${name}-policy`,
      { name: "read-own-parameters", role: role.name, policy },
      { parent: this },
    );
  }

  #createInstanceProfile(name: string, args: ConnectorHostArgs, role: Role): InstanceProfile {
    return new InstanceProfile(
      `${name}-profile`,
      { name: args.roleName, role: role.name, tags: args.tags ?? {} },
      { parent: this },
    );
  }

  /** The rules stand in the group itself: it is complete from its first moment, and rules added by hand are removed. */
  #createSecurityGroup(name: string, args: ConnectorHostArgs): SecurityGroup {
    return new SecurityGroup(
      `${name}-sg`,
      {
        // A prefix and not a name: a group with a fixed name could not be replaced while the host uses it.
        namePrefix: `${args.hostName}-`,
        description: "Connector host: no way in, HTTPS and Cloudflare Tunnel out",
        vpcId: args.vpcId,
        ingress: [],
        egress: CONNECTOR_EGRESS.map((rule) => ({ ...rule })),
        tags: { ...args.tags, Name: args.hostName },
      },
      { parent: this },
    );
  }

  #createInstance(
    name: string,
    args: ConnectorHostArgs,
    parts: Pick<ConnectorHostNodes, "rolePolicy" | "instanceProfile" | "securityGroup"> & {
      userData: string;
    },
    dependsOn: ComponentResourceOptions["dependsOn"],
  ): Instance {
    const tags = { ...args.tags, Name: args.hostName };
    return new Instance(
      `${name}-instance`,
      {
        ami: args.imageId,
        instanceType: args.instanceType ?? DEFAULT_INSTANCE_TYPE,
        subnetId: args.subnetId,
        associatePublicIpAddress: false,
        vpcSecurityGroupIds: [parts.securityGroup.id],
        iamInstanceProfile: parts.instanceProfile.name,
        userData: parts.userData,
        userDataReplaceOnChange: true,
        metadataOptions: {
          httpEndpoint: "enabled",
          httpTokens: "required",
          httpPutResponseHopLimit: 1,
          instanceMetadataTags: "disabled",
        },
        rootBlockDevice: {
          encrypted: true,
          volumeType: "gp3",
          volumeSize: args.rootVolumeGiB ?? DEFAULT_ROOT_VOLUME_GIB,
          tags,
        },
        tags,
      },
      {
        parent: this,
        dependsOn: output(dependsOn).apply((resources) => [
          parts.rolePolicy,
          ...(resources === undefined ? [] : [resources].flat()),
        ]),
      },
    );
  }
}
