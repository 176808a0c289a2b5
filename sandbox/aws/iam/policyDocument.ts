/** Policy documents: what IAM accepts. */
import { loadPolicy, validateIdentityPolicy, validateTrustPolicy } from "@cloud-copilot/iam-policy";
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
  refuseErrors(validateIdentityPolicy(parse(text)));
}

/** Throws MalformedPolicyDocument unless the text is a trust policy whose principals can exist. */
export function checkTrustPolicy(text: string, accountId: string): void {
  const document = parse(text);
  refuseErrors(validateTrustPolicy(document));
  for (const statement of loadPolicy(document).statements()) {
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
