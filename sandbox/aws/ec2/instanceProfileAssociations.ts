/** Which instance runs with which instance profile. */
import type {
  AssociateIamInstanceProfileCommand,
  DescribeIamInstanceProfileAssociationsCommand,
  DisassociateIamInstanceProfileCommand,
  IamInstanceProfileAssociation,
  IamInstanceProfileSpecification,
  ReplaceIamInstanceProfileAssociationCommand,
} from "@aws-sdk/client-ec2";
import { newResourceId } from "../ids.ts";
import { AwsError, type Handlers, type OperationOf } from "../operation.ts";
import { existing, invalidParameterValue, required } from "../refusals.ts";
import type { AwsState } from "../state.ts";
import { applyFilters } from "./filters.ts";
import { existingInstance, type InstanceRecord } from "./instanceRecord.ts";

export type InstanceProfileAssociationOperations = {
  "ec2:AssociateIamInstanceProfile": OperationOf<AssociateIamInstanceProfileCommand>;
  "ec2:DisassociateIamInstanceProfile": OperationOf<DisassociateIamInstanceProfileCommand>;
  "ec2:ReplaceIamInstanceProfileAssociation": OperationOf<ReplaceIamInstanceProfileAssociationCommand>;
  "ec2:DescribeIamInstanceProfileAssociations": OperationOf<DescribeIamInstanceProfileAssociationsCommand>;
};

/** A new association with the named profile, or AWS's refusal. `undefined` when none is named. */
export function checkedProfile(
  state: AwsState,
  specification: IamInstanceProfileSpecification | undefined,
): InstanceRecord["profile"] {
  if (specification?.Name === undefined && specification?.Arn === undefined) return undefined;
  const profile = state.instanceProfiles.find(
    (one) => one.name === specification.Name || one.arn === specification.Arn,
  );
  if (profile === undefined) {
    const parameter = specification.Name === undefined ? "arn" : "name";
    throw invalidParameterValue(
      `Value (${specification.Name ?? specification.Arn}) for parameter iamInstanceProfile.${parameter} is invalid. ` +
        `Invalid IAM Instance Profile ${parameter === "arn" ? "ARN" : "name"}`,
    );
  }
  if (profile.roleName === undefined) {
    throw invalidParameterValue(`IAM Instance Profile "${profile.arn}" has no associated IAM Roles`);
  }
  return { associationId: newResourceId("iip-assoc"), profileName: profile.name };
}

function describe(state: AwsState, instance: InstanceRecord): IamInstanceProfileAssociation {
  const profile = state.instanceProfiles.get(instance.profile?.profileName ?? "");
  return {
    AssociationId: instance.profile?.associationId,
    InstanceId: instance.instanceId,
    IamInstanceProfile: { Arn: profile?.arn, Id: profile?.uniqueId },
    State: "associated",
  };
}

function ofAssociation(state: AwsState, id: string | undefined): InstanceRecord {
  const associationId = required(id, "AssociationId");
  return existing(
    state.instances.find((one) => one.profile?.associationId === associationId),
    "NoSuchAssociation",
    `The association ID '${associationId}' does not exist`,
  );
}

export function instanceProfileAssociationHandlers(
  state: AwsState,
): Handlers<InstanceProfileAssociationOperations> {
  const associate = (
    instance: InstanceRecord,
    specification: IamInstanceProfileSpecification | undefined,
  ): IamInstanceProfileAssociation => {
    const profile = checkedProfile(state, specification);
    if (profile === undefined) throw new AwsError("MissingParameter", "Missing IamInstanceProfile");
    return describe(state, state.instances.patch(instance.instanceId, { profile }));
  };
  return {
    "ec2:AssociateIamInstanceProfile"(input) {
      const instance = existingInstance(state, input.InstanceId);
      if (instance.profile !== undefined) {
        throw new AwsError(
          "IncorrectState",
          `There is an existing association for instance ${instance.instanceId}`,
        );
      }
      return { IamInstanceProfileAssociation: associate(instance, input.IamInstanceProfile) };
    },

    "ec2:ReplaceIamInstanceProfileAssociation"(input) {
      const instance = ofAssociation(state, input.AssociationId);
      return { IamInstanceProfileAssociation: associate(instance, input.IamInstanceProfile) };
    },

    "ec2:DisassociateIamInstanceProfile"(input) {
      const instance = ofAssociation(state, input.AssociationId);
      const association = describe(state, instance);
      const { profile: _, ...rest } = instance;
      state.instances.put(instance.instanceId, rest);
      return { IamInstanceProfileAssociation: { ...association, State: "disassociating" } };
    },

    "ec2:DescribeIamInstanceProfileAssociations"(input) {
      const instances = applyFilters(
        state.instances.filter((one) => one.profile !== undefined),
        input.Filters,
        {
          "instance-id": (instance) => [instance.instanceId],
          state: () => ["associated"],
        },
        () => ({}),
      );
      return { IamInstanceProfileAssociations: instances.map((instance) => describe(state, instance)) };
    },
  };
}
