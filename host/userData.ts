/** User data of a tenant's host: a cloud-config document without a secret in it. */
import { BUCKET_VARIABLES } from "../bucket/credentials.ts";
import { architectureOf } from "./architecture.ts";
import { EdgeRegion } from "./choices.ts";
import { mergeCloudConfig } from "./cloudConfig.ts";
import { cloudConfigText } from "./cloudConfigText.ts";
import cloudflared from "./cloudflared.json" with { type: "json" };
import packedScripts from "./packedScripts.json" with { type: "json" };
import { BUCKET_ENVIRONMENT_PARAMETER, TUNNEL_TOKEN_PARAMETER } from "./parameters.ts";
import { APP_ENVIRONMENT_FILE, APP_GROUP, HOST_ENVIRONMENT_FILE, LIBEXEC, UNIT_FOLDER } from "./paths.ts";
import type { HostSpec } from "./spec.ts";
import {
  appDropIn,
  CONNECTOR_UNIT,
  CONTAINER_UNIT,
  connectorUnit,
  containerUnit,
  SYNC_TIMER,
  SYNC_UNIT,
  syncTimer,
  syncUnit,
  WATCH_TIMER,
  WATCH_UNIT,
  watchTimer,
  watchUnit,
} from "./systemd.ts";

/** EC2's limit on raw user data, in bytes. Amazon EC2 documentation, "Run commands when you launch an instance". */
export const USER_DATA_LIMIT = 16_384;

/** What a stack file may ask for at most, in bytes: room to grow below EC2's limit. */
export const USER_DATA_BUDGET = 12_288;

/** Read by the other scripts, and run by none. */
const SHARED_SCRIPT = "state.sh";

interface WrittenFile {
  path: string;
  /** cloud-init's default is 0644. */
  permissions?: string;
  encoding?: string;
  content: string;
}

/** Root's alone, as everything here. */
const SCRIPTS: readonly WrittenFile[] = Object.entries(packedScripts).map(([name, content]) => ({
  path: `${LIBEXEC}/${name}`,
  ...(name === SHARED_SCRIPT ? {} : { permissions: "0755" }),
  encoding: "gz+b64",
  content,
}));

function unit(name: string, content: string): WrittenFile {
  return { path: `${UNIT_FOLDER}/${name}`, content };
}

/** Sorted, so that the same variables make the same file. */
function environmentLines(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => `${name}="${value}"\n`)
    .join("");
}

function appUnitName({ app }: HostSpec): string | undefined {
  return app?.container === undefined ? app?.unit : CONTAINER_UNIT;
}

function hostEnvironment(spec: HostSpec): WrittenFile {
  const build = cloudflared.builds[architectureOf(spec.instanceType)];
  const parameters = [TUNNEL_TOKEN_PARAMETER, ...(spec.hasBucket ? [BUCKET_ENVIRONMENT_PARAMETER] : [])];
  const file = build.url.slice(build.url.lastIndexOf("/") + 1);
  const variables = {
    APP_UNIT: appUnitName(spec) ?? "",
    APP_URL: spec.appUrl ?? "",
    AWS_DEFAULT_REGION: spec.region,
    AWS_MAX_ATTEMPTS: "3",
    AWS_PAGER: "",
    CLOUDFLARED_SHA256: build.sha256,
    CLOUDFLARED_URL:
      spec.cloudflaredMirror === undefined
        ? build.url
        : `${spec.cloudflaredMirror}/${cloudflared.version}/${file}`,
    CLOUDFLARED_VERSION: cloudflared.version,
    EDGE_HOST:
      spec.connector.edgeRegion === EdgeRegion.unitedStates
        ? "us-region1.v2.argotunnel.com"
        : "region1.v2.argotunnel.com",
    PARAMETERS: parameters.map((name) => `${spec.parameterPath}/${name}`).join(" "),
    REPORT_PARAMETER: spec.reportParameter,
  };
  return { path: HOST_ENVIRONMENT_FILE, content: environmentLines(variables) };
}

function appFiles(spec: HostSpec): WrittenFile[] {
  const { app, environment, hasBucket } = spec;
  const variables = [...Object.keys(environment), ...(hasBucket ? BUCKET_VARIABLES : [])].sort();
  const files: WrittenFile[] = [{ path: APP_ENVIRONMENT_FILE, content: environmentLines(environment) }];
  if (app?.container !== undefined) {
    files.push(unit(CONTAINER_UNIT, containerUnit(app.container, variables, hasBucket)));
  } else if (app?.unit !== undefined) {
    files.push(unit(`${app.unit}.d/tenant-edge.conf`, appDropIn(hasBucket)));
  }
  return files;
}

/** Ours alone, before the user's own cloud-config is merged in. */
function document(spec: HostSpec) {
  return {
    groups: [APP_GROUP],
    users: [
      "default",
      {
        name: APP_GROUP,
        primary_group: APP_GROUP,
        system: true,
        no_create_home: true,
        shell: "/usr/sbin/nologin",
      },
    ],
    write_files: [
      ...SCRIPTS,
      unit(CONNECTOR_UNIT, connectorUnit(spec.connector)),
      unit(SYNC_UNIT, syncUnit()),
      unit(SYNC_TIMER, syncTimer(spec.pollSeconds)),
      unit(WATCH_UNIT, watchUnit()),
      unit(WATCH_TIMER, watchTimer()),
      hostEnvironment(spec),
      ...appFiles(spec),
    ],
    runcmd: [
      ["systemctl", "daemon-reload"],
      ["systemctl", spec.sessionManager ? "enable" : "disable", "--now", "amazon-ssm-agent.service"],
      ["systemctl", "enable", "--now", "--no-block", SYNC_UNIT, SYNC_TIMER, WATCH_TIMER],
    ],
  };
}

/**
 * The document, in YAML 1.1 as cloud-init reads it. The same spec always gives the same text: a changed text replaces
 * the host.
 *
 * @throws Error when the user's own cloud-config cannot be merged; see `cloudConfigProblems`.
 */
export function renderUserData(spec: HostSpec): string {
  return cloudConfigText(mergeCloudConfig(document(spec), spec.cloudConfig ?? {}));
}
