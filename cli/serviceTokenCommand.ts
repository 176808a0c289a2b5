/** `tenant-edge service-token`. */
import { appendFile, readFile, stat } from "node:fs/promises";
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
  scopes?: readonly Scope[];
  revoke?: true;
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

/**
 * Takes all entries of that name out of the file: a service that runs refuses their tokens within a second or two.
 *
 * @throws UsageError when the file has none.
 */
async function revokeTokens(
  name: string,
  options: TokenOptions,
  surroundings: Surroundings,
): Promise<ExitCode> {
  const { stdout, stderr, directory } = surroundings;
  if (options.file === undefined) {
    throw new UsageError("--revoke needs the file of tokens.", ["Name it with --file."]);
  }
  const file = resolve(directory, options.file);
  const [{ parseTokens, TokensError }, { isSeq, parseDocument }, { default: writeFileAtomic }] =
    await Promise.all([import("../service/auth/tokens.ts"), import("yaml"), import("write-file-atomic")]);
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${file} cannot be read (${error.code}).`);
  });
  let names: string[];
  try {
    names = parseTokens(text, file).map((entry) => entry.name);
  } catch (error) {
    if (!(error instanceof TokensError)) throw error;
    throw new UsageError(`Nothing was revoked. ${error.message}`);
  }
  const revoked = names.filter((each) => each === name).length;
  if (revoked === 0) {
    throw new UsageError(`${file} has no token named ${name}; nothing was revoked.`, [
      `It has ${[...new Set(names)].join(", ") || "none"}.`,
    ]);
  }
  const document = parseDocument(text);
  if (isSeq(document.contents)) {
    document.contents.items = document.contents.items.filter((_, index) => names[index] !== name);
  }
  // Whoever watches the file sees the old one or the new one, and its owner stays who may read it.
  await writeFileAtomic(file, document.toString(), { mode: (await stat(file)).mode });
  if (options.json) stdout.write(`${JSON.stringify({ name, revoked }, null, 2)}\n`);
  else stderr.write(`${revoked === 1 ? "1 token" : `${revoked} tokens`} of ${name} revoked.\n`);
  return ExitCode.done;
}

async function makeToken(name: string, options: TokenOptions, surroundings: Surroundings): Promise<ExitCode> {
  const { stdout, directory } = surroundings;
  const [{ newServiceToken }, { stringify }] = await Promise.all([
    import("../service/auth/tokens.ts"),
    import("yaml"),
  ]);
  const { scopes, notBefore, notAfter } = options;
  if (scopes === undefined) {
    throw new UsageError("No scopes are named; nothing was made.", [
      `Name them with --scopes: ${Object.values(Scope).join(", ")}.`,
    ]);
  }
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
    .description("Make a bearer token of the service, which is printed and kept nowhere; or revoke one")
    .argument("<name>", "who uses it, for the audit")
    .option(
      "--scopes <scopes>",
      `what it may do, separated by commas: ${Object.values(Scope).join(", ")}`,
      (value: string) => value.split(",").map((scope) => scope.trim()),
    )
    .option("--not-before <time>", "valid from then on, as 2026-12-01T00:00:00Z; default: at once")
    .option("--not-after <time>", "valid until then; default: for ever")
    .option("--file <path>", "add its entry to this file of tokens, or take it out")
    .option("--revoke", "take all tokens of this name out of the file")
    .addHelpText(
      "after",
      exampleText("service-token", [
        ["hub --scopes read,operate,secrets --file tokens.yaml", "for the system that enrolls customers"],
        ["hub --revoke --file tokens.yaml", "after a leak, or when nobody uses it any more"],
        ["monitor --scopes read --not-after 2027-01-01T00:00:00Z", "prints the entry instead"],
      ]),
    )
    .action(async (name: string, _: object, command: Command) => {
      const options = command.optsWithGlobals<TokenOptions>();
      const run = options.revoke === true ? revokeTokens : makeToken;
      finish(await run(name, options, surroundings));
    });
}
