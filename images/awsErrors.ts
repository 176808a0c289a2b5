/** Why AWS did not answer, in words that say what to do. */

/** Credentials that AWS does not take. SSM's and EC2's names of the same errors differ. */
const REFUSED_CREDENTIALS: ReadonlySet<string> = new Set([
  "AuthFailure",
  "ExpiredToken",
  "ExpiredTokenException",
  "InvalidClientTokenId",
  "InvalidSignatureException",
  "RequestExpired",
  "UnrecognizedClientException",
]);

const FORBIDDEN: ReadonlySet<string> = new Set([
  "AccessDenied",
  "AccessDeniedException",
  "UnauthorizedOperation",
]);

const UNREACHABLE: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ETIMEDOUT",
  "TimeoutError",
]);

/** The error with advice, and with the region that it arose in. */
export function explain(error: unknown, region: string): Error {
  if (!(error instanceof Error)) return new Error(`${region}: ${String(error)}`, { cause: error });
  const { name, message } = error;
  const code = "code" in error ? String(error.code) : "";
  const say = (text: string) => new Error(`${region}: ${text}`, { cause: error });
  if (name === "CredentialsProviderError" || name === "TokenProviderError") {
    return say(
      `no AWS credentials (${message}). Give them as to the AWS CLI: \`aws configure\`, \`aws sso login\` with ` +
        "AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
    );
  }
  if (REFUSED_CREDENTIALS.has(name)) {
    return say(
      `AWS refused the credentials (${name}: ${message}). Log in again, and see that the region is enabled in the account.`,
    );
  }
  if (FORBIDDEN.has(name)) {
    return say(
      `permission is missing (${name}: ${message}). Allow ssm:GetParameters on ` +
        "arn:aws:ssm:*::parameter/aws/service/ami-amazon-linux-latest/* and ec2:DescribeImages on *.",
    );
  }
  if (UNREACHABLE.has(code) || UNREACHABLE.has(name)) {
    return say(`AWS cannot be reached (${message}). Check aws:region and the network.`);
  }
  return say(`${name}: ${message}`);
}
