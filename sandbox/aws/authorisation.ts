/** What a host's role may do: its inline and attached policies, judged by an IAM policy simulator. */
import { runSimulation } from "@cloud-copilot/iam-simulate";
import { managedPolicy } from "./iam/managedPolicies.ts";
import type { RoleRecord } from "./iam/roles.ts";
import { AwsError, type Caller } from "./operation.ts";
import { splitSelector } from "./ssm/parameterReads.ts";
import { parameterArn } from "./ssm/parameterRecord.ts";
import type { AwsState } from "./state.ts";

type Verdict = "Allowed" | "ExplicitlyDenied" | "ImplicitlyDenied";

interface Question {
  principal: string;
  accountId: string;
  policies: { name: string; policy: unknown }[];
  action: string;
  resource: string;
  context: Record<string, string>;
  resourcePolicy?: unknown;
}

/** Answers kept; a host asks the same few questions every minute. */
const MAXIMUM_ANSWERS = 10_000;

/**
 * The simulator knows `kms:EncryptionContext:…` only under its documented placeholder. SSM's context has one key,
 * so that one stands for the placeholder, here and in the policies.
 */
const ENCRYPTION_CONTEXT = /"kms:EncryptionContext:PARAMETER_ARN"/gi;
// biome-ignore lint/suspicious/noTemplateCurlyInString: the simulator's own placeholder
const ENCRYPTION_CONTEXT_PLACEHOLDER = "kms:EncryptionContext:${EncryptionContextKey}";

function policiesOf(role: RoleRecord): Question["policies"] {
  const inline = Object.entries(role.inlinePolicies).map(([name, text]) => ({
    name,
    policy: JSON.parse(
      text.replace(ENCRYPTION_CONTEXT, () => `"${ENCRYPTION_CONTEXT_PLACEHOLDER}"`),
    ) as unknown,
  }));
  const attached = role.attachedPolicyArns.map((arn) => ({
    name: arn,
    policy: managedPolicy(arn) as unknown,
  }));
  return [...inline, ...attached];
}

export class Authorisation {
  readonly #state: AwsState;
  readonly #answers = new Map<string, Promise<Verdict>>();

  constructor(state: AwsState) {
    this.#state = state;
  }

  /** Throws the service's access-denied error unless the caller may make this call. */
  async check(operation: string, input: object, caller: Caller): Promise<void> {
    if (caller.roleArn === undefined || operation.startsWith("sts:")) return;
    const resources = this.#resourcesOf(operation, input);
    for (const resource of resources ?? ["*"]) {
      const verdict =
        resources === undefined ? "ImplicitlyDenied" : await this.#judge(caller, operation, resource, {});
      if (verdict !== "Allowed") throw denied(caller, operation, this.#shown(operation, resource), verdict);
    }
  }

  /** Whether the policies let the caller do something that knows no resources, and that the sandbox does not serve. */
  async allows(caller: Caller, action: string): Promise<boolean> {
    return (await this.#judge(caller, action, "*", {})) === "Allowed";
  }

  /** Whether the caller may have SSM decrypt a parameter with a customer's key. */
  async mayDecrypt(caller: Caller, keyArn: string, parameter: string): Promise<boolean> {
    if (caller.roleArn === undefined) return true;
    const context = {
      "kms:ViaService": `ssm.${this.#state.region}.amazonaws.com`,
      [ENCRYPTION_CONTEXT_PLACEHOLDER]: parameter,
    };
    // The key policy that KMS gives a key by default leaves the decision to the account's own policies.
    const keyPolicy = {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { AWS: `arn:aws:iam::${this.#state.accountId}:root` },
          Action: "kms:*",
          Resource: "*",
        },
      ],
    };
    return (await this.#judge(caller, "kms:Decrypt", keyArn, context, keyPolicy)) === "Allowed";
  }

  /** The resource as the error names it: SSM answers a list of everything with the account's own ARN. */
  #shown(operation: string, resource: string): string {
    if (resource !== "*" || !operation.startsWith("ssm:")) return resource;
    return `arn:aws:ssm:${this.#state.region}:${this.#state.accountId}:*`;
  }

  /** Resources that a call needs permission for; `undefined` for a call that no host may make here. */
  #resourcesOf(operation: string, input: object): string[] | undefined {
    const { Name, Names, Path, ResourceId, InstanceIds } = input as Record<string, unknown>;
    const named = (name: unknown) => parameterArn(this.#state, splitSelector(this.#state, String(name)).name);
    switch (operation) {
      case "ssm:GetParameter":
      case "ssm:PutParameter":
      case "ssm:DeleteParameter":
        return [named(Name ?? "")];
      case "ssm:GetParametersByPath":
        return [parameterArn(this.#state, String(Path ?? ""))];
      case "ssm:GetParameters":
      case "ssm:DeleteParameters":
        return Array.isArray(Names) ? Names.map(named) : [];
      case "ssm:AddTagsToResource":
      case "ssm:RemoveTagsFromResource":
      case "ssm:ListTagsForResource":
        return [named(ResourceId ?? "")];
      case "ssm:DescribeParameters":
      case "ec2:DescribeInstances":
        return ["*"];
      case "ec2:RebootInstances":
      case "ec2:TerminateInstances": {
        const prefix = `arn:aws:ec2:${this.#state.region}:${this.#state.accountId}:instance/`;
        return Array.isArray(InstanceIds) ? InstanceIds.map((id) => prefix + String(id)) : [];
      }
      default:
        return undefined;
    }
  }

  #judge(
    caller: Caller,
    action: string,
    resource: string,
    context: Record<string, string>,
    resourcePolicy?: unknown,
  ): Promise<Verdict> {
    const role = this.#state.roles.find((one) => one.arn === caller.roleArn);
    const documents = role && [role.inlinePolicies, role.attachedPolicyArns];
    const key = JSON.stringify([caller.arn, documents, action, resource, context]);
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    if (this.#answers.size >= MAXIMUM_ANSWERS) this.#answers.clear();
    const answer = simulate({
      principal: caller.arn,
      accountId: caller.accountId,
      policies: role === undefined ? [] : policiesOf(role),
      action,
      resource,
      context,
      resourcePolicy,
    });
    this.#answers.set(key, answer);
    return answer;
  }
}

async function simulate(question: Question): Promise<Verdict> {
  const { accountId, resource, resourcePolicy } = question;
  const result = await runSimulation(
    {
      request: {
        principal: question.principal,
        action: question.action,
        resource: { resource, accountId },
        contextVariables: question.context,
      },
      identityPolicies: question.policies,
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      ...(resourcePolicy !== undefined && { resourcePolicy }),
    },
    {},
  );
  if (result.resultType !== "error") return result.overallResult;
  throw new Error(`${question.action} on ${resource} cannot be simulated: ${JSON.stringify(result.errors)}`);
}

function denied(caller: Caller, operation: string, resource: string, verdict: Verdict): AwsError {
  const why =
    verdict === "ExplicitlyDenied"
      ? "with an explicit deny in an identity-based policy"
      : `because no identity-based policy allows the ${operation} action`;
  const on = resource === "*" ? "" : ` on resource: ${resource}`;
  const text = `User: ${caller.arn} is not authorized to perform: ${operation}${on} ${why}`;
  if (operation.startsWith("iam:")) return new AwsError("AccessDenied", text, 403);
  return operation.startsWith("ec2:")
    ? new AwsError("UnauthorizedOperation", `You are not authorized to perform this operation. ${text}`, 403)
    : new AwsError("AccessDeniedException", text);
}
