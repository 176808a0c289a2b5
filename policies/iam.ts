import { hostPolicy } from "../host/policy.ts";
import type { Declared, ResourceRule, Violation } from "./policy.ts";
import { at, entries, isObject, shown, textsOf, Unknown } from "./values.ts";

/** Actions that know no resources: those of Session Manager, the only ones that may stand beside `*`. */
const WITHOUT_RESOURCES = new Set(
  hostPolicy({ region: "", secretArns: [], reportArn: "", sessionManager: true })
    .Statement.filter(({ Resource }) => Resource === "*")
    .flatMap(({ Action }) => Action),
);

const WILDCARD = /[*?]/;

interface Statement {
  path: string;
  value: Readonly<Record<string, unknown>>;
}

/** A document as JSON or as an object; none while it is not known. Undefined for what is no document. */
function statementsOf(path: string, document: unknown): Statement[] | undefined {
  if (document === Unknown || document === undefined) return [];
  const parsed = typeof document === "string" ? parseJson(document) : document;
  if (!isObject(parsed)) return undefined;
  return [parsed["Statement"]]
    .flat()
    .flatMap((value: unknown, index) =>
      isObject(value) ? [{ path: `${path}.Statement[${index}]`, value }] : [],
    );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What gives more than it names. */
function statementProblems({ path, value }: Statement): Violation[] {
  if (value["Effect"] !== "Allow") return [];
  const actions = textsOf(value["Action"]);
  const problems: Violation[] = ["NotAction", "NotResource", "NotPrincipal"]
    .filter((key) => value[key] !== undefined)
    .map((key) => ({
      path: `${path}.${key}`,
      found: "set",
      allowed: "not set",
      action: `Name what is allowed with ${key.slice("Not".length)}: this allows all but what it names`,
    }));
  for (const action of actions.filter((name) => WILDCARD.test(name))) {
    problems.push({
      path: `${path}.Action`,
      found: shown(action),
      allowed: "actions by their full names",
      action: "Name each action",
    });
  }
  const isWithoutResources = actions.length > 0 && actions.every((action) => WITHOUT_RESOURCES.has(action));
  for (const resource of textsOf(value["Resource"]).filter((arn) => WILDCARD.test(arn))) {
    if (resource === "*" && isWithoutResources) continue;
    problems.push({
      path: `${path}.Resource`,
      found: shown(resource),
      allowed: `full ARNs; "*" only for the actions of Session Manager`,
      action: "Name the tenant's own resources",
    });
  }
  return problems;
}

/** Who may take the role: a service of AWS. */
function principalProblems({ path, value }: Statement): Violation[] {
  const principal = value["Principal"];
  if (value["Effect"] !== "Allow" || principal === undefined || principal === Unknown) return [];
  const services = isObject(principal) ? textsOf(principal["Service"]) : [];
  const isService =
    isObject(principal) && Object.keys(principal).every((kind) => kind === "Service") && services.length > 0;
  if (isService && !services.some((service) => WILDCARD.test(service))) return [];
  return [
    {
      path: `${path}.Principal`,
      found: shown(principal),
      allowed: `{"Service":"ec2.amazonaws.com"}`,
      action: "Let only EC2 take the role of a host",
    },
  ];
}

function documentProblems(path: string, document: unknown): Violation[] {
  const statements = statementsOf(path, document);
  if (statements !== undefined) return statements.flatMap(statementProblems);
  return [{ path, found: "no JSON object", allowed: "an IAM policy document", action: "Write it as JSON" }];
}

function role({ values }: Declared): Violation[] {
  const trust = at(values, "assumeRolePolicy");
  return [
    ...documentProblems("assumeRolePolicy", trust),
    ...(statementsOf("assumeRolePolicy", trust) ?? []).flatMap(principalProblems),
    ...entries(values, "inlinePolicies").flatMap(({ path, value }) =>
      documentProblems(`${path}.policy`, at(value, "policy")),
    ),
    ...entries(values, "managedPolicyArns").flatMap(({ path, value }) => attachmentProblems(path, value)),
  ];
}

/** AWS's own policies are for whole accounts. AWS documentation, "AWS managed policies". */
function attachmentProblems(path: string, arn: unknown): Violation[] {
  if (typeof arn !== "string" || !/^arn:[^:]+:iam::aws:policy\//.test(arn)) return [];
  const action = "Write a policy that names the tenant's own resources";
  return [{ path, found: shown(arn), allowed: "no policy of AWS's own", action }];
}

const policy = ({ values }: Declared) => documentProblems("policy", at(values, "policy"));
const attachment = ({ values }: Declared) => attachmentProblems("policyArn", at(values, "policyArn"));

const CHECKS: Readonly<Record<string, (resource: Declared) => Violation[]>> = {
  "aws:iam/role:Role": role,
  "aws:iam/rolePolicy:RolePolicy": policy,
  "aws:iam/policy:Policy": policy,
  "aws:iam/userPolicy:UserPolicy": policy,
  "aws:iam/groupPolicy:GroupPolicy": policy,
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": attachment,
  "aws:iam/userPolicyAttachment:UserPolicyAttachment": attachment,
  "aws:iam/policyAttachment:PolicyAttachment": attachment,
};

export const iam: ResourceRule = {
  name: "no-wildcard-in-iam",
  description: "A role may do what its policy names, with the resources that it names, and nothing besides.",
  check: (resource) => CHECKS[resource.type]?.(resource) ?? [],
};
