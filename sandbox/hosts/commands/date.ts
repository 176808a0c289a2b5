/** `date` of the GNU core utilities, on the host's clock: as seconds since 1970. */
import { fail, type HostCommand, succeed } from "../shell/command.ts";

export const dateCommand: HostCommand = async ({ words, invocation }) => {
  invocation.readClock();
  const seconds = invocation.machine.date.now();
  if (words.length === 1 && words[0] === "+%s") return succeed(`${Math.floor(seconds)}\n`);
  if (words.length === 0) return succeed(`${new Date(seconds * 1000).toUTCString()}\n`);
  return fail(1, `date: the sandbox knows date and date +%s, not "date ${words.join(" ")}"`);
};
