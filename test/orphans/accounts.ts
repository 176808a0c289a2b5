/** Emulated clouds with things of tenants in them, as the program would have made them. */
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { onTestFinished } from "vitest";
import { ApiBudget } from "../../clients/apiBudget.ts";
import { AwsClients } from "../../clients/awsClients.ts";
import { CloudflareApi } from "../../clients/cloudflareApi.ts";
import { bucketTokenName, hostNames, tenantNames } from "../../naming/names.ts";
import type { Aws } from "../../sandbox/aws/cloud.ts";
import { deployerCredentials } from "../../sandbox/aws/credentials.ts";
import {
  endpointOf,
  newAws,
  newInstance,
  newNetwork,
  newProfile,
  REGION,
  type TestNetwork,
} from "../sandbox/aws/fixture.ts";
import { ACCOUNT, type Served, startCloud, ZONE } from "../sandbox/cloudflare/serve.ts";
import { ENVIRONMENT } from "./fakeContext.ts";

export interface TestAccounts {
  served: Served;
  aws: Aws;
  network: TestNetwork;
  cloudflare: CloudflareApi;
  awsClients: AwsClients;
  /** Answers calls to Cloudflare in its place from now on; undefined leaves one to it. */
  intercept: (answer: (request: Request) => Promise<Response | undefined>) => void;
}

export async function startAccounts(): Promise<TestAccounts> {
  const served = await startCloud();
  const aws = newAws();
  let answer: (request: Request) => Promise<Response | undefined> = async () => undefined;
  const server = serve({
    fetch: async (request) => (await answer(request)) ?? served.cloud.api.fetch(request),
    hostname: "127.0.0.1",
    port: 0,
  });
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/client/v4`;
  const { accessKeyId, secretAccessKey } = deployerCredentials;
  const awsClients = new AwsClients(REGION, {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_ENDPOINT_URL: await endpointOf(aws),
  });
  onTestFinished(() => awsClients.close());
  return {
    served,
    aws,
    network: await newNetwork(aws),
    cloudflare: new CloudflareApi({ apiToken: served.token, baseUrl }, new ApiBudget()),
    awsClients,
    intercept: (next) => {
      answer = next;
    },
  };
}

/** Where things of tenants can be put. */
export type Furnished = Pick<TestAccounts, "aws" | "network"> & { served: Pick<Served, "client" | "cloud"> };

/** A token that opens the bucket. Returns its id. */
export async function addKey({ served }: Furnished, bucket: string, generation: number): Promise<string> {
  const { id = "" } = await served.client.accounts.tokens.create({
    account_id: ACCOUNT,
    name: bucketTokenName(bucket, generation),
    policies: [
      {
        effect: "allow",
        permission_groups: [{ id: "2efd5506f9c8494dacb1fa10a3e7d5b6" }],
        resources: { [`com.cloudflare.edge.r2.bucket.${ACCOUNT}_default_${bucket}`]: "*" },
      },
    ],
  });
  return id;
}

export interface TestTenant {
  tunnelId: string;
  recordId: string;
  bucket: string;
  tokenId: string;
  instanceId: string;
  groupId: string;
  role: string;
}

/** A tenant with everything that one has, and a connector that is connected. */
export async function addTenant(
  accounts: Furnished,
  id: string,
  environment: string = ENVIRONMENT,
): Promise<TestTenant> {
  const { served, aws, network } = accounts;
  const { client, cloud } = served;
  const names = tenantNames(environment, id);
  const { host, role, reportParameter } = hostNames(environment, id, 1);

  const account = { account_id: ACCOUNT };
  const tunnel = await client.zeroTrust.tunnels.cloudflared.create({ ...account, name: names.tunnel });
  const tunnelId = tunnel.id ?? "";
  const token = await client.zeroTrust.tunnels.cloudflared.token.get(tunnelId, account);
  cloud.tunnels.connect(token, {
    id: crypto.randomUUID(),
    version: "2026.8.2",
    arch: "linux_arm64",
    originIp: "203.0.113.7",
  });
  const record = await client.dns.records.create({
    zone_id: ZONE,
    type: "CNAME",
    name: `${id}-${environment}.example.com`,
    content: `${tunnelId}.cfargotunnel.com`,
    proxied: true,
    ttl: 1,
    comment: names.mark,
  });
  await client.r2.buckets.create({ ...account, name: names.bucket });
  const tokenId = await addKey(accounts, names.bucket, 1);

  const tags = [
    { Key: "tenant-edge:environment", Value: environment },
    { Key: "tenant-edge:tenant", Value: id },
  ];
  for (const Name of [`${names.parameterPath}/tunnel-token`, reportParameter]) {
    await aws.call("ssm:PutParameter", { Name, Value: "x", Type: "String", Tags: tags });
  }
  await newProfile(aws, role, [{ Effect: "Allow", Action: "ssm:GetParameter", Resource: "*" }]);
  await aws.call("iam:TagRole", { RoleName: role, Tags: tags });
  await aws.call("iam:TagInstanceProfile", { InstanceProfileName: role, Tags: tags });
  const group = { GroupName: `${host}-1`, Description: "host", VpcId: network.vpcId };
  const { GroupId: groupId = "" } = await aws.call("ec2:CreateSecurityGroup", group);
  const instanceId = await newInstance(aws, { ...network, groupId }, role);
  await aws.call("ec2:CreateTags", { Resources: [groupId, instanceId], Tags: tags });
  return { tunnelId, recordId: record.id, bucket: names.bucket, tokenId, instanceId, groupId, role };
}
