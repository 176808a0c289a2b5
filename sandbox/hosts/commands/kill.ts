/** `kill -HUP`, with which a unit tells its app to read its settings again. */
import { parseEnv } from "node:util";
import { BUCKET_ENVIRONMENT_FILE } from "../../../host/paths.ts";
import { FileAccessError } from "../fileAccessError.ts";
import { fail, type HostCommand, succeed } from "../shell/command.ts";

export const killCommand: HostCommand = async ({ words, invocation, environment }) => {
  const { machine, unit, account } = invocation;
  const [signal, target] = words;
  if (signal !== "-HUP" || target === undefined || target !== environment["MAINPID"]) {
    return fail(1, `kill: the sandbox knows "kill -HUP $MAINPID" only, not "kill ${words.join(" ")}"`);
  }
  const app = machine.apps.get(unit);
  if (app === undefined) return fail(1, `kill: (${target}) - No such process`);
  try {
    const fresh = parseEnv(machine.files.read(BUCKET_ENVIRONMENT_FILE, account)) as Record<string, string>;
    machine.apps.set(unit, { ...app, environment: { ...app.environment, ...fresh } });
  } catch (error) {
    if (!(error instanceof FileAccessError)) throw error;
  }
  return succeed();
};
