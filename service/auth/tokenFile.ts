/** The file that lists the service's tokens, read again when it changes. */
import { readFileSync, unwatchFile, watchFile } from "node:fs";
import type { Logger } from "pino";
import { parseTokens, type TokenEntry, TokensError } from "./tokens.ts";

/** Where the service gets the tokens from that it accepts now. */
export interface TokenSource {
  entries(): readonly TokenEntry[];
  /** False while the place of the tokens cannot be read. Default: always true. */
  readable?(): boolean;
}

export interface TokenFile extends TokenSource {
  /** Reads the file again; keeps the former entries for a minute, and says so in the log, when it cannot be used. */
  reload(): void;
  readable(): boolean;
  close(): void;
}

/** Looked at by its times, not by notifications: those get lost when a file is replaced, or is on another machine. */
const LOOK_EVERY_MILLISECONDS = 1000;
/** For a file that is being written; longer than that nobody passes whose token may have been taken away. */
const KEPT_MILLISECONDS = 60_000;

function read(path: string): TokenEntry[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw new TokensError(`The file of tokens ${path} cannot be read (${reason}).`, {
      isMissing: reason === "ENOENT",
    });
  }
  return parseTokens(text, path);
}

/**
 * A list without tokens and a file that was taken away mean that nobody passes any more.
 *
 * @throws TokensError when there are no usable tokens at the start: such a service would serve nobody.
 */
export function openTokenFile(path: string, log: Logger, now: () => Date): TokenFile {
  let entries = read(path);
  let unreadableSince: number | undefined;
  if (entries.length === 0) {
    throw new TokensError(`${path} has no token. \`tenant-edge service-token\` makes one.`);
  }
  const reload = () => {
    try {
      entries = read(path);
      unreadableSince = undefined;
      log.info({ tokens: entries.length }, "tokens read again");
    } catch (error) {
      unreadableSince ??= now().getTime();
      const isMissing = error instanceof TokensError && error.isMissing;
      if (isMissing) entries = [];
      log.error(
        { reason: error instanceof TokensError ? error.message : "" },
        isMissing
          ? "no file of tokens: nobody passes"
          : "tokens not read again; the former stay for a minute",
      );
    }
  };
  const isKept = () => unreadableSince === undefined || now().getTime() - unreadableSince < KEPT_MILLISECONDS;
  watchFile(path, { interval: LOOK_EVERY_MILLISECONDS, persistent: false }, reload);
  return {
    entries: () => (isKept() ? entries : []),
    readable: () => unreadableSince === undefined,
    reload,
    close: () => unwatchFile(path, reload),
  };
}
