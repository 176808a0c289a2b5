/** `tenant-edge service-token`. */
import { appendFile, readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Command } from "commander";
import { Scope } from "../operations/contract.ts";
import { exampleText } from "./exampleText.ts";
import { ExitCode } from "./exitCodes.ts";
import type { Finish } from "./finish.ts";
import type { GlobalOptions } from "./globalOptions.ts";
import type { Surroundings } from "./surroundings.ts";
import { UsageError } from "./usageError.ts";

interface TokenOptions extends GlobalOptions {
  scopes: readonly Scope[];
  notBefore?: string;
  notAfter?: string;
  file?: string;
}

/** Only its owner may read it: with the hash of a token nothing can be called, but names and scopes are nobody's business. */
const FILE_MODE = 0o600;

/** @throws UsageError when the file would not be a list of tokens with the entry at its end. */
async function append(entry: string, file: string): Promise<void> {
  const { parseTokens, TokensError } = await import("../service/auth/tokens.ts");
  const before = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw new UsageError(`${file} cannot be read (${error.code}).`);
  });
  const added = before === "" || before.endsWith("\n") ? entry : `\n${entry}`;
  try {
    parseTokens(before + added, file);
  } catch (error) {
    if (!(error instanceof TokensError)) throw error;
    throw new UsageError(`The entry cannot be added; nothing was made. ${error.message}`, [
      "It has to be a YAML list in block style: each entry begins with a hyphen, as in `- name: hub`.",
    ]);
  }
  await appendFile(file, added, { mode: FILE_MODE });
}

async function makeToken(name: string, options: TokenOptions, surroundings: Surroundings): Promise<ExitCode> {
  const { stdout, directory } = surroundings;
  const [{ newServiceToken }, { stringify }] = await Promise.all([
    import("../service/auth/tokens.ts"),
    import("yaml"),
  ]);
  const { scopes, notBefore, notAfter } = options;
  let made: ReturnType<typeof newServiceToken>;
  try {
    made = newServiceToken({
      name,
      scopes: [...scopes],
      ...(notBefore !== undefined && { notBefore }),
      ...(notAfter !== undefined && { notAfter }),
    });
  } catch (error) {
    const { ZodError } = await import("zod");
    if (!(error instanceof ZodError)) throw error;
    const problems = error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
    throw new UsageError("Not what a token's entry takes; nothing was made.", [], problems);
  }
  const { token, entry } = made;
  const text = stringify([entry]);
  if (options.file !== undefined) await append(text, resolve(directory, options.file));
  if (options.json) stdout.write(`${JSON.stringify({ token, entry }, null, 2)}\n`);
  else {
    stdout.write(`${token}\n`);
    surroundings.stderr.write(
      options.file === undefined
        ? `The token is kept nowhere: hand it out now. For the service's file of tokens:\n${text}`
        : `The token is kept nowhere: hand it out now. ${options.file} has what recognises it.\n`,
    );
  }
  return ExitCode.done;
}

export function addServiceTokenCommand(program: Command, surroundings: Surroundings, finish: Finish): void {
  program
    .command("service-token")
    .description("Make a bearer token of the service; it is printed, and kept nowhere")
    .argument("<name>", "who uses it, for the audit")
    .requiredOption(
      "--scopes <scopes>",
      `what it may do, separated by commas: ${Object.values(Scope).join(", ")}`,
      (value: string) => value.split(",").map((scope) => scope.trim()),
    )
    .option("--not-before <time>", "valid from then on, as 2026-12-01T00:00:00Z; default: at once")
    .option("--not-after <time>", "valid until then; default: for ever")
    .option("--file <path>", "add its entry to this file of tokens")
    .addHelpText(
      "after",
      exampleText("service-token", [
        ["hub --scopes read,operate,secrets --file tokens.yaml", "for the system that enrolls customers"],
        ["monitor --scopes read --not-after 2027-01-01T00:00:00Z", "prints the entry instead"],
      ]),
    )
    .action(async (name: string, _: object, command: Command) => {
      finish(await makeToken(name, command.optsWithGlobals<TokenOptions>(), surroundings));
    });
}
