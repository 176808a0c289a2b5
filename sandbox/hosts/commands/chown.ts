/** `chown` and `chgrp` of the GNU core utilities. */
import { FileAccessError, FileProblem } from "../fileAccessError.ts";
import type { CommandResult } from "../machine.ts";
import { type CommandInput, fail, type HostCommand, succeed } from "../shell/command.ts";

function change(
  name: string,
  { words, invocation, resolve }: CommandInput,
  parse: (owner: string) => { owner?: string; group?: string },
): CommandResult {
  const { machine, account } = invocation;
  const [option] = words.filter((word) => word.startsWith("-"));
  if (option !== undefined) return fail(1, `${name}: the sandbox does not know the option ${option}`);
  const [spec, ...paths] = words;
  if (spec === undefined) return fail(1, `${name}: missing operand`);
  if (paths.length === 0) return fail(1, `${name}: missing operand after '${spec}'`);
  const wanted = parse(spec);
  if (wanted.owner !== undefined && !machine.users.has(wanted.owner)) {
    return fail(1, `${name}: invalid user: '${spec}'`);
  }
  if (wanted.group !== undefined && !machine.groups.has(wanted.group)) {
    return fail(1, `${name}: invalid group: '${spec}'`);
  }
  for (const path of paths) {
    try {
      machine.files.change(resolve(path), wanted, account);
    } catch (error) {
      if (!(error instanceof FileAccessError)) throw error;
      const what =
        error.code === "ENOENT" ? "cannot access" : `changing ${name === "chgrp" ? "group" : "ownership"} of`;
      return fail(1, `${name}: ${what} '${path}': ${FileProblem[error.code]}`);
    }
  }
  return succeed();
}

export const chgrpCommand: HostCommand = async (input) => change("chgrp", input, (group) => ({ group }));

export const chownCommand: HostCommand = async (input) =>
  change("chown", input, (spec) => {
    const [owner = "", group] = spec.split(":");
    return {
      ...(owner !== "" && { owner }),
      ...(group !== undefined && { group: group === "" ? owner : group }),
    };
  });
