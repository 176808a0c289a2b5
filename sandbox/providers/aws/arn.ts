import type { AwsProviderClient } from "./client.ts";

/** ARN of an EC2 resource: `arn:aws:ec2:<region>:<account>:vpc/vpc-…`. */
export function ec2Arn(client: AwsProviderClient, kind: string, id: string): string {
  return `arn:aws:ec2:${client.region}:${client.aws.accountId}:${kind}/${id}`;
}
