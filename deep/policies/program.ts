/** The program of this repository, in which a tenant each has one of the misconfigurations. */
import { Eip } from "@pulumi/aws/ec2/eip.js";
import { SecurityGroupIngressRule } from "@pulumi/aws/vpc/securityGroupIngressRule.js";
import { Config, mergeOptions, runtime } from "@pulumi/pulumi";
import { chanceOf } from "./chance.ts";
import type { Misconfiguration } from "./misconfiguration.ts";
import { MISCONFIGURATIONS } from "./misconfigurations.ts";
import { resourceName, tenantOf } from "./wrongTenants.ts";

const config = new Config("deep-policies");
const seed = config.requireNumber("seed");
/** Numbers of those that are to be tried. */
const chosen = config.requireObject<number[]>("misconfigurations").flatMap((number) => {
  const misconfiguration = MISCONFIGURATIONS[number];
  return misconfiguration === undefined ? [] : [{ tenant: tenantOf(number), misconfiguration }];
});

const chance = ({ name }: Misconfiguration) => chanceOf(seed, name);

runtime.registerStackTransformation(({ type, name, props, opts }) => {
  const wrong = chosen.find(
    ({ tenant, misconfiguration }) =>
      misconfiguration.type === type && resourceName(tenant, misconfiguration) === name,
  );
  if (wrong === undefined) return undefined;
  const { tenant, misconfiguration } = wrong;
  return {
    props: misconfiguration.added ? props : misconfiguration.change(props, chance(misconfiguration), tenant),
    opts: misconfiguration.unprotected ? mergeOptions(opts, { protect: false }) : opts,
  };
});

const { tenants, tenantSecrets } = await import("../../index.ts");

for (const { tenant, misconfiguration } of chosen.filter(({ misconfiguration }) => misconfiguration.added)) {
  const name = resourceName(tenant, misconfiguration);
  const values = misconfiguration.change({}, chance(misconfiguration), tenant);
  if (misconfiguration.type === "aws:ec2/eip:Eip") new Eip(name, values);
  else new SecurityGroupIngressRule(name, values as { securityGroupId: string; ipProtocol: string });
}

export { tenantSecrets, tenants };
