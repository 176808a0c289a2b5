import type { Instance } from "@aws-sdk/client-ec2";
import { call, unless } from "./call.ts";
import type { AwsProviderClient } from "./client.ts";

export const INSTANCE_NOT_FOUND = ["InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed"];

/** `undefined` for an instance that AWS does not know. One that is terminated is still described. */
export async function describeInstance(client: AwsProviderClient, id: string): Promise<Instance | undefined> {
  const reading = call(client, `reading EC2 Instance (${id})`, "ec2:DescribeInstances", {
    InstanceIds: [id],
  });
  return (await unless(INSTANCE_NOT_FOUND, reading))?.Reservations?.[0]?.Instances?.[0];
}
