/** What cloud-init does at the first boot with a cloud-config, in cloud-init's order. */
import { type CloudConfig, CloudConfigError, type ConfiguredFile } from "./cloudConfig.ts";
import type { Machine } from "./machine.ts";
import { SystemctlError, type Systemd } from "./systemd.ts";

/** The image's own user, made unless a list of users leaves `default` out. */
const DEFAULT_USER = "ec2-user";

/** Users and groups that the image has before cloud-init makes any. */
export const IMAGE_USERS = ["root", "bin", "daemon", "nobody", "sshd"];

/** Throws CloudConfigError or SystemctlError at the first thing that does not work. */
export async function applyCloudConfig(
  config: CloudConfig,
  machine: Machine,
  systemd: Systemd,
): Promise<void> {
  for (const file of config.files.filter(({ deferred }) => !deferred)) writeFile(file, machine);
  for (const user of config.users) machine.users.add(user === "default" ? DEFAULT_USER : user);
  for (const file of config.files.filter(({ deferred }) => deferred)) writeFile(file, machine);
  for (const command of config.commands) await runCommand(command, systemd);
}

function writeFile(
  { path, owner, group, mode, append, content }: ConfiguredFile,
  { files, users }: Machine,
): void {
  const unknown = [owner, group].find((name) => !users.has(name));
  if (unknown !== undefined) {
    throw new CloudConfigError(
      `write_files: ${path}: Unknown user or group: ${unknown}; files are written before users are made, ` +
        "unless they have defer: true",
    );
  }
  const before = append ? files.get(path)?.content : undefined;
  files.makeParents(path);
  files.replace(
    path,
    { content: Buffer.concat([before ?? Buffer.alloc(0), content]), mode, owner, group },
    "root",
  );
}

/** Anything a shell would treat specially. */
const SHELL_SYNTAX = /[^A-Za-z0-9 ._@:/=+-]/;

function wordsOf(command: string | string[]): string[] {
  if (typeof command !== "string") return command;
  if (SHELL_SYNTAX.test(command)) throw notUnderstood(command);
  return command.split(" ").filter((word) => word !== "");
}

function notUnderstood(command: string | string[]): CloudConfigError {
  const text = typeof command === "string" ? command : command.join(" ");
  return new CloudConfigError(`runcmd: the sandbox does not understand "${text}"`);
}

async function runCommand(command: string | string[], systemd: Systemd): Promise<void> {
  const [program, ...words] = wordsOf(command);
  const options = new Set(words.filter((word) => word.startsWith("-")));
  const [verb, ...units] = words.filter((word) => !word.startsWith("-"));
  const known = verb === "enable" ? ["--now", "--no-block", "--quiet"] : ["--no-block", "--quiet"];
  if (program !== "systemctl" || ![...options].every((option) => known.includes(option))) {
    throw notUnderstood(command);
  }
  if (verb === "daemon-reload" && units.length === 0) return;
  if ((verb !== "enable" && verb !== "start") || units.length === 0) throw notUnderstood(command);
  try {
    if (verb === "enable") systemd.enable(units);
    if (verb === "enable" && !options.has("--now")) return;
    // Also with --no-block: whoever boots the host waits for its services anyway.
    await systemd.start(units);
  } catch (error) {
    if (error instanceof SystemctlError) throw new SystemctlError(`runcmd: ${error.message}`);
    throw error;
  }
}
