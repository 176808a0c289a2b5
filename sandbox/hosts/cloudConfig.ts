/**
 * Cloud-config documents, as cloud-init reads them: YAML 1.1 below a header line, one key for each module. Only the
 * modules that the sandbox emulates are accepted, so that nothing is ignored in silence.
 */
import { gunzipSync } from "node:zlib";
import { parseDocument } from "yaml";
import { z } from "zod";

/** The user data is none that a host could boot with. The message says why. */
export class CloudConfigError extends Error {
  constructor(problem: string) {
    super(problem);
    this.name = "CloudConfigError";
  }
}

const HEADER = "#cloud-config";

/** cloud-init's names for one and the same encoding. */
const ENCODINGS = {
  "text/plain": "plain",
  b64: "base64",
  base64: "base64",
  gz: "gzip",
  gzip: "gzip",
  "gz+b64": "gzip+base64",
  "gz+base64": "gzip+base64",
  "gzip+b64": "gzip+base64",
  "gzip+base64": "gzip+base64",
} as const;

const permissions = z.union(
  [
    z
      .string()
      .regex(/^0?[0-7]{3,4}$/)
      .transform((digits) => Number.parseInt(digits, 8)),
    // YAML 1.1 reads an unquoted 0644 as an octal number.
    z.int().min(0).max(0o7777),
  ],
  { error: 'must be octal digits, as "0644"' },
);

const writtenFile = z.strictObject({
  path: z.string().regex(/^\//, "must be absolute"),
  content: z.union([z.string(), z.instanceof(Uint8Array)]).default(""),
  encoding: z.string().default("text/plain"),
  owner: z
    .string()
    .regex(/^[a-z_][a-z0-9_-]*(:[a-z_][a-z0-9_-]*)?$/, "must be user or user:group")
    .default("root:root"),
  permissions: permissions.default(0o644),
  append: z.boolean().default(false),
  defer: z.boolean().default(false),
});

const text = z.union([z.string(), z.boolean()]);
const userName = z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/, "is no user name");
const user = z.strictObject({
  name: userName,
  create_groups: z.boolean().optional(),
  gecos: z.string().optional(),
  groups: z.union([z.string(), z.array(z.string()), z.record(z.string(), z.unknown())]).optional(),
  homedir: z.string().optional(),
  lock_passwd: z.boolean().optional(),
  no_create_home: z.boolean().optional(),
  no_log_init: z.boolean().optional(),
  no_user_group: z.boolean().optional(),
  primary_group: z.string().optional(),
  shell: z.string().optional(),
  ssh_authorized_keys: z.array(z.string()).optional(),
  sudo: z.union([text, z.array(z.string()), z.null()]).optional(),
  system: z.boolean().optional(),
  uid: z.union([z.int(), z.string()]).optional(),
});

const group = z.union([userName, z.record(userName, z.union([z.string(), z.array(z.string())]))]);

/** Modules whose work nobody in the sandbox could see. cloud-init documentation, "Module reference". */
const UNSEEN_MODULES = [
  ...[
    "apt",
    "ca_certs",
    "chpasswd",
    "disable_root",
    "disk_setup",
    "fqdn",
    "fs_setup",
    "growpart",
    "hostname",
  ],
  ...[
    "final_message",
    "keyboard",
    "locale",
    "manage_etc_hosts",
    "mounts",
    "network",
    "ntp",
    "package_update",
  ],
  ...["package_upgrade", "package_reboot_if_required", "packages", "power_state", "preserve_hostname"],
  ...["resize_rootfs", "rsyslog", "ssh_authorized_keys", "ssh_deletekeys", "ssh_pwauth", "swap", "timezone"],
  ...["yum_repos"],
] as const;

const document = z.strictObject({
  ...Object.fromEntries(UNSEEN_MODULES.map((name) => [name, z.unknown().optional()])),
  groups: z.array(group).default([]),
  users: z.array(z.union([userName, user])).default(["default"]),
  write_files: z.array(writtenFile).default([]),
  runcmd: z.array(z.union([z.string(), z.array(z.coerce.string())])).default([]),
});

export interface ConfiguredFile {
  path: string;
  content: Buffer;
  owner: string;
  group: string;
  mode: number;
  append: boolean;
  /** Written after the users are made; the others are written before. */
  deferred: boolean;
}

export interface ConfiguredUser {
  /** `default` stands for the image's own user. */
  name: string;
  /** Default: one of the user's own name. */
  primaryGroup?: string;
}

export interface CloudConfig {
  groups: string[];
  users: ConfiguredUser[];
  /** Modules that are accepted and not carried out. */
  unseen: string[];
  files: ConfiguredFile[];
  /** A text for the shell, or a program with its arguments. */
  commands: (string | string[])[];
}

function decode({ path, content, encoding }: z.infer<typeof writtenFile>): Buffer {
  const known = Object.entries(ENCODINGS).find(([name]) => name === encoding.toLowerCase())?.[1];
  const bytes = Buffer.from(content);
  try {
    switch (known) {
      case "plain":
        return bytes;
      case "base64":
        return Buffer.from(strictBase64(bytes.toString("utf8")), "base64");
      case "gzip":
        return gunzipSync(bytes);
      case "gzip+base64":
        return gunzipSync(Buffer.from(strictBase64(bytes.toString("utf8")), "base64"));
      case undefined:
        throw new Error(`unknown encoding ${encoding}`);
    }
  } catch (error) {
    throw new CloudConfigError(
      `write_files: ${path}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function strictBase64(encoded: string): string {
  const compact = encoded.replaceAll(/\s/g, "");
  if (!z.base64().safeParse(compact).success) throw new Error("the content is not base64");
  return compact;
}

/** Throws CloudConfigError, naming every problem, for a document that would not configure a host as it says. */
export function parseCloudConfig(userData: string): CloudConfig {
  const [header = ""] = userData.split("\n", 1);
  if (header.trimEnd() !== HEADER) {
    throw new CloudConfigError(`the user data is no cloud-config: its first line must be ${HEADER}`);
  }
  const yaml = parseDocument(userData, { version: "1.1" });
  const [problem] = [...yaml.errors, ...yaml.warnings];
  if (problem !== undefined)
    throw new CloudConfigError(`the cloud-config is no valid YAML: ${problem.message}`);
  const parsed = document.safeParse(yaml.toJS() ?? {});
  if (!parsed.success) {
    const problems = parsed.error.issues.map(describeIssue);
    throw new CloudConfigError(`the cloud-config is not valid: ${problems.join("; ")}`);
  }
  return {
    groups: parsed.data.groups.flatMap((one) => (typeof one === "string" ? [one] : Object.keys(one))),
    users: parsed.data.users.map((one) => {
      if (typeof one === "string") return { name: one };
      return { name: one.name, ...(one.primary_group !== undefined && { primaryGroup: one.primary_group }) };
    }),
    unseen: UNSEEN_MODULES.filter((name) => Object.hasOwn(parsed.data, name)),
    files: parsed.data.write_files.map((file) => {
      const [owner = "", group = owner] = file.owner.split(":");
      return {
        path: file.path,
        content: decode(file),
        owner,
        group,
        mode: file.permissions,
        append: file.append,
        deferred: file.defer,
      };
    }),
    commands: parsed.data.runcmd,
  };
}

function describeIssue(issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys" && issue.path.length === 0) {
    return `the sandbox knows no cloud-init module for ${issue.keys.join(", ")}`;
  }
  return `${issue.path.join(".")}: ${issue.message}`;
}
