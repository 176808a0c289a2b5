/** Where a stack pins images, and which hosts are made from each. */
import { formatPath, NAMESPACE } from "../config/problems.ts";
import type { StackConfig } from "../config/schema.ts";

/** Hosts of one instance type that a pinned image is used for. */
export interface ImageUse {
  /** For example `t4g.micro`. */
  instanceType: string;
  /** Tenant whose host it is; `undefined` when no tenant has a host of it yet. */
  tenantId: string | undefined;
  /** Where that tenant's own image stands or would stand. */
  ownPath: string | undefined;
}

export interface ImagePin {
  /** As `pulumi config set --path` takes it: `tenant-edge:tenants[2].host.imageId`. */
  path: string;
  /** Steps to the value below `config` in the stack file. */
  steps: (string | number)[];
  /** Tenant in whose entry it stands; `undefined` for the stack's default. */
  tenantId: string | undefined;
  imageId: string;
  /** Never empty. */
  uses: [ImageUse, ...ImageUse[]];
}

function pinAt(steps: readonly (string | number)[], pin: Omit<ImagePin, "path" | "steps">): ImagePin {
  const [key, ...rest] = steps;
  return { path: formatPath(steps), steps: [`${NAMESPACE}${key}`, ...rest], ...pin };
}

/** The stack's default first, then the tenants' own, in their order. A tenant without a host pins nothing. */
export function imagePins({
  hostDefaults,
  tenants,
}: Pick<StackConfig, "hostDefaults" | "tenants">): ImagePin[] {
  const own: ImagePin[] = [];
  const byDefault: ImageUse[] = [];
  for (const [index, { id, host }] of tenants.entries()) {
    if (!host.enabled) continue;
    const steps = ["tenants", index, "host", "imageId"];
    const instanceType = host.instanceType ?? hostDefaults.instanceType;
    const use = { instanceType, tenantId: id, ownPath: formatPath(steps) };
    if (host.imageId === undefined) byDefault.push(use);
    else own.push(pinAt(steps, { tenantId: id, imageId: host.imageId, uses: [use] }));
  }
  const { imageId } = hostDefaults;
  if (imageId === undefined) return own;
  const unused = { instanceType: hostDefaults.instanceType, tenantId: undefined, ownPath: undefined };
  const [first = unused, ...others] = byDefault;
  const steps = ["hostDefaults", "imageId"];
  return [pinAt(steps, { tenantId: undefined, imageId, uses: [first, ...others] }), ...own];
}
