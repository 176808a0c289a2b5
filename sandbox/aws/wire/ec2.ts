/** EC2 over the ec2 query protocol: what operators and sweeps call. */
import type { Image, Instance, InstanceStateChange, Reservation } from "@aws-sdk/client-ec2";
import { AwsError } from "../operation.ts";
import { filters, list, paging } from "./ec2/form.ts";
import { answerNetworkAction } from "./ec2/networks.ts";
import type { Protocol } from "./protocol.ts";
import { securityGroup } from "./securityGroup.ts";
import { toXml } from "./xml.ts";

const XMLNS = "http://ec2.amazonaws.com/doc/2016-11-15/";
const CONTENT_TYPE = "text/xml;charset=UTF-8";

function state(value: { Name?: string | undefined; Code?: number | undefined } | undefined) {
  return { code: value?.Code, name: value?.Name };
}

function instance(one: Instance) {
  return {
    instanceId: one.InstanceId,
    imageId: one.ImageId,
    instanceState: state(one.State),
    privateDnsName: one.PrivateDnsName,
    dnsName: one.PublicDnsName,
    ...(one.StateReason !== undefined && {
      stateReason: { code: one.StateReason.Code, message: one.StateReason.Message },
    }),
    instanceType: one.InstanceType,
    launchTime: one.LaunchTime?.toISOString(),
    placement: { availabilityZone: one.Placement?.AvailabilityZone, tenancy: one.Placement?.Tenancy },
    architecture: one.Architecture,
    subnetId: one.SubnetId,
    vpcId: one.VpcId,
    privateIpAddress: one.PrivateIpAddress,
    ipAddress: one.PublicIpAddress,
    groupSet: {
      item: (one.SecurityGroups ?? []).map((group) => ({
        groupId: group.GroupId,
        groupName: group.GroupName,
      })),
    },
    ...(one.IamInstanceProfile !== undefined && {
      iamInstanceProfile: { arn: one.IamInstanceProfile.Arn, id: one.IamInstanceProfile.Id },
    }),
    metadataOptions: {
      state: one.MetadataOptions?.State,
      httpTokens: one.MetadataOptions?.HttpTokens,
      httpPutResponseHopLimit: one.MetadataOptions?.HttpPutResponseHopLimit,
      httpEndpoint: one.MetadataOptions?.HttpEndpoint,
    },
    tagSet: { item: (one.Tags ?? []).map((tag) => ({ key: tag.Key, value: tag.Value })) },
  };
}

function reservation(one: Reservation) {
  return {
    reservationId: one.ReservationId,
    ownerId: one.OwnerId,
    groupSet: "",
    instancesSet: { item: (one.Instances ?? []).map(instance) },
  };
}

function stateChange(one: InstanceStateChange) {
  return {
    instanceId: one.InstanceId,
    currentState: state(one.CurrentState),
    previousState: state(one.PreviousState),
  };
}

function image(one: Image) {
  return {
    imageId: one.ImageId,
    imageLocation: one.ImageLocation,
    imageState: one.State,
    imageOwnerId: one.OwnerId,
    ...(one.ImageOwnerAlias !== undefined && { imageOwnerAlias: one.ImageOwnerAlias }),
    creationDate: one.CreationDate,
    ...(one.DeprecationTime !== undefined && { deprecationTime: one.DeprecationTime }),
    isPublic: one.Public,
    architecture: one.Architecture,
    imageType: one.ImageType,
    name: one.Name,
    description: one.Description,
    rootDeviceType: one.RootDeviceType,
    rootDeviceName: one.RootDeviceName,
    virtualizationType: one.VirtualizationType,
    hypervisor: one.Hypervisor,
  };
}

export const ec2Protocol: Protocol = {
  async handle(request, caller, invoke) {
    const form = new URLSearchParams(request.body);
    const action = form.get("Action") ?? "";
    const instanceIds = list(form, "InstanceId");
    const answer = (content: object) => ({
      status: 200,
      contentType: CONTENT_TYPE,
      body: toXml({ [`${action}Response`]: { "@_xmlns": XMLNS, requestId: request.requestId, ...content } }),
    });
    switch (action) {
      case "DescribeInstances": {
        const input = { InstanceIds: instanceIds, Filters: filters(form), ...paging(form) };
        const output = await invoke("ec2:DescribeInstances", input, caller);
        return answer({
          reservationSet: { item: (output.Reservations ?? []).map(reservation) },
          ...(output.NextToken !== undefined && { nextToken: output.NextToken }),
        });
      }
      case "DescribeSecurityGroups": {
        const input = { GroupIds: list(form, "GroupId"), Filters: filters(form), ...paging(form) };
        const output = await invoke("ec2:DescribeSecurityGroups", input, caller);
        return answer({
          securityGroupInfo: { item: (output.SecurityGroups ?? []).map(securityGroup) },
          ...(output.NextToken !== undefined && { nextToken: output.NextToken }),
        });
      }
      case "DeleteSecurityGroup": {
        const groupId = form.get("GroupId") ?? undefined;
        await invoke("ec2:DeleteSecurityGroup", { GroupId: groupId }, caller);
        return answer({ return: true, groupId });
      }
      case "RebootInstances":
        await invoke("ec2:RebootInstances", { InstanceIds: instanceIds }, caller);
        return answer({ return: true });
      case "DescribeImages": {
        const ids = list(form, "ImageId");
        const owners = list(form, "Owner");
        const output = await invoke(
          "ec2:DescribeImages",
          {
            ...(ids.length > 0 && { ImageIds: ids }),
            ...(owners.length > 0 && { Owners: owners }),
            Filters: filters(form),
            IncludeDeprecated: form.get("IncludeDeprecated") === "true",
          },
          caller,
        );
        return answer({ imagesSet: { item: (output.Images ?? []).map(image) } });
      }
      case "TerminateInstances": {
        const output = await invoke("ec2:TerminateInstances", { InstanceIds: instanceIds }, caller);
        return answer({ instancesSet: { item: (output.TerminatingInstances ?? []).map(stateChange) } });
      }
      default: {
        const content = await answerNetworkAction(action, form, (name, input) => invoke(name, input, caller));
        if (content !== undefined) return answer(content);
        throw new AwsError("InvalidAction", `The action ${action} is not valid for this web service.`);
      }
    }
  },

  refuse(error, requestId) {
    const unauthenticated = error.code === "InvalidClientTokenId" || error.code === "SignatureDoesNotMatch";
    const code = unauthenticated ? "AuthFailure" : error.code;
    const body = toXml({
      Response: { Errors: { Error: { Code: code, Message: error.message } }, RequestID: requestId },
    });
    return { status: unauthenticated ? 401 : error.statusCode, contentType: CONTENT_TYPE, body };
  },
};
