import {
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  type GetCommandInvocationCommandOutput,
  ListCommandInvocationsCommand,
  SendCommandCommand,
  SSMClient,
} from "@aws-sdk/client-ssm";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { deployerCredentials } from "../../../sandbox/aws/credentials.ts";
import { EmulatedClouds, REGION, until } from "./emulatedClouds.ts";

const DocumentName = "AWS-RunShellScript";
const CORE = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";

function clientOf({ awsUrl }: EmulatedClouds): SSMClient {
  const client = new SSMClient({
    endpoint: awsUrl,
    region: REGION,
    credentials: deployerCredentials,
    maxAttempts: 1,
  });
  onTestFinished(() => client.destroy());
  return client;
}

/** A host that Systems Manager manages, with its tunnel connected. */
async function managedHost(options?: { transitionMilliseconds?: number }) {
  const clouds = await EmulatedClouds.start(options);
  const tunnel = await clouds.tenantParts();
  const { instanceId, connector } = await clouds.boot({ sessionManager: true });
  return { clouds, tunnel, instanceId, connector, ssm: clientOf(clouds) };
}

async function send(ssm: SSMClient, instanceId: string, commands: string[], more: object = {}) {
  const { Command } = await ssm.send(
    new SendCommandCommand({
      DocumentName,
      InstanceIds: [instanceId],
      Parameters: { commands, ...more },
      TimeoutSeconds: 30,
      Comment: "by a test",
    }),
  );
  return { CommandId: Command?.CommandId ?? "", InstanceId: instanceId };
}

/** What became of a command, when it is over. */
function outcome(
  ssm: SSMClient,
  sent: { CommandId: string; InstanceId: string },
): Promise<GetCommandInvocationCommandOutput> {
  return vi.waitFor(
    async () => {
      const invocation = await ssm.send(new GetCommandInvocationCommand(sent));
      expect(invocation.Status).not.toMatch(/Pending|InProgress/);
      return invocation;
    },
    { timeout: 20_000, interval: 5 },
  );
}

const pings = async (ssm: SSMClient) => {
  const { InstanceInformationList = [] } = await ssm.send(new DescribeInstanceInformationCommand({}));
  return InstanceInformationList.map(({ InstanceId, PingStatus }) => [InstanceId, PingStatus]);
};

describe("Run Command", () => {
  it("restarts a host's connector, which mends a dead tunnel", async () => {
    const { clouds, tunnel, instanceId, connector, ssm } = await managedHost();
    clouds.hosts.loseTunnel(instanceId);
    expect(clouds.cloudflare.tunnels.connectors(tunnel.id)).toEqual([]);
    const mark = clouds.aws.calls.mark();
    const sent = await send(ssm, instanceId, ["systemctl restart cloudflared@20241.service"]);
    expect(await outcome(ssm, sent)).toMatchObject({
      Status: "Success",
      StatusDetails: "Success",
      ResponseCode: 0,
      Comment: "by a test",
      DocumentName,
      StandardErrorContent: "",
    });
    await until(() => clouds.report(instanceId).connector !== undefined);
    const after = clouds.report(instanceId).connector;
    expect(after).toMatchObject({ tunnelId: tunnel.id });
    expect(after?.connectorId).not.toBe(connector?.connectorId);
    const operations = clouds.aws.calls.since(mark).map(({ operation }) => operation);
    expect(operations).toEqual(expect.arrayContaining(["ssm:SendCommand", "ssm:GetCommandInvocation"]));
  });

  it("tells what a script printed, and that its last command failed", async () => {
    const { ssm, instanceId } = await managedHost();
    const folder = { workingDirectory: ["/etc"] };
    const script = ["echo $HOME; pwd", "echo wrong >&2", "systemctl restart nobody.service"];
    const failed = await outcome(ssm, await send(ssm, instanceId, script, folder));
    expect(failed).toMatchObject({
      Status: "Failed",
      ResponseCode: 5,
      StandardOutputContent: "/root\n/etc\n",
      StandardErrorContent: "wrong\nFailed to restart nobody.service: Unit nobody.service not found.\n",
    });
    const { CommandInvocations } = await ssm.send(
      new ListCommandInvocationsCommand({ CommandId: failed.CommandId, Details: true }),
    );
    expect(CommandInvocations).toHaveLength(1);
    expect(CommandInvocations?.[0]).toMatchObject({
      InstanceId: instanceId,
      Status: "Failed",
      CommandPlugins: [{ Name: "aws:runShellScript", ResponseCode: 5 }],
    });
    expect(CommandInvocations?.[0]?.RequestedDateTime).toBeInstanceOf(Date);
  });

  it("shows a command a moment after it was sent, not at once", async () => {
    const { ssm, instanceId } = await managedHost({ transitionMilliseconds: 100 });
    const sent = await send(ssm, instanceId, ["true"]);
    await expect(ssm.send(new GetCommandInvocationCommand(sent))).rejects.toMatchObject({
      name: "InvocationDoesNotExist",
    });
    expect((await outcome(ssm, sent)).Status).toBe("Success");
    const unknown = { ...sent, CommandId: "00000000-0000-4000-8000-000000000000" };
    await expect(ssm.send(new GetCommandInvocationCommand(unknown))).rejects.toMatchObject({
      name: "InvalidCommandId",
    });
  });

  it("gives up on a script that takes too long, and on one whose machine is switched off", async () => {
    const { clouds, ssm, instanceId } = await managedHost();
    const slow = await send(ssm, instanceId, ["sleep 3600"], { executionTimeout: ["10"] });
    expect(await outcome(ssm, slow)).toMatchObject({
      Status: "TimedOut",
      StatusDetails: "ExecutionTimedOut",
      ResponseCode: -1,
    });
    const cut = await send(ssm, instanceId, ["sleep 360000"]);
    await vi.waitFor(async () => {
      const { Status } = await ssm.send(new GetCommandInvocationCommand(cut));
      expect(Status).toBe("InProgress");
    });
    await clouds.aws.call("ec2:StopInstances", { InstanceIds: [instanceId] });
    expect((await outcome(ssm, cut)).Status).toBe("TimedOut");
  });

  it.each([
    ["another document", { DocumentName: "AWS-UpdateSSMAgent" }, "InvalidDocument"],
    ["no commands", { Parameters: {} }, "InvalidParameters"],
    ["an unknown parameter", { Parameters: { commands: ["true"], shell: ["sh"] } }, "InvalidParameters"],
    ["a delivery time that is too short", { TimeoutSeconds: 5 }, "ValidationException"],
    ["an unknown instance", { InstanceIds: ["i-00000000000000000"] }, "InvalidInstanceId"],
    ["what the sandbox does not play", { OutputS3BucketName: "logs" }, "UnsupportedOperation"],
  ])("refuses %s", async (_what, change, name) => {
    const { ssm, instanceId } = await managedHost();
    const parameters = { commands: ["true"] };
    const input = { DocumentName, InstanceIds: [instanceId], Parameters: parameters, ...change };
    await expect(ssm.send(new SendCommandCommand(input))).rejects.toMatchObject({ name });
  });
});

describe("managed instances", () => {
  it("are those whose role lets the agent register", async () => {
    const clouds = await EmulatedClouds.start();
    await clouds.tenantParts();
    const { instanceId } = await clouds.boot();
    const ssm = clientOf(clouds);
    expect(await pings(ssm)).toEqual([]);
    await expect(send(ssm, instanceId, ["true"])).rejects.toMatchObject({
      name: "InvalidInstanceId",
      message: expect.stringContaining(instanceId),
    });

    const RoleName = clouds.roleOf(instanceId);
    await clouds.aws.call("iam:AttachRolePolicy", { RoleName, PolicyArn: CORE });
    // The host's own user data has switched the agent off.
    expect(await pings(ssm)).toEqual([[instanceId, "ConnectionLost"]]);
    await clouds.systemctl(instanceId, "start amazon-ssm-agent");
    expect(await pings(ssm)).toEqual([[instanceId, "Online"]]);
  });

  it("lose their connection with the network and with their machine, and take no command then", async () => {
    const { clouds, ssm, instanceId } = await managedHost();
    const Filters = [{ Key: "PingStatus", Values: ["Online"] }];
    const online = new DescribeInstanceInformationCommand({ Filters });
    expect((await ssm.send(online)).InstanceInformationList).toHaveLength(1);
    await clouds.aws.call("ec2:StopInstances", { InstanceIds: [instanceId] });
    await until(() => clouds.report(instanceId).state === "stopped");
    expect(await pings(ssm)).toEqual([[instanceId, "ConnectionLost"]]);
    expect((await ssm.send(online)).InstanceInformationList).toEqual([]);
    const sent = await send(ssm, instanceId, ["true"]);
    await vi.waitFor(async () => {
      const { Status } = await ssm.send(new GetCommandInvocationCommand(sent));
      expect(Status).toBe("Pending");
    });

    await clouds.aws.call("ec2:StartInstances", { InstanceIds: [instanceId] });
    await until(() => clouds.report(instanceId).state === "running");
    expect(await pings(ssm)).toEqual([[instanceId, "Online"]]);
    const cut = clouds.hosts.cutNetwork(instanceId, 60);
    expect(await pings(ssm)).toEqual([[instanceId, "ConnectionLost"]]);
    await cut;
    await clouds.terminate(instanceId);
    expect(await pings(ssm)).toEqual([]);
  });
});

describe("a reboot", () => {
  it("brings a host back with a new connector", async () => {
    const { clouds, tunnel, instanceId, connector } = await managedHost();
    await clouds.aws.call("ec2:RebootInstances", { InstanceIds: [instanceId] });
    await until(() => {
      const now = clouds.report(instanceId);
      return now.state === "running" && now.connector?.connectorId !== connector?.connectorId;
    });
    await clouds.hosts.settled();
    expect(clouds.report(instanceId).connector).toMatchObject({ tunnelId: tunnel.id });
    expect(clouds.aws.instance(instanceId)?.state).toBe("running");
  });
});
