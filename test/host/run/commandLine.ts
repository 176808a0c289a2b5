/** The three commands of the AWS command line that the scripts use, as its stand-in has them carried out. */
import {
  GetParameterCommand,
  GetParametersCommand,
  PutParameterCommand,
  type SSMClient,
  SSMServiceException,
} from "@aws-sdk/client-ssm";

const LIST_QUERY = "Parameters[].[Name, Version, LastModifiedDate, Type=='String' && Value || '-']";

/** As Python writes a time: with microseconds, and with none of them when there are none. */
function timestamp(date: Date | undefined): string {
  return (date?.toISOString() ?? "None").replace(/(\.\d+)?Z$/, (_, fraction = ".000") =>
    fraction === ".000" ? "+00:00" : `${fraction}000+00:00`,
  );
}

/** Values by option, from `--names a b --output text`. */
function optionsOf(words: readonly string[]): Record<string, string[]> {
  const options: Record<string, string[]> = {};
  let current: string[] = [];
  for (const word of words) {
    if (word.startsWith("--")) {
      current = [];
      options[word] = current;
    } else {
      current.push(word);
    }
  }
  return options;
}

async function carryOut(client: SSMClient, words: readonly string[]): Promise<string> {
  const command = words.slice(0, 2).join(" ");
  const options = optionsOf(words.slice(2));
  const option = (name: string) => options[name]?.join(" ");
  const shape = `${command} ${Object.keys(options).join(" ")} ${option("--output")} ${option("--query") ?? ""}`;
  switch (shape) {
    case `ssm get-parameters --names --output --query text ${LIST_QUERY}`: {
      const { Parameters = [] } = await client.send(new GetParametersCommand({ Names: options["--names"] }));
      return Parameters.map(
        ({ Name, Version, LastModifiedDate, Type, Value }) =>
          `${Name}\t${Version}\t${timestamp(LastModifiedDate)}\t${Type === "String" ? Value : "-"}\n`,
      ).join("");
    }
    case "ssm get-parameter --with-decryption --name --output --query text Parameter.Value": {
      const input = { Name: option("--name"), WithDecryption: true };
      return `${(await client.send(new GetParameterCommand(input))).Parameter?.Value}\n`;
    }
    case "ssm put-parameter --name --overwrite --value --output text ": {
      const input = { Name: option("--name"), Value: option("--value"), Overwrite: true };
      const { Version, Tier } = await client.send(new PutParameterCommand(input));
      return `${Tier}\t${Version}\n`;
    }
    default:
      throw new Error(`the stand-in does not know: aws ${words.join(" ")}`);
  }
}

/** What the command prints, and whether it succeeds. */
export async function runCommandLine(client: SSMClient, words: readonly string[]) {
  try {
    return { isDone: true, text: await carryOut(client, words) };
  } catch (error) {
    const code = error instanceof SSMServiceException ? `An error occurred (${error.name})` : "Error";
    return { isDone: false, text: `\n${code}: ${error instanceof Error ? error.message : ""}\n` };
  }
}
