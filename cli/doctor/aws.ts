/** AWS credentials, and what they may read. What may be written cannot be tried without writing. */
import type { AwsClients } from "../../clients/awsClients.ts";
import { hostNames } from "../../naming/names.ts";
import { type Check, type CheckGroup, missing, ok, type Verdict } from "./check.ts";

const POLICY = "docs/aws-access.md has the policy that suffices.";

const REFUSED = new Set(["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthFailure"]);
const NO_CREDENTIALS = new Set(["CredentialsProviderError", "TokenProviderError"]);

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "";
}

function explain(error: unknown): Verdict | undefined {
  const name = nameOf(error);
  if (NO_CREDENTIALS.has(name)) {
    return missing(
      "there are no credentials",
      "Give them as the AWS CLI takes them: `aws sso login`, AWS_PROFILE.",
    );
  }
  return name === ""
    ? undefined
    : missing(`AWS answers ${name}`, "Renew the credentials, if they have expired.");
}

interface Read {
  /** As policies call it. */
  action: string;
  call(signal: AbortSignal): Promise<unknown>;
}

function readCheck({ action, call }: Read): Check {
  return {
    name: action,
    async run(signal) {
      try {
        await call(signal);
      } catch (error) {
        // There being none is an answer, too.
        if (nameOf(error) === "NoSuchEntityException") return ok("allowed");
        if (!REFUSED.has(nameOf(error))) throw error;
        return missing("not allowed", `Allow ${action}: ${POLICY}`);
      }
      return ok("allowed");
    },
  };
}

export interface AwsProject {
  region: string;
  environment: string;
  /** Accounts that the provider is bound to; empty when to none. */
  allowedAccounts: readonly string[];
}

export function awsChecks(aws: AwsClients, { region, environment, allowedAccounts }: AwsProject): CheckGroup {
  const credentials: Check = {
    name: "credentials",
    async run(signal) {
      const { GetCallerIdentityCommand } = await import("@aws-sdk/client-sts");
      const sts = await aws.sts();
      const { Account, Arn } = await sts.send(new GetCallerIdentityCommand({}), { abortSignal: signal });
      if (allowedAccounts.length > 0 && !allowedAccounts.includes(Account ?? "")) {
        return missing(
          `they are of account ${Account}, and aws:allowedAccountIds has ${allowedAccounts.join(", ")}`,
          "Use the credentials of the stack's account.",
        );
      }
      return ok(`${Arn} in ${region}`);
    },
  };
  const reads: Read[] = [
    {
      action: "ec2:DescribeInstances",
      async call(abortSignal) {
        const { DescribeInstancesCommand } = await import("@aws-sdk/client-ec2");
        return (await aws.ec2()).send(new DescribeInstancesCommand({ MaxResults: 5 }), { abortSignal });
      },
    },
    {
      action: "ec2:DescribeSecurityGroups",
      async call(abortSignal) {
        const { DescribeSecurityGroupsCommand } = await import("@aws-sdk/client-ec2");
        return (await aws.ec2()).send(new DescribeSecurityGroupsCommand({ MaxResults: 5 }), { abortSignal });
      },
    },
    {
      action: "ssm:DescribeParameters",
      async call(abortSignal) {
        const { DescribeParametersCommand } = await import("@aws-sdk/client-ssm");
        return (await aws.ssm()).send(new DescribeParametersCommand({ MaxResults: 1 }), { abortSignal });
      },
    },
    {
      action: "iam:GetRole",
      async call(abortSignal) {
        const { GetRoleCommand } = await import("@aws-sdk/client-iam");
        // The policy opens roles of this environment alone. Whether there is a tenant of this id does not matter.
        const { role } = hostNames(environment, "doctor", 1);
        return (await aws.iam()).send(new GetRoleCommand({ RoleName: role }), { abortSignal });
      },
    },
  ];
  return { name: "AWS", first: credentials, checks: reads.map(readCheck), explain };
}
