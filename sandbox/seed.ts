/**
 * What is in the sandbox before anything is created: the account, zone, images, keys and networks that the stack files
 * name. So whatever a stack file says about an existing world, the sandbox plays that world.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { NAMESPACE } from "../config/problems.ts";
import { Architecture, architectureOf } from "../host/architecture.ts";
import { DEFAULT_INSTANCE_TYPE } from "../host/defaults.ts";
import type { Aws } from "./aws/cloud.ts";
import type { Cloudflare } from "./cloudflare/cloud.ts";

const STACK_FILE = /^Pulumi\.(.+)\.yaml$/;

/** The region when no stack file has one. */
const DEFAULT_REGION = "eu-west-1";

/** What a stack file says, unchecked: the program itself reports what is wrong with it. */
export interface StackValues {
  stack: string;
  /** Value at a path of keys, or `undefined`. The first key is that of the stack file. */
  at(...path: (string | number)[]): unknown;
}

function stepInto(value: unknown, step: string | number): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, step) : undefined;
}

function readStackFile(file: string): unknown {
  try {
    return stepInto(parse(readFileSync(file, "utf8")), "config");
  } catch {
    return undefined;
  }
}

/** The stack files in `directory`, that of the stack in use first. */
export function readStackValues(directory: string, stackInUse: string): StackValues[] {
  const stacks = readdirSync(directory).flatMap((name) => STACK_FILE.exec(name)?.[1] ?? []);
  const others = stacks.filter((stack) => stack !== stackInUse).sort();
  return [...stacks.filter((stack) => stack === stackInUse), ...others].map((stack) => {
    const config = readStackFile(join(directory, `Pulumi.${stack}.yaml`));
    return { stack, at: (...path) => path.reduce<unknown>(stepInto, config) };
  });
}

function text(value: unknown, pattern: RegExp): string | undefined {
  return typeof value === "string" && pattern.test(value) ? value : undefined;
}

/** The region that the sandbox plays: that of the first stack that has one. */
export function regionOf(stacks: readonly StackValues[]): string {
  for (const stack of stacks) {
    const region = text(stack.at("aws:region"), /^[a-z]{2}(?:-[a-z]+)+-\d$/);
    if (region !== undefined) return region;
  }
  return DEFAULT_REGION;
}

/** The AWS account when no stack file names one. */
const DEFAULT_AWS_ACCOUNT = "123456789012";

/** The AWS account that the sandbox plays: the one that the stack in use allows, or whose key it uses. */
export function awsAccountOf(stacks: readonly StackValues[]): string {
  for (const { at } of stacks) {
    const allowed = text(at("aws:allowedAccountIds", 0), /^\d{12}$/);
    const owner = text(at(`${NAMESPACE}kmsKeyArn`), /^arn:[^:]*:kms:[^:]*:\d{12}:/)?.split(":")[4];
    const account = allowed ?? owner;
    if (account !== undefined) return account;
  }
  return DEFAULT_AWS_ACCOUNT;
}

export function seedCloudflare(cloudflare: Cloudflare, stacks: readonly StackValues[]): void {
  for (const { at } of stacks) {
    const account = `${NAMESPACE}cloudflare`;
    const accountId = text(at(account, "accountId"), /^[0-9a-f]{32}$/);
    if (accountId === undefined) continue;
    cloudflare.ensureAccount({ id: accountId, name: "sandbox" });
    const zoneId = text(at(account, "zoneId"), /^[0-9a-f]{32}$/);
    const name = text(at(account, "zoneName"), /^[a-z0-9.-]+\.[a-z0-9-]+$/);
    if (zoneId === undefined || name === undefined) continue;
    cloudflare.ensureZone({ id: zoneId, name, accountId, plan: "pro" });
  }
}

/** The accounts that the stack files name. */
export function accountIds(stacks: readonly StackValues[]): string[] {
  const ids = stacks.flatMap(
    ({ at }) => text(at(`${NAMESPACE}cloudflare`, "accountId"), /^[0-9a-f]{32}$/) ?? [],
  );
  return [...new Set(ids)];
}

/** An app's unit as an image could carry it: it takes new settings without a restart. */
const APP_UNIT = `[Unit]
Description=An app of the image

[Service]
ExecStart=/usr/local/bin/app
ExecReload=/bin/kill -HUP $MAINPID
`;

/** Images by the architecture of the instance types that they are used with, with the apps' units that hosts name. */
function seedImages(aws: Aws, { at }: StackValues): void {
  const defaults = at(`${NAMESPACE}hostDefaults`);
  const tenants = at(`${NAMESPACE}tenants`);
  const stackType = text(stepInto(defaults, "instanceType"), /./) ?? DEFAULT_INSTANCE_TYPE;
  const stackImage = stepInto(defaults, "imageId");
  const hosts = [defaults, ...(Array.isArray(tenants) ? tenants : []).map((one) => stepInto(one, "host"))];
  const images = new Map<string, { architecture: "arm64" | "x86_64"; units: Record<string, string> }>();
  for (const host of hosts) {
    const id = text(stepInto(host, "imageId") ?? stackImage, /^ami-[0-9a-f]{8,17}$/);
    if (id === undefined) continue;
    const type = text(stepInto(host, "instanceType"), /./) ?? stackType;
    // The first to name an image decides what it is; whoever else uses it with another architecture is refused.
    const architecture =
      images.get(id)?.architecture ?? (architectureOf(type) === Architecture.arm64 ? "arm64" : "x86_64");
    const unit = text(stepInto(stepInto(host, "app"), "unit"), /^[A-Za-z0-9][\w.@-]*\.service$/);
    const own = unit === undefined ? {} : { [unit]: APP_UNIT };
    images.set(id, { architecture, units: { ...images.get(id)?.units, ...own } });
  }
  for (const [id, { architecture, units }] of images) {
    aws.ensureImage({ id, architecture, units, name: `al2023-ami-2023-kernel-6.1-${architecture}` });
  }
}

function seedNetwork(aws: Aws, { at }: StackValues): void {
  const vpcId = text(at(`${NAMESPACE}network`, "vpcId"), /^vpc-[0-9a-f]+$/);
  const subnets = at(`${NAMESPACE}network`, "privateSubnetIds");
  if (vpcId === undefined || !Array.isArray(subnets)) return;
  aws.ensureExistingNetwork({
    vpcId,
    subnetIds: subnets.flatMap((id) => text(id, /^subnet-[0-9a-f]+$/) ?? []),
  });
}

function seedKey(aws: Aws, { at }: StackValues): void {
  const keyId = text(at(`${NAMESPACE}kmsKeyArn`), /:key\/[0-9a-f-]{36}$/)
    ?.split("/")
    .at(-1);
  if (keyId !== undefined) aws.ensureKey({ keyId });
}

export function seedAws(aws: Aws, stacks: readonly StackValues[]): void {
  for (const stack of stacks) {
    seedImages(aws, stack);
    seedNetwork(aws, stack);
    seedKey(aws, stack);
  }
}
