/**
 * Instances that Systems Manager manages: those whose role lets their agent register. The managed policy
 * AmazonSSMManagedInstanceCore does, and so does a policy with just these actions.
 *
 * AWS Systems Manager documentation, "Reference: ec2messages, ssmmessages, and other API operations": the agent takes
 * its commands through ssmmessages, as it does its sessions.
 */
import type { DescribeInstanceInformationCommand, InstanceInformation } from "@aws-sdk/client-ssm";
import type { Authorisation } from "../authorisation.ts";
import type { InstanceRecord } from "../ec2/instanceRecord.ts";
import { AwsError, type Handlers, type OperationOf } from "../operation.ts";
import { pageOf } from "../page.ts";
import type { AwsState } from "../state.ts";

export type ManagedInstanceOperations = {
  "ssm:DescribeInstanceInformation": OperationOf<DescribeInstanceInformationCommand>;
};

const REGISTER = "ssm:UpdateInstanceInformation";
const CONNECT = "ssmmessages:OpenControlChannel";
/** Instances in these states stay listed, those that do not run as having lost their connection. */
const LISTED_STATES = ["pending", "running", "stopping", "stopped"];
const MOST_RESULTS = 50;

export class ManagedInstances {
  readonly #state: AwsState;
  readonly #authorisation: Authorisation;

  constructor(state: AwsState, authorisation: Authorisation) {
    this.#state = state;
    this.#authorisation = authorisation;
  }

  /** Undefined when the instance is none that is managed. */
  async find(instanceId: string): Promise<InstanceRecord | undefined> {
    const instance = this.#state.instances.get(instanceId);
    if (instance === undefined || !LISTED_STATES.includes(instance.state)) return undefined;
    return (await this.#mayAgent(instance, REGISTER)) ? instance : undefined;
  }

  async list(): Promise<InstanceRecord[]> {
    const found = await Promise.all(this.#state.instances.ids().map((id) => this.find(id)));
    return found.flatMap((one) => one ?? []);
  }

  /** Whether its agent runs and can be reached. */
  async isOnline(instance: InstanceRecord): Promise<boolean> {
    if (instance.state !== "running" || !(await this.#mayAgent(instance, CONNECT))) return false;
    return (await this.#state.agents()?.isOnline(instance.instanceId)) === true;
  }

  async #mayAgent({ instanceId, profile }: InstanceRecord, action: string): Promise<boolean> {
    const { instanceProfiles, roles, accountId } = this.#state;
    const role = roles.get(instanceProfiles.get(profile?.profileName ?? "")?.roleName ?? "");
    if (role === undefined) return false;
    const arn = `arn:aws:sts::${accountId}:assumed-role/${role.name}/${instanceId}`;
    return this.#authorisation.allows({ arn, accountId, roleArn: role.arn }, action);
  }
}

export function managedInstanceHandlers(instances: ManagedInstances): Handlers<ManagedInstanceOperations> {
  async function describe(instance: InstanceRecord): Promise<InstanceInformation> {
    return {
      InstanceId: instance.instanceId,
      PingStatus: (await instances.isOnline(instance)) ? "Online" : "ConnectionLost",
      PlatformType: "Linux",
      PlatformName: "Amazon Linux",
      PlatformVersion: "2023",
      ResourceType: "EC2Instance",
      IPAddress: instance.privateIp,
    };
  }

  return {
    async "ssm:DescribeInstanceInformation"(input) {
      const filters = (input.Filters ?? []).map(({ Key, Values = [] }) => {
        if (Key !== "InstanceIds" && Key !== "PingStatus") {
          throw new AwsError("InvalidFilterKey", `The filter key ${Key} is not valid.`);
        }
        return (one: InstanceInformation) =>
          Values.includes((Key === "InstanceIds" ? one.InstanceId : one.PingStatus) ?? "");
      });
      const described = await Promise.all((await instances.list()).map(describe));
      const found = described.filter((one) => filters.every((passes) => passes(one)));
      const { items, NextToken } = pageOf(found, input, MOST_RESULTS);
      return { InstanceInformationList: items, ...(NextToken !== undefined && { NextToken }) };
    },
  };
}
