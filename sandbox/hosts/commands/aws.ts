/**
 * The AWS command line, as far as SSM parameters go: with the credentials of the instance's role, over the emulated
 * AWS's wire. AWS CLI documentation, "Command line return codes".
 */
import { parseArgs } from "node:util";
import {
  GetParameterCommand,
  GetParametersCommand,
  PutParameterCommand,
  SSMClient,
  SSMServiceException,
} from "@aws-sdk/client-ssm";
import { HTTPS, UnreachableError } from "../egress.ts";
import type { Invocation } from "../programs/program.ts";
import { wayOut } from "../programs/wayOut.ts";
import { type CommandInput, fail, type HostCommand, succeed } from "../shell/command.ts";
import { checkQuery, textOf } from "./awsText.ts";

const ExitCode = { usage: 252, configuration: 253, service: 254, general: 255 } as const;

/** The metadata service, from which the credentials come. */
const METADATA = "169.254.169.254/32";

/** The command line said no. The message is its own. */
class CommandLineError extends Error {
  readonly exitCode: number;

  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

const OPTIONS = {
  name: { type: "string" },
  names: { type: "string", multiple: true },
  value: { type: "string" },
  type: { type: "string" },
  overwrite: { type: "boolean" },
  "with-decryption": { type: "boolean" },
  query: { type: "string" },
  output: { type: "string" },
  region: { type: "string" },
} as const;

/** `--names a b c` as three options of one value, which is how the parser wants them. */
function repeatNames(words: readonly string[]): string[] {
  let isList = false;
  return words.flatMap((word) => {
    if (word.startsWith("--")) {
      isList = word === "--names";
      return isList ? [] : [word];
    }
    return isList ? ["--names", word] : [word];
  });
}

function parse(words: readonly string[]) {
  const [service, operation = "", ...rest] = words;
  if (service !== "ssm" || !["get-parameter", "get-parameters", "put-parameter"].includes(operation)) {
    throw new CommandLineError(ExitCode.usage, `the sandbox does not emulate "aws ${service} ${operation}"`);
  }
  try {
    const { values } = parseArgs({ args: repeatNames(rest), options: OPTIONS, strict: true });
    if (values.output !== "text") throw new Error("the sandbox knows --output text only");
    if (values.query !== undefined) checkQuery(values.query);
    return { operation, values };
  } catch (error) {
    throw new CommandLineError(
      ExitCode.usage,
      `aws: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

type Parsed = ReturnType<typeof parse>;

function credentialsOf({ machine, networkProblem }: Invocation) {
  const { aws, instanceId } = machine;
  const isOff = aws.instance(instanceId)?.metadataOptions.httpEndpoint !== "enabled";
  const reason = isOff
    ? "the instance's metadata service is switched off"
    : (networkProblem(METADATA) ?? aws.credentialsProblem(instanceId));
  const credentials = aws.credentialsFor(instanceId);
  if (reason !== undefined || credentials === undefined) {
    throw new CommandLineError(ExitCode.configuration, `Unable to locate credentials: ${reason}`);
  }
  return credentials;
}

function commandOf({ operation, values }: Parsed) {
  const WithDecryption = values["with-decryption"] === true;
  switch (operation) {
    case "get-parameter":
      return {
        name: "GetParameter",
        command: new GetParameterCommand({ Name: values.name, WithDecryption }),
      };
    case "get-parameters":
      return {
        name: "GetParameters",
        command: new GetParametersCommand({ Names: values.names ?? [], WithDecryption }),
      };
    default: {
      const { name: Name, value: Value, type, overwrite: Overwrite = false } = values;
      return {
        name: "PutParameter",
        command: new PutParameterCommand({ Name, Value, Overwrite, ...(type && { Type: type as "String" }) }),
      };
    }
  }
}

/** Remembers what the host has seen and said. */
function note({ machine, saw }: Invocation, { values }: Parsed, answer: object): void {
  const { Parameters, InvalidParameters, Version } = answer as {
    Parameters?: { Name?: string; Version?: number; LastModifiedDate?: Date }[];
    InvalidParameters?: string[];
    Version?: number;
  };
  for (const { Name = "", Version: version, LastModifiedDate } of Parameters ?? []) {
    saw(Name, `${version} ${LastModifiedDate?.toISOString()}`);
  }
  for (const name of InvalidParameters ?? []) saw(name, "");
  if (Version === undefined || values.name === undefined) return;
  // What a write answers has no time in it.
  saw(values.name, machine.aws.parameterRevision(values.name));
  machine.reported = values.value;
}

async function call({ environment, invocation }: CommandInput, parsed: Parsed): Promise<string> {
  const { machine, signal } = invocation;
  const region = parsed.values.region ?? environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"];
  if (!region) throw new CommandLineError(ExitCode.configuration, "You must specify a region.");
  const credentials = credentialsOf(invocation);
  const { name, command } = commandOf(parsed);
  if (region !== machine.aws.region) {
    const reason = `the emulated account has parameters in ${machine.aws.region}, and none in region ${region}`;
    throw new CommandLineError(
      ExitCode.service,
      `\nAn error occurred (AccessDeniedException) when calling the ${name} operation: ${reason}`,
    );
  }
  await wayOut(invocation, HTTPS);
  const maxAttempts = Number(environment["AWS_MAX_ATTEMPTS"] ?? 3);
  const client = new SSMClient({ endpoint: machine.awsUrl(), region, credentials, maxAttempts });
  try {
    const options = { abortSignal: signal };
    // The client's overloads want one command at a time.
    const answer = await client.send(command as GetParameterCommand, options);
    note(invocation, parsed, answer);
    return textOf(answer, parsed.values.query);
  } catch (error) {
    if (error instanceof SSMServiceException) {
      const text = `An error occurred (${error.name}) when calling the ${name} operation: ${error.message}`;
      throw new CommandLineError(ExitCode.service, `\n${text}`);
    }
    throw new UnreachableError(String(error));
  } finally {
    client.destroy();
  }
}

export const awsCommand: HostCommand = async (input) => {
  try {
    return succeed(await call(input, parse(input.words)));
  } catch (error) {
    if (error instanceof CommandLineError) return fail(error.exitCode, error.message);
    if (!(error instanceof UnreachableError)) throw error;
    return fail(ExitCode.general, `Could not connect to the endpoint URL of SSM: ${error.message}`);
  }
};
