/** What systemd prepares for the processes of a service: account, folders, credentials, variables. */
import { posix } from "node:path";
import { parseEnv } from "node:util";
import { type Account, ROOT } from "./account.ts";
import { FileAccessError } from "./fileAccessError.ts";
import type { FileSystem } from "./fileSystem.ts";
import type { Machine } from "./machine.ts";
import { ExitError, Failure } from "./programs/program.ts";
import type { ServiceUnit } from "./serviceUnit.ts";
import { credentialsDirectory } from "./unitValues.ts";

/** Any number: nothing on a host looks for the process behind it. */
const MAIN_PID = "4711";

/** Throws ExitError for a user or group that is not there. */
export function accountOf(
  { user, group, supplementaryGroups, dynamicUser }: ServiceUnit,
  machine: Machine,
): Account {
  if (!machine.users.has(user) && !dynamicUser) {
    throw new ExitError(`Failed to determine user credentials: there is no user ${user}`);
  }
  const missing = [...(group === undefined ? [] : [group]), ...supplementaryGroups].find(
    (name) => !machine.groups.has(name),
  );
  if (missing !== undefined) {
    throw new ExitError(`Failed to determine supplementary groups: there is no group ${missing}`);
  }
  return { user, groups: [group ?? user, ...supplementaryGroups] };
}

/** Copies of the files, each readable by the service's user alone. Throws ExitError when one is not there. */
function loadCredentials({ name, user, credentials, start }: ServiceUnit, files: FileSystem): void {
  if (credentials.length === 0) return;
  const folder = credentialsDirectory(name);
  files.remove(folder);
  files.makeDirectory(folder, { mode: 0o500, owner: user, group: ROOT.user });
  for (const { id, path } of credentials) {
    try {
      const content = files.readBytes(path, ROOT);
      files.replace(posix.join(folder, id), { content, mode: 0o400, owner: user, group: ROOT.user }, ROOT);
    } catch (error) {
      if (!(error instanceof FileAccessError)) throw error;
      const program = start[0]?.program ?? "";
      throw new ExitError(`Failed at step CREDENTIALS spawning ${program}: ${error.message}`);
    }
  }
}

/** Makes all that a start needs. Throws ExitError. */
export function prepare(unit: ServiceUnit, machine: Machine): void {
  accountOf(unit, machine);
  for (const { path, mode, preserved } of unit.runtimeDirectories) {
    if (!preserved) machine.files.remove(path);
    machine.files.makeDirectory(path, { mode, owner: unit.user, group: unit.group ?? unit.user });
  }
  loadCredentials(unit, machine.files);
}

/** Removes what is there only as long as the service runs. */
export function cleanUp({ name, credentials, runtimeDirectories }: ServiceUnit, { files }: Machine): void {
  if (credentials.length > 0) files.remove(credentialsDirectory(name));
  for (const { path, preserved } of runtimeDirectories) if (!preserved) files.remove(path);
}

/** Throws ExitError for an environment file that is not there. */
export function environmentOf(
  { name, environment, environmentFiles, credentials }: ServiceUnit,
  { files }: Machine,
): Record<string, string> {
  const fromFiles = environmentFiles.map(({ path, optional }) => {
    try {
      return parseEnv(files.read(path, ROOT)) as Record<string, string>;
    } catch (error) {
      if (!(error instanceof FileAccessError)) throw error;
      if (optional) return {};
      throw new ExitError(`Failed to load environment files: ${error.message}`, Failure.resources);
    }
  });
  const own = credentials.length === 0 ? {} : { CREDENTIALS_DIRECTORY: credentialsDirectory(name) };
  return Object.assign({}, environment, ...fromFiles, own, { MAINPID: MAIN_PID }) as Record<string, string>;
}
