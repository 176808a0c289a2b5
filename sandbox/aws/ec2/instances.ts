/** The life of instances after their launch: describe, stop, start, terminate. */
import type {
  DescribeInstancesCommand,
  InstanceStateChange,
  RebootInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { AwsError, type Handlers, type OperationOf } from "../operation.ts";
import { pageOf } from "../page.ts";
import { required } from "../refusals.ts";
import type { AwsState } from "../state.ts";
import { applyFilters } from "./filters.ts";
import {
  describeInstance,
  existingInstance,
  forgetTerminated,
  type InstanceRecord,
  type InstanceState,
  renewPublicIp,
  resumeInstance,
  STATE_CODES,
} from "./instanceRecord.ts";
import { tagsOf } from "./tags.ts";

export type InstanceOperations = {
  "ec2:DescribeInstances": OperationOf<DescribeInstancesCommand>;
  "ec2:TerminateInstances": OperationOf<TerminateInstancesCommand>;
  "ec2:StopInstances": OperationOf<StopInstancesCommand>;
  "ec2:StartInstances": OperationOf<StartInstancesCommand>;
  "ec2:RebootInstances": OperationOf<RebootInstancesCommand>;
};

/** Moves an instance into a transitional state; its end follows by itself. */
function enter(
  state: AwsState,
  instance: InstanceRecord,
  next: InstanceState,
  changes: Partial<InstanceRecord> = {},
): InstanceStateChange {
  resumeInstance(state, state.instances.patch(instance.instanceId, { ...changes, state: next }));
  return change(instance, next);
}

function change(instance: InstanceRecord, next: InstanceState): InstanceStateChange {
  return {
    InstanceId: instance.instanceId,
    PreviousState: { Name: instance.state, Code: STATE_CODES[instance.state] },
    CurrentState: { Name: next, Code: STATE_CODES[next] },
  };
}

function incorrectState(instance: InstanceRecord, wanted: string): AwsError {
  return new AwsError(
    "IncorrectInstanceState",
    `The instance '${instance.instanceId}' is not in a state from which it can be ${wanted}.`,
  );
}

function protectedFrom(
  instance: InstanceRecord,
  attribute: "disableApiTermination" | "disableApiStop",
): AwsError {
  const verb = attribute === "disableApiTermination" ? "terminated" : "stopped";
  return new AwsError(
    "OperationNotPermitted",
    `The instance '${instance.instanceId}' may not be ${verb}. ` +
      `Modify its '${attribute}' instance attribute and try again.`,
  );
}

/** All of the named instances: one unknown id fails the whole call. */
function named(state: AwsState, ids: string[] | undefined): InstanceRecord[] {
  return required(ids, "InstanceId").map((id) => existingInstance(state, id));
}

export function instanceHandlers(state: AwsState): Handlers<InstanceOperations> {
  return {
    "ec2:DescribeInstances"(input) {
      forgetTerminated(state);
      const instances = input.InstanceIds?.length
        ? named(state, input.InstanceIds)
        : state.instances.values();
      const filtered = applyFilters(
        instances,
        input.Filters,
        {
          "instance-id": (one) => [one.instanceId],
          "instance-state-name": (one) => [one.state],
          "instance-state-code": (one) => [String(STATE_CODES[one.state])],
          "instance-type": (one) => [one.instanceType],
          "image-id": (one) => [one.imageId],
          "vpc-id": (one) => [one.vpcId],
          "subnet-id": (one) => [one.subnetId],
          "availability-zone": (one) => [one.availabilityZone],
          "private-ip-address": (one) => [one.privateIp],
          "client-token": (one) => [one.clientToken ?? ""],
        },
        (one) => tagsOf(state, one.instanceId),
      );
      const { items, NextToken } = pageOf(filtered, input);
      return {
        Reservations: items.map((instance) => ({
          ReservationId: instance.reservationId,
          OwnerId: state.accountId,
          Groups: [],
          Instances: [describeInstance(state, instance)],
        })),
        ...(NextToken !== undefined && { NextToken }),
      };
    },

    "ec2:TerminateInstances"(input) {
      const instances = named(state, input.InstanceIds);
      const kept = instances.find((one) => one.disableApiTermination && one.state !== "terminated");
      if (kept !== undefined) throw protectedFrom(kept, "disableApiTermination");
      return {
        TerminatingInstances: instances.map((instance) =>
          instance.state === "terminated" || instance.state === "shutting-down"
            ? change(instance, instance.state)
            : enter(state, instance, "shutting-down", {
                stateReason: {
                  code: "Client.UserInitiatedShutdown",
                  message: "Client.UserInitiatedShutdown: User initiated shutdown",
                },
              }),
        ),
      };
    },

    "ec2:StopInstances"(input) {
      const instances = named(state, input.InstanceIds);
      for (const instance of instances) {
        if (instance.disableApiStop) throw protectedFrom(instance, "disableApiStop");
        if (!["running", "stopping", "stopped"].includes(instance.state)) {
          throw incorrectState(instance, "stopped");
        }
      }
      return {
        StoppingInstances: instances.map((instance) =>
          instance.state === "running"
            ? enter(state, instance, "stopping")
            : change(instance, instance.state),
        ),
      };
    },

    /** The state stays what it is, and so do the addresses. */
    "ec2:RebootInstances"(input) {
      const instances = named(state, input.InstanceIds);
      const other = instances.find((one) => one.state !== "running");
      if (other !== undefined) throw incorrectState(other, "rebooted");
      for (const { instanceId } of instances) {
        state.transitions.after(() => {
          if (state.instances.get(instanceId)?.state === "running")
            state.emit({ kind: "rebooted", instanceId });
        });
      }
      return {};
    },

    "ec2:StartInstances"(input) {
      const instances = named(state, input.InstanceIds);
      for (const instance of instances) {
        if (!["stopped", "pending", "running"].includes(instance.state)) {
          throw incorrectState(instance, "started");
        }
      }
      return {
        StartingInstances: instances.map((instance) => {
          if (instance.state !== "stopped") return change(instance, instance.state);
          renewPublicIp(state, instance);
          return enter(state, instance, "pending", { launchedAt: state.now().toISOString() });
        }),
      };
    },
  };
}
