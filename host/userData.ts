/** User data of a tenant's host: a cloud-config document without a secret in it. */
import { readFileSync } from "node:fs";
import { stringify } from "yaml";
import { architectureOf } from "./architecture.ts";
import cloudflared from "./cloudflared.json" with { type: "json" };
import { BUCKET_ENVIRONMENT_PARAMETER, TUNNEL_TOKEN_PARAMETER } from "./parameters.ts";
import { bucketEnvironmentUnit, connectorUnit, FETCH_PARAMETER, INSTALL_CLOUDFLARED } from "./systemd.ts";

/** EC2's limit on raw user data, in bytes. Amazon EC2 documentation, "Run commands when you launch an instance". */
export const USER_DATA_LIMIT = 16_384;

export interface UserDataSpec {
  /** AWS region of the parameters. */
  region: string;
  /** SSM path of the tenant, without a slash at its end. */
  parameterPath: string;
  /** True when the tenant has a bucket whose credentials the host should fetch. */
  hasBucket: boolean;
  /** EC2 instance type; decides which build of cloudflared is fetched. */
  instanceType: string;
  /** Plain variables for the app, in /etc/tenant-edge/app.env. */
  environment: Readonly<Record<string, string>>;
}

interface WrittenFile {
  path: string;
  permissions: string;
  content: string;
}

function script(name: string): string {
  return readFileSync(new URL(`files/${name}.sh`, import.meta.url), "utf8");
}

const SCRIPTS: readonly WrittenFile[] = [
  { path: INSTALL_CLOUDFLARED, permissions: "0755", content: script("install-cloudflared") },
  { path: FETCH_PARAMETER, permissions: "0755", content: script("fetch-parameter") },
];

function unit(name: string, content: string): WrittenFile {
  return { path: `/etc/systemd/system/${name}`, permissions: "0644", content };
}

const CONNECTOR_UNIT = "cloudflared.service";
const BUCKET_UNIT = "tenant-edge-bucket-environment.service";

function connector(spec: UserDataSpec): WrittenFile {
  const build = cloudflared.builds[architectureOf(spec.instanceType)];
  return unit(
    CONNECTOR_UNIT,
    connectorUnit({
      region: spec.region,
      tokenParameter: `${spec.parameterPath}/${TUNNEL_TOKEN_PARAMETER}`,
      version: cloudflared.version,
      sha256: build.sha256,
      url: build.url,
    }),
  );
}

function bucketEnvironment(spec: UserDataSpec): WrittenFile {
  const parameter = `${spec.parameterPath}/${BUCKET_ENVIRONMENT_PARAMETER}`;
  return unit(BUCKET_UNIT, bucketEnvironmentUnit({ region: spec.region, parameter }));
}

function appEnvironment(variables: Readonly<Record<string, string>>): WrittenFile {
  const lines = Object.entries(variables)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => `${name}="${value}"\n`);
  return { path: "/etc/tenant-edge/app.env", permissions: "0644", content: lines.join("") };
}

/** The document, in YAML 1.1 as cloud-init reads it. The same spec always gives the same text: a changed text replaces the host. */
export function renderUserData(spec: UserDataSpec): string {
  const units = [CONNECTOR_UNIT, ...(spec.hasBucket ? [BUCKET_UNIT] : [])];
  const document = {
    users: [
      "default",
      { name: "cloudflared", system: true, no_create_home: true, shell: "/usr/sbin/nologin" },
    ],
    write_files: [
      ...SCRIPTS,
      connector(spec),
      ...(spec.hasBucket ? [bucketEnvironment(spec)] : []),
      appEnvironment(spec.environment),
    ],
    runcmd: [
      ["systemctl", "daemon-reload"],
      ["systemctl", "enable", "--now", "--no-block", ...units],
    ],
  };
  return `#cloud-config\n${stringify(document, { lineWidth: 0, version: "1.1" })}`;
}
