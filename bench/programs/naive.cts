/**
 * What is quickly written: everything in one stack, whole packages imported, checked by the loader at every run, and each
 * tunnel's token asked of Cloudflare. It registers what was recorded, so that its resources are the same.
 */

import { readFileSync } from "node:fs";
import * as aws from "@pulumi/aws";
import * as cloudflare from "@pulumi/cloudflare";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

const { optionsOf, fill } = require("./template.cjs");

interface Registration {
  type: string;
  name: string;
  custom: boolean;
  inputs: object;
  outputs: object;
}

type ResourceClass = new (
  name: string,
  args: pulumi.Inputs,
  options: pulumi.CustomResourceOptions,
) => pulumi.CustomResource;

class Component extends pulumi.ComponentResource {
  finish(outputs: pulumi.Inputs): void {
    this.registerOutputs(outputs);
  }
}

const PACKAGES: Record<string, object> = { aws, cloudflare, random };

/** Of `aws:ssm/parameter:Parameter`, `aws.ssm.Parameter`. */
function classOf(type: string): ResourceClass {
  const [packageName = "", moduleName = "", className = ""] = type.split(":");
  const [folder = ""] = moduleName.split("/");
  const all = PACKAGES[packageName] ?? {};
  return Reflect.get(folder === "index" ? all : Reflect.get(all, folder), className);
}

const registrations: Registration[] = JSON.parse(
  readFileSync(new pulumi.Config("bench").require("registrations"), "utf8"),
);
const resources: (pulumi.CustomResource | Component)[] = [];
const asked: pulumi.Output<string>[] = [];
for (const registration of registrations) {
  const { type, name, custom, inputs } = registration;
  const options = optionsOf(registration, resources);
  const resource = custom
    ? new (classOf(type))(name, fill(inputs, resources), options)
    : new Component(type, name, {}, { parent: options.parent });
  resources.push(resource);
  if (resource instanceof cloudflare.ZeroTrustTunnelCloudflared) {
    const { accountId, id: tunnelId } = resource;
    asked.push(cloudflare.getZeroTrustTunnelCloudflaredTokenOutput({ accountId, tunnelId }).token);
  }
}
for (const [position, { outputs }] of registrations.entries()) {
  const resource = resources[position];
  if (resource instanceof Component) resource.finish(fill(outputs, resources));
}

export const tokens = pulumi.secret(pulumi.all(asked));
