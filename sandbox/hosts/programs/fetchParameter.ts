/** What the script fetch-parameter does: read an SSM parameter as the host's role, and write it to a file. */
import { GetParameterCommand, SSMClient, SSMServiceException } from "@aws-sdk/client-ssm";
import { HTTPS, UnreachableError, UnresolvedError } from "../egress.ts";
import { FileAccessError } from "../fileSystem.ts";
import { ExitError, type Invocation, type Program } from "./program.ts";
import { wayOut } from "./wayOut.ts";

const ATTEMPTS = 12;
const LONGEST_PAUSE_SECONDS = 30;

/** The AWS command line said no. The message is its own. */
class CommandLineError extends Error {}

/** `aws ssm get-parameter --with-decryption`, against the emulated AWS and with the instance's own credentials. */
async function getParameter(invocation: Invocation, region: string, name: string): Promise<string> {
  const { machine, signal } = invocation;
  const { aws, instanceId } = machine;
  if (aws.instance(instanceId)?.metadataOptions.httpEndpoint !== "enabled") {
    throw new CommandLineError(
      "Unable to locate credentials: the instance's metadata service is switched off",
    );
  }
  const credentials = aws.credentialsFor(instanceId);
  if (credentials === undefined) {
    throw new CommandLineError(`Unable to locate credentials: ${aws.credentialsProblem(instanceId)}`);
  }
  if (region !== aws.region) {
    throw new CommandLineError(
      `ParameterNotFound when calling the GetParameter operation: ` +
        `the emulated account has parameters in ${aws.region}, and none in region ${region}`,
    );
  }
  await wayOut(invocation, HTTPS);
  const client = new SSMClient({ endpoint: machine.awsUrl(), region, credentials });
  try {
    const command = new GetParameterCommand({ Name: name, WithDecryption: true });
    const { Parameter } = await client.send(command, { abortSignal: signal });
    if (Parameter?.Value) return Parameter.Value;
    throw new CommandLineError("the value is empty");
  } catch (error) {
    if (error instanceof SSMServiceException || error instanceof CommandLineError) throw error;
    throw new CommandLineError(`Could not connect to the endpoint URL: ${String(error)}`);
  } finally {
    client.destroy();
  }
}

function describe(error: unknown): string {
  if (error instanceof SSMServiceException) {
    return `An error occurred (${error.name}) when calling the GetParameter operation: ${error.message}`;
  }
  if (error instanceof UnresolvedError)
    return `Could not connect to the endpoint URL of SSM: ${error.message}`;
  if (error instanceof UnreachableError) return `Connect timeout on the endpoint of SSM: ${error.message}`;
  if (error instanceof CommandLineError) return error.message;
  throw error;
}

/** The value with the new line that `--output text` ends in, or why there is none. */
async function attempt(
  invocation: Invocation,
  region: string,
  name: string,
): Promise<string | { problem: string }> {
  try {
    return `${await getParameter(invocation, region, name)}\n`;
  } catch (error) {
    return { problem: describe(error) };
  }
}

function write({ machine, user }: Invocation, path: string, value: string, owner: string): void {
  if (!machine.users.has(owner)) throw new ExitError(`chown: invalid user: '${owner}'`);
  if (owner !== user && user !== "root") {
    throw new ExitError(`chown: changing ownership of '${path}': Operation not permitted`);
  }
  const file = { content: Buffer.from(value), mode: 0o400, owner, group: user };
  try {
    machine.files.replace(path, file, user);
  } catch (error) {
    if (error instanceof FileAccessError) throw new ExitError(`cannot create ${error.message}`);
    throw error;
  }
}

export const fetchParameter: Program = async (invocation) => {
  const [region = "", name = "", path = "", owner = ""] = invocation.arguments;
  let pause = 1;
  for (let count = 1; count <= ATTEMPTS; count += 1) {
    const value = await attempt(invocation, region, name);
    if (typeof value === "string") return write(invocation, path, value, owner);
    if (count === ATTEMPTS) break;
    invocation.log(`fetch-parameter: ${name}: attempt ${count} failed, next one in ${pause} s`);
    await invocation.retryAfter(pause, `${name}: ${value.problem}`);
    pause = Math.min(pause * 2, LONGEST_PAUSE_SECONDS);
  }
  throw new ExitError(
    `fetch-parameter: ${name} could not be read; may the instance's role do ssm:GetParameter on it?`,
  );
};
