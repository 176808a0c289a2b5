/**
 * A configuration value from the text that the engine keeps or hands over: lists and objects are JSON text, everything
 * else is plain text.
 */
export function decodeValue(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
