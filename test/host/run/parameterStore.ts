/** SSM for one host, with its role: the emulated AWS, into which faults are injected. */
import { SSMClient } from "@aws-sdk/client-ssm";
import { Hono } from "hono";
import { onTestFinished } from "vitest";
import { hostPolicy } from "../../../host/policy.ts";

import type { Aws, AwsCall } from "../../../sandbox/aws/cloud.ts";
import type { InstanceCredentials } from "../../../sandbox/aws/credentials.ts";
import { serveHttp } from "../../../sandbox/serveHttp.ts";
import { ACCOUNT, newAws, newInstance, newNetwork, newProfile, REGION } from "../../sandbox/aws/fixture.ts";
import { runCommandLine } from "./commandLine.ts";

/** Stands between the host and SSM, as an interceptor of the emulated AWS does; sees the host's calls alone. */
export type ParameterFault = (call: AwsCall, proceed: () => Promise<object>) => Promise<object>;

export class ParameterStore {
  readonly url: string;
  readonly instanceId: string;
  readonly credentials: InstanceCredentials;
  /** The host's calls: operation, name of the first parameter, and who made it. */
  readonly calls: string[] = [];
  /** Default: none. */
  fault: ParameterFault | undefined;
  /** False: nobody answers. */
  isUp = true;
  readonly #aws: Aws;

  private constructor(aws: Aws, url: string, instanceId: string, credentials: InstanceCredentials) {
    this.#aws = aws;
    this.url = url;
    this.instanceId = instanceId;
    this.credentials = credentials;
  }

  /** Serves until the test is finished. */
  static async start(parameterPath: string, reportName: string): Promise<ParameterStore> {
    let store: ParameterStore | undefined;
    const aws = newAws({
      intercept: async (call, proceed) => store?.intercept(call, proceed) ?? proceed(),
    });
    const arn = (name: string) => `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter${name}`;
    const policy = hostPolicy({
      region: REGION,
      secretArns: [arn(`${parameterPath}/tunnel-token`), arn(`${parameterPath}/bucket-environment`)],
      reportArn: arn(reportName),
      sessionManager: false,
    });
    await newProfile(aws, "host", policy.Statement);
    const instanceId = await newInstance(aws, await newNetwork(aws), "host");
    const credentials = aws.credentialsFor(instanceId);
    if (credentials === undefined) throw new Error("no credentials");
    const app = new Hono();
    app.use(async (context, next) => (store?.isUp === true ? next() : context.body(null, 503)));
    app.route("/", aws.wire);
    const server = await serveHttp(app);
    const client = new SSMClient({ endpoint: server.url, region: REGION, credentials, maxAttempts: 1 });
    app.post("/command-line", async (context) => {
      const { isDone, text } = await runCommandLine(
        client,
        (await context.req.text()).split("\n").slice(0, -1),
      );
      return context.text(text, isDone ? 200 : 400);
    });
    onTestFinished(() => server.close());
    store = new ParameterStore(aws, server.url, instanceId, credentials);
    return store;
  }

  intercept(call: AwsCall, proceed: () => Promise<object>): Promise<object> {
    if (call.caller.roleArn === undefined) return proceed();
    const { Name, Names } = call.input as { Name?: string; Names?: string[] };
    this.calls.push(`${call.operation} ${Name ?? Names?.join(" ")}`);
    return this.fault?.(call, proceed) ?? proceed();
  }

  /** As the deployer does. Returns the version. */
  async put(name: string, value: string, type: "SecureString" | "String" = "SecureString"): Promise<number> {
    const input = { Name: name, Value: value, Type: type, Overwrite: true };
    return (await this.#aws.call("ssm:PutParameter", input)).Version ?? 0;
  }

  async delete(name: string): Promise<void> {
    await this.#aws.call("ssm:DeleteParameter", { Name: name });
  }

  /** As the deployer sees it. */
  async get(name: string): Promise<{ value: string; version: number }> {
    const { Parameter } = await this.#aws.call("ssm:GetParameter", { Name: name });
    return { value: Parameter?.Value ?? "", version: Parameter?.Version ?? 0 };
  }
}
