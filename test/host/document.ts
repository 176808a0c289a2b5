/** A host's user data, taken apart as cloud-init does it. */
import { gunzipSync } from "node:zlib";
import { parseDocument } from "yaml";
import { z } from "zod";
import type { HostSpec } from "../../host/spec.ts";
import { renderUserData } from "../../host/userData.ts";

const schema = z.object({
  groups: z.array(z.unknown()),
  users: z.array(z.unknown()),
  write_files: z.array(
    z.object({
      path: z.string(),
      content: z.string(),
      encoding: z.literal("gz+b64").optional(),
      permissions: z.string().default("0644"),
      owner: z.string().default("root:root"),
    }),
  ),
  runcmd: z.array(z.union([z.string(), z.array(z.string())])),
});

export interface DocumentFile {
  path: string;
  text: string;
  mode: number;
  owner: string;
}

export interface HostDocument {
  /** As it goes to EC2. */
  userData: string;
  /** The whole of it, as YAML 1.1. */
  content: Record<string, unknown>;
  files: DocumentFile[];
  commands: (string | string[])[];
}

export function documentOf(spec: HostSpec): HostDocument {
  const userData = renderUserData(spec);
  const yaml = parseDocument(userData, { version: "1.1" });
  const [problem] = [...yaml.errors, ...yaml.warnings];
  if (problem !== undefined) throw problem;
  const content = yaml.toJS() as Record<string, unknown>;
  const { write_files, runcmd } = schema.parse(content);
  const files = write_files.map(({ path, content, encoding, permissions, owner }) => ({
    path,
    text: encoding === undefined ? content : gunzipSync(Buffer.from(content, "base64")).toString(),
    mode: Number.parseInt(permissions, 8),
    owner,
  }));
  return { userData, content, files, commands: runcmd };
}

export function textOf({ files }: HostDocument, path: string): string {
  const file = files.find((one) => one.path === path);
  if (file === undefined) throw new Error(`${path} is not written`);
  return file.text;
}

/** Files of a folder and of what is below it: the path inside the folder and the text. */
export function filesBelow({ files }: HostDocument, folder: string): [name: string, text: string][] {
  return files
    .filter(({ path }) => path.startsWith(`${folder}/`))
    .map(({ path, text }) => [path.slice(folder.length + 1), text]);
}
