/** What the engine makes of a time without quotes in a stack file, `2026-11-22T10:00:00Z`, inside lists and objects. */
const ENGINE_TIME = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?) \+0000 UTC$/;

function reviveTime(_key: string, value: unknown): unknown {
  return typeof value === "string" ? value.replace(ENGINE_TIME, "$1T$2Z") : value;
}

/** The same value with the times that the engine has written into the stack file. */
export function reviveTimes<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), reviveTime) as T;
}

/**
 * A configuration value from the text that the engine keeps or hands over: lists and objects are JSON text, everything
 * else is plain text. Times are as they stand in the stack file, with and without quotes.
 */
export function decodeValue(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text, reviveTime);
  } catch {
    return text;
  }
}
