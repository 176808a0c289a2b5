/** `sleep` of the GNU core utilities, on the host's clock. */
import { fail, type HostCommand, succeed } from "../shell/command.ts";

const UNITS: Record<string, number> = { "": 1, s: 1, m: 60, h: 3600, d: 86_400 };

export const sleepCommand: HostCommand = async ({ words, invocation }) => {
  if (words.length === 0) return fail(1, "sleep: missing operand");
  let seconds = 0;
  for (const word of words) {
    const [, number, unit = ""] = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(word) ?? [];
    if (number === undefined) return fail(1, `sleep: invalid time interval '${word}'`);
    seconds += Number(number) * (UNITS[unit] ?? 1);
  }
  await invocation.sleep(seconds);
  return succeed();
};
