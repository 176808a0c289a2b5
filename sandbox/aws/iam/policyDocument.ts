/** Policy documents: what IAM accepts. */
import {
  loadPolicy,
  type Policy,
  type Statement,
  validateIdentityPolicy,
  validateTrustPolicy,
} from "@cloud-copilot/iam-policy";
import { AwsError } from "../operation.ts";

/** Principal of a trust policy that lets EC2 hand the role to instances. */
const EC2_SERVICE = "ec2.amazonaws.com";

function malformed(message: string): AwsError {
  return new AwsError("MalformedPolicyDocument", message);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw malformed("This policy contains invalid Json");
  }
}

/** IAM says no more than "Syntax errors in policy."; the reason in brackets is the sandbox's own addition. */
function refuseErrors(errors: readonly { path: string; message: string }[]): void {
  const [error] = errors;
  if (error !== undefined) throw malformed(`Syntax errors in policy. (${error.path}: ${error.message})`);
}

/** Throws MalformedPolicyDocument unless the text is a policy that an identity can have. */
export function checkIdentityPolicy(text: string): void {
  const document = parse(text);
  refuseErrors(validateIdentityPolicy(document));
  checkStatements(loadPolicy(document));
}

/** Condition operators, but for `Null`, take a quantifier before and `IfExists` behind. Their case does not count. */
const CONDITION_OPERATOR = new RegExp(
  "^((ForAllValues:|ForAnyValue:)?" +
    "(String(Not)?Equals(IgnoreCase)?|String(Not)?Like|Arn(Not)?(Equals|Like)|(Not)?IpAddress|Bool|BinaryEquals|" +
    "(Numeric|Date)((Not)?Equals|(Less|Greater)Than(Equals)?))(IfExists)?|Null)$",
  "i",
);

/** What the library's syntax check leaves through and IAM does not. */
function checkStatements(policy: Policy): void {
  const seen = new Set<string>();
  for (const statement of policy.statements()) {
    const sid = statement.sid();
    if (sid !== undefined && !/^[A-Za-z0-9]*$/.test(sid)) {
      throw malformed(
        "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
      );
    }
    if (sid !== undefined && seen.has(sid)) {
      throw malformed("Statement IDs (SID) in a single policy must be unique.");
    }
    if (sid !== undefined && sid !== "") seen.add(sid);
    for (const operator of Object.keys(statement.conditionMap() ?? {})) {
      if (!CONDITION_OPERATOR.test(operator)) throw malformed(`Invalid Condition type : ${operator}.`);
    }
    if (actionsOf(statement).length === 0) throw malformed("Policy statement must contain actions.");
    checkResources(statement);
  }
}

function actionsOf(statement: Statement): string[] {
  if (statement.isActionStatement()) return statement.actions().map((action) => action.value());
  return statement.isNotActionStatement() ? statement.notActions().map((action) => action.value()) : [];
}

function checkResources(statement: Statement): void {
  const resources = statement.isResourceStatement()
    ? statement.resources()
    : statement.isNotResourceStatement()
      ? statement.notResources()
      : undefined;
  if (resources?.length === 0) throw malformed("Policy statement must contain resources.");
  for (const resource of resources ?? []) {
    const arn = resource.value();
    if (arn === "*") continue;
    if (!arn.startsWith("arn:")) throw malformed(`Resource ${arn} must be in ARN format or "*".`);
    if (arn.split(":").length < 6) throw malformed("The policy failed legacy parsing");
  }
}

/** Throws MalformedPolicyDocument unless the text is a trust policy whose principals can exist. */
export function checkTrustPolicy(text: string, accountId: string): void {
  const document = parse(text);
  refuseErrors(validateTrustPolicy(document));
  const policy = loadPolicy(document);
  checkStatements(policy);
  for (const statement of policy.statements()) {
    if (!statement.isActionStatement() || actionsOf(statement).some((action) => !/^sts:/i.test(action))) {
      throw malformed("AssumeRole policy may only specify STS AssumeRole actions.");
    }
    if (!statement.isPrincipalStatement()) continue;
    for (const principal of statement.principals()) {
      if (
        principal.isServicePrincipal() &&
        !/^[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com$/.test(principal.service())
      ) {
        throw malformed(`Invalid principal in policy: "SERVICE":"${principal.service()}"`);
      }
      if (principal.isAwsPrincipal() && !isKnownArn(principal.arn(), accountId)) {
        throw malformed(`Invalid principal in policy: "AWS":"${principal.arn()}"`);
      }
    }
  }
}

function isKnownArn(arn: string, accountId: string): boolean {
  return arn === accountId || /^arn:aws:(iam|sts)::\d{12}:.+/.test(arn);
}

/** Whether EC2 may assume a role with this trust policy. */
export function trustsEc2(text: string): boolean {
  return loadPolicy(JSON.parse(text))
    .statements()
    .some(
      (statement) =>
        statement.isAllow() &&
        statement.isPrincipalStatement() &&
        statement.principals().some((one) => one.isServicePrincipal() && one.service() === EC2_SERVICE) &&
        statement.isActionStatement() &&
        statement.actions().some((action) => /^(\*|sts:(\*|assumerole))$/i.test(action.value())),
    );
}

/** Characters that count against IAM's size limits: all but white space. */
export function countedSize(text: string): number {
  return text.replace(/\s/g, "").length;
}
