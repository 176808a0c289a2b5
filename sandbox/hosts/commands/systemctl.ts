/** `systemctl`: asks the host's service manager. */
import { fail, type HostCommand } from "../shell/command.ts";

export const systemctlCommand: HostCommand = async ({ words, invocation }) => {
  const { machine, account, signal } = invocation;
  const isQuestion = words.some((word) => word.startsWith("is-"));
  if (account.user !== "root" && !isQuestion) {
    return fail(1, "Failed to connect to the service manager: Interactive authentication required.");
  }
  return machine.systemctl(words, signal);
};
