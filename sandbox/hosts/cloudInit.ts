/** What cloud-init does at the first boot with a cloud-config, in cloud-init's order. */

import { ROOT } from "./account.ts";
import {
  type CloudConfig,
  CloudConfigError,
  type ConfiguredFile,
  type ConfiguredUser,
} from "./cloudConfig.ts";
import { HostClock } from "./hostClock.ts";
import type { Machine } from "./machine.ts";
import { ExitError } from "./programs/program.ts";
import { rootInvocation } from "./programs/rootInvocation.ts";
import { quoteWord, runText } from "./shell/interpreter.ts";

/** The image's own user, made unless a list of users leaves `default` out. */
const DEFAULT_USER = "ec2-user";

/** Users that the image has before cloud-init makes any, each with a group of its name. */
export const IMAGE_USERS = ["root", "bin", "daemon", "nobody", "sshd"];

const INSTANCE_ID_FILE = "/var/lib/cloud/data/instance-id";

export interface CloudInitOptions {
  machine: Machine;
  millisecondsPerSecond: number;
  /** Aborted when the machine is switched off. */
  signal: AbortSignal;
  log: (line: string) => void;
}

/** Throws CloudConfigError at the first thing that does not work. */
export async function applyCloudConfig(config: CloudConfig, options: CloudInitOptions): Promise<void> {
  const { machine, log } = options;
  for (const name of config.unseen) log(`${name}: the sandbox accepts this module and does nothing for it`);
  const instanceId = {
    content: Buffer.from(`${machine.instanceId}\n`),
    mode: 0o644,
    owner: "root",
    group: "root",
  };
  machine.files.replace(INSTANCE_ID_FILE, instanceId, ROOT);
  for (const file of config.files.filter(({ deferred }) => !deferred)) writeFile(file, machine);
  for (const group of config.groups) machine.groups.add(group);
  for (const user of config.users) addUser(user, machine);
  for (const file of config.files.filter(({ deferred }) => deferred)) writeFile(file, machine);
  await runCommands(config.commands, options);
}

function addUser({ name, primaryGroup }: ConfiguredUser, { users, groups }: Machine): void {
  const user = name === "default" ? DEFAULT_USER : name;
  if (primaryGroup !== undefined && !groups.has(primaryGroup)) {
    throw new CloudConfigError(`users: ${user}: useradd: group '${primaryGroup}' does not exist`);
  }
  users.add(user);
  if (primaryGroup === undefined) groups.add(user);
}

function writeFile(
  { path, owner, group, mode, append, content }: ConfiguredFile,
  { files, users, groups }: Machine,
): void {
  const unknown = users.has(owner) ? (groups.has(group) ? undefined : group) : owner;
  if (unknown !== undefined) {
    throw new CloudConfigError(
      `write_files: ${path}: Unknown user or group: ${unknown}; files are written before users are made, ` +
        "unless they have defer: true",
    );
  }
  const before = append ? files.get(path)?.content : undefined;
  files.makeParents(path);
  const whole = Buffer.concat([before ?? Buffer.alloc(0), content]);
  files.replace(path, { content: whole, mode, owner, group }, ROOT);
}

/** All commands are one script of the shell: one that fails does not keep the next from running. */
async function runCommands(
  commands: CloudConfig["commands"],
  { machine, millisecondsPerSecond, signal, log }: CloudInitOptions,
): Promise<void> {
  if (commands.length === 0) return;
  const lines = commands.map((command) =>
    typeof command === "string" ? command : command.map(quoteWord).join(" "),
  );
  const clock = new HostClock(millisecondsPerSecond);
  const invocation = rootInvocation("cloud-final.service", { machine, clock, signal, log });
  try {
    await runText(invocation, `${lines.join("\n")}\n`);
  } catch (error) {
    if (error instanceof ExitError) throw new CloudConfigError(`runcmd: ${error.message}`);
    throw error;
  }
}
