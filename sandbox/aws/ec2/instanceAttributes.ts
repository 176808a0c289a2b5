/** Attributes of instances that can change after the launch. */
import type {
  DescribeInstanceAttributeCommand,
  ModifyInstanceAttributeCommand,
  ModifyInstanceAttributeCommandInput,
  ModifyInstanceMetadataOptionsCommand,
  MonitorInstancesCommand,
  UnmonitorInstancesCommand,
} from "@aws-sdk/client-ec2";
import { AwsError, type Handlers, type OperationOf } from "../operation.ts";
import { invalidParameterValue, refuseUnmodelled, required } from "../refusals.ts";
import type { AwsState } from "../state.ts";
import { existingInstance, type InstanceRecord } from "./instanceRecord.ts";
import { instanceTypeFacts } from "./instanceTypes.ts";
import { metadataOptionsWith } from "./metadataOptions.ts";
import { existingSecurityGroup } from "./securityGroups.ts";
import { checkUserData } from "./userData.ts";

export type InstanceAttributeOperations = {
  "ec2:DescribeInstanceAttribute": OperationOf<DescribeInstanceAttributeCommand>;
  "ec2:ModifyInstanceAttribute": OperationOf<ModifyInstanceAttributeCommand>;
  "ec2:ModifyInstanceMetadataOptions": OperationOf<ModifyInstanceMetadataOptionsCommand>;
  "ec2:MonitorInstances": OperationOf<MonitorInstancesCommand>;
  "ec2:UnmonitorInstances": OperationOf<UnmonitorInstancesCommand>;
};

const MODELLED = [
  "InstanceId",
  "UserData",
  "InstanceType",
  "Groups",
  "SourceDestCheck",
  "DisableApiTermination",
  "DisableApiStop",
  "InstanceInitiatedShutdownBehavior",
];

function requireStopped(instance: InstanceRecord): void {
  if (instance.state === "stopped") return;
  throw new AwsError(
    "IncorrectInstanceState",
    `The instance '${instance.instanceId}' is not in the 'stopped' state.`,
  );
}

function modifyType(state: AwsState, instance: InstanceRecord, instanceType: string): void {
  requireStopped(instance);
  const facts = instanceTypeFacts(instanceType);
  if (facts.architecture !== instance.architecture) {
    throw invalidParameterValue(
      `The specified instance type '${instanceType}' has the architecture '${facts.architecture}', ` +
        `which does not match the architecture '${instance.architecture}' of the instance`,
    );
  }
  const { cpuCredits, ...rest } = instance;
  state.instances.put(instance.instanceId, {
    ...rest,
    instanceType,
    ...(facts.burstable && { cpuCredits: cpuCredits ?? "unlimited" }),
  });
}

function modifyGroups(state: AwsState, instance: InstanceRecord, groups: string[]): void {
  if (groups.length === 0) {
    throw new AwsError("InvalidParameterValue", "You must specify at least one security group");
  }
  for (const id of groups) {
    if (existingSecurityGroup(state, id).vpcId !== instance.vpcId) {
      throw new AwsError(
        "InvalidGroup.NotFound",
        `The security group '${id}' does not exist in VPC '${instance.vpcId}'`,
      );
    }
  }
  state.networkInterfaces.patch(instance.networkInterfaceId, { groupIds: groups });
}

function modify(state: AwsState, instance: InstanceRecord, input: ModifyInstanceAttributeCommandInput): void {
  const { instanceId } = instance;
  if (input.UserData !== undefined) {
    requireStopped(instance);
    const userData = Buffer.from(input.UserData.Value ?? new Uint8Array()).toString("base64");
    checkUserData(userData);
    state.instances.patch(instanceId, { userData });
  }
  if (input.InstanceType?.Value !== undefined) modifyType(state, instance, input.InstanceType.Value);
  if (input.Groups !== undefined) modifyGroups(state, instance, input.Groups);
  const behaviour = input.InstanceInitiatedShutdownBehavior?.Value;
  if (behaviour !== undefined && behaviour !== "stop" && behaviour !== "terminate") {
    throw invalidParameterValue(
      `Value (${behaviour}) for parameter instanceInitiatedShutdownBehavior is invalid.`,
    );
  }
  const termination = input.DisableApiTermination?.Value;
  const stop = input.DisableApiStop?.Value;
  const check = input.SourceDestCheck?.Value;
  state.instances.patch(instanceId, {
    ...(behaviour !== undefined && { shutdownBehaviour: behaviour }),
    ...(termination !== undefined && { disableApiTermination: termination }),
    ...(stop !== undefined && { disableApiStop: stop }),
    ...(check !== undefined && { sourceDestCheck: check }),
  });
}

function monitor(state: AwsState, ids: string[] | undefined, enabled: boolean) {
  const instances = required(ids, "InstanceId").map((id) => existingInstance(state, id));
  for (const { instanceId } of instances) state.instances.patch(instanceId, { monitoring: enabled });
  const monitoring = { State: enabled ? ("enabled" as const) : ("disabled" as const) };
  return {
    InstanceMonitorings: instances.map(({ instanceId }) => ({
      InstanceId: instanceId,
      Monitoring: monitoring,
    })),
  };
}

export function instanceAttributeHandlers(state: AwsState): Handlers<InstanceAttributeOperations> {
  return {
    "ec2:DescribeInstanceAttribute"(input) {
      const instance = existingInstance(state, input.InstanceId);
      const InstanceId = instance.instanceId;
      switch (input.Attribute) {
        case "userData":
          return {
            InstanceId,
            UserData: instance.userData === undefined ? {} : { Value: instance.userData },
          };
        case "disableApiTermination":
          return { InstanceId, DisableApiTermination: { Value: instance.disableApiTermination } };
        case "disableApiStop":
          return { InstanceId, DisableApiStop: { Value: instance.disableApiStop } };
        case "instanceInitiatedShutdownBehavior":
          return { InstanceId, InstanceInitiatedShutdownBehavior: { Value: instance.shutdownBehaviour } };
        default:
          throw new AwsError("UnsupportedOperation", `The sandbox does not emulate ${input.Attribute}`);
      }
    },

    "ec2:ModifyInstanceAttribute"(input) {
      refuseUnmodelled(input, MODELLED);
      modify(state, existingInstance(state, input.InstanceId), input);
      return {};
    },

    "ec2:ModifyInstanceMetadataOptions"(input) {
      const { instanceId, metadataOptions } = existingInstance(state, input.InstanceId);
      state.instances.patch(instanceId, { metadataOptions: metadataOptionsWith(metadataOptions, input) });
      return { InstanceId: instanceId };
    },

    "ec2:MonitorInstances": (input) => monitor(state, input.InstanceIds, true),
    "ec2:UnmonitorInstances": (input) => monitor(state, input.InstanceIds, false),
  };
}
