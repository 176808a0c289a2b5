import { Instance } from "@pulumi/aws/ec2/instance.js";
import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup.js";
import { InstanceProfile } from "@pulumi/aws/iam/instanceProfile.js";
import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import { Parameter } from "@pulumi/aws/ssm/parameter.js";
import { ParameterType } from "@pulumi/aws/types/enums/ssm/index.js";
import { all, ComponentResource, type ComponentResourceOptions, type Output, output } from "@pulumi/pulumi";
import {
  DEFAULT_CONNECTOR,
  DEFAULT_INSTANCE_TYPE,
  DEFAULT_REPLACEMENT_TIMEOUT_SECONDS,
  DEFAULT_ROOT_VOLUME_GIB,
} from "../host/defaults.ts";
import { connectorEgress } from "../host/egress.ts";
import { NO_REPORT } from "../host/hostReport.ts";
import { hostPolicy, INSTANCE_TRUST_POLICY } from "../host/policy.ts";
import { refuseProblems } from "./argumentProblems.ts";
import type { ConnectorHostArgs } from "./connectorHostArgs.ts";
import { creationHooks } from "./creationHooks.ts";
import { deletionHooks, makeKnown } from "./deletionHooks.ts";
import { derived } from "./derived.ts";
import { hostUserData } from "./hostUserData.ts";
import { makeHostKnown } from "./liveHost.ts";
import { Parts } from "./parts.ts";

/** The inner resources of `ConnectorHost`. */
export interface ConnectorHostNodes {
  report: Parameter;
  role: Role;
  rolePolicy: RolePolicy;
  instanceProfile: InstanceProfile;
  securityGroup: SecurityGroup;
  instance: Instance;
}

/**
 * An EC2 host without a public address that runs cloudflared: a role that may read exactly its tenant's parameters and
 * write its own report, a security group with no way in, IMDSv2 only, an encrypted disk, and user data without a secret.
 *
 * User data runs once, at the first boot. Give the option `dependsOn` what must be there by then (routes, the tunnel's
 * configuration); the role's policy is waited for anyway.
 *
 * A replaced host is deleted when the new one is connected, by a hook of the program: the engine therefore destroys
 * hosts only while the program takes part (`PULUMI_RUN_PROGRAM=true`). See `deletionHooks` for programs of your own.
 */
export class ConnectorHost extends ComponentResource {
  static readonly #parts = new Parts<ConnectorHost, ConnectorHostNodes>();

  readonly instanceId: Output<string>;

  constructor(name: string, args: ConnectorHostArgs, opts?: ComponentResourceOptions) {
    const { userData, problems } = hostUserData(args);
    refuseProblems("ConnectorHost", name, problems);
    super("tenant-edge:index:ConnectorHost", name, {}, opts);

    const report = this.#createReport(name, args);
    const role = this.#createRole(name, args);
    const rolePolicy = this.#createRolePolicy(name, args, role, report);
    const instanceProfile = this.#createInstanceProfile(name, args, role);
    const securityGroup = this.#createSecurityGroup(name, args);
    const instance = this.#createInstance(
      name,
      args,
      { rolePolicy, instanceProfile, securityGroup, userData },
      opts?.dependsOn,
    );

    makeKnown(instance);
    makeHostKnown(this, instance, {
      name,
      reportParameter: args.reportParameter,
      timeoutSeconds: args.replacementTimeoutSeconds ?? DEFAULT_REPLACEMENT_TIMEOUT_SECONDS,
      accountId: args.accountId,
      tunnelId: args.tunnelId,
    });

    ConnectorHost.#parts.set(this, { report, role, rolePolicy, instanceProfile, securityGroup, instance });
    this.instanceId = instance.id;
    this.registerOutputs({ instanceId: this.instanceId });
  }

  get nodes(): ConnectorHostNodes {
    return ConnectorHost.#parts.get(this);
  }

  /** The host writes it: what it holds is no drift. */
  #createReport(name: string, args: ConnectorHostArgs): Parameter {
    return new Parameter(
      `${name}-report`,
      {
        name: args.reportParameter,
        type: ParameterType.String,
        tier: "Standard",
        insecureValue: NO_REPORT,
        tags: args.tags ?? {},
      },
      {
        parent: this,
        ignoreChanges: ["value", "insecureValue"],
        hooks: { onError: [creationHooks().failed] },
      },
    );
  }

  #createRole(name: string, args: ConnectorHostArgs): Role {
    return new Role(
      `${name}-role`,
      { name: args.roleName, assumeRolePolicy: INSTANCE_TRUST_POLICY, tags: args.tags ?? {} },
      { parent: this, hooks: { onError: [creationHooks().failed] } },
    );
  }

  #createRolePolicy(name: string, args: ConnectorHostArgs, role: Role, report: Parameter): RolePolicy {
    const { region, sessionManager = false } = args;
    const kmsKey = output(args.kmsKeyArn).apply((arn) => arn ?? null);
    const policy = derived(
      all([all(args.parameterArns), report.arn, kmsKey]),
      ([secretArns, reportArn, kmsKeyArn]) =>
        JSON.stringify(
          hostPolicy({ region, secretArns, reportArn, kmsKeyArn: kmsKeyArn ?? undefined, sessionManager }),
        ),
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
      { parent: this, hooks: { onError: [creationHooks().failed] } },
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
        egress: connectorEgress({
          edgeIpVersion: args.edgeIpVersion ?? DEFAULT_CONNECTOR.edgeIpVersion,
          edgeRegion: args.edgeRegion ?? DEFAULT_CONNECTOR.edgeRegion,
        }),
        tags: { ...args.tags, Name: args.hostName },
      },
      { parent: this, hooks: { onError: [creationHooks().failed] } },
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
    const { begun, failed } = creationHooks();
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
        // AWS would stop the host to change these; and the file system would not fill a larger volume.
        replaceOnChanges: ["instanceType", "rootBlockDevice.volumeSize"],
        hooks: {
          beforeCreate: [begun],
          onError: [failed],
          beforeDelete: [deletionHooks().guard, deletionHooks().host],
        },
      },
    );
  }
}
