/** What clients say when they fail: bounded, on one line, and without the secrets that were used. */

const LONGEST_TEXT = 200;
/** Control and format characters, line separators, and halves of surrogate pairs. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Safe for a terminal and for a line of a log. */
export function plain(text: string): string {
  const escaped = text
    .slice(0, LONGEST_TEXT * 2)
    .replace(UNSAFE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
  return escaped.length <= LONGEST_TEXT ? escaped : `${escaped.slice(0, LONGEST_TEXT - 1).toWellFormed()}…`;
}

/** Parts of errors of Cloudflare's client, so that it need not be loaded for them. */
interface ApiFailure {
  status?: unknown;
  errors?: unknown;
}

/** `404, Tunnel not found (1003)`: without the rest of the answer. */
function apiWords({ status, errors }: ApiFailure): string | undefined {
  if (typeof status !== "number" || !Array.isArray(errors)) return undefined;
  const told = errors.flatMap((one: { code?: unknown; message?: unknown } | null) =>
    typeof one?.message === "string" ? [`${one.message} (${String(one.code)})`] : [],
  );
  return [`${status}`, ...told].join(", ");
}

const SYSTEM_CODE = /^E[A-Z0-9_]+$/;

/** Connections fail with a code in the cause: ECONNREFUSED, ENOTFOUND. */
function causes(error: unknown): string[] {
  const words: string[] = [];
  for (let one = error; one instanceof Error && words.length < 3; one = one.cause) {
    const { code } = one as NodeJS.ErrnoException;
    const isToldMore = SYSTEM_CODE.test(code ?? "") && !one.message.includes(code ?? "");
    words.push(isToldMore ? `${one.message} (${code})` : one.message);
  }
  return words.filter((word) => word !== "");
}

/**
 * Why something failed.
 *
 * @param secrets what is taken out of the text: some clients repeat a header that they cannot send.
 */
export function because(error: unknown, secrets: readonly (string | null | undefined)[] = []): string {
  const text =
    apiWords((error ?? {}) as ApiFailure) ??
    (error instanceof Error ? causes(error).join(": ") || error.name : String(error));
  const known = secrets.flatMap((secret) => secret?.trim() || []);
  return plain(known.reduce((left, secret) => left.replaceAll(secret, "[secret]"), text));
}
