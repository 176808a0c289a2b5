/** The file that lists the service's tokens, read again when it changes. */
import { readFileSync, unwatchFile, watchFile } from "node:fs";
import type { Logger } from "pino";
import { parseTokens, type TokenEntry, TokensError } from "./tokens.ts";

/** Where the service gets the tokens from that it accepts now. */
export interface TokenSource {
  entries(): readonly TokenEntry[];
}

export interface TokenFile extends TokenSource {
  /** Reads the file again; keeps the former entries, and says so in the log, when it cannot be used. */
  reload(): void;
  close(): void;
}

/** Looked at by its times, not by notifications: those get lost when a file is replaced, or is on another machine. */
const LOOK_EVERY_MILLISECONDS = 1000;

function read(path: string): TokenEntry[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw new TokensError(`The file of tokens ${path} cannot be read (${reason}).`);
  }
  return parseTokens(text, path);
}

/** @throws TokensError when there are no usable tokens at the start. */
export function openTokenFile(path: string, log: Logger): TokenFile {
  let entries = read(path);
  const reload = () => {
    try {
      entries = read(path);
      log.info({ tokens: entries.length }, "tokens read again");
    } catch (error) {
      log.error(
        { reason: error instanceof TokensError ? error.message : "" },
        "tokens not read again; the former stay",
      );
    }
  };
  watchFile(path, { interval: LOOK_EVERY_MILLISECONDS, persistent: false }, reload);
  return { entries: () => entries, reload, close: () => unwatchFile(path, reload) };
}
