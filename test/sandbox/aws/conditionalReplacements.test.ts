/** Changes that replace in some cases only. */
import { describe, expect, it } from "vitest";
import type { AwsProviderClient } from "../../../sandbox/providers/aws/client.ts";
import { instanceType } from "../../../sandbox/providers/aws/instance.ts";
import { parameterType } from "../../../sandbox/providers/aws/parameter.ts";
import { securityGroupEgressRuleType } from "../../../sandbox/providers/aws/securityGroupRule.ts";
import schema from "../../../sandbox/providers/generated/aws.json" with { type: "json" };
import type { PackageSchema } from "../../../sandbox/providers/packageSchema.ts";
import { UNKNOWN } from "../../../sandbox/providers/propertyValue.ts";
import { type DiffResult, ResourceHandler } from "../../../sandbox/providers/resourceHandler.ts";
import type { OperationContext, Properties, ResourceType } from "../../../sandbox/providers/resourceType.ts";
import { ARM_IMAGE, newAws, newNetwork, REGION } from "./fixture.ts";

const context: OperationContext = {
  urn: "urn:pulumi:staging::p::t::main",
  name: "main",
  warn() {},
  signal: new AbortController().signal,
};

/** What Diff says of a change; `undefined` takes an argument away. */
function changing(type: ResourceType<AwsProviderClient>, olds: Properties, change: Properties): DiffResult {
  const handler = new ResourceHandler(type, schema as PackageSchema);
  const given = Object.entries({ ...olds, ...change }).filter(([, value]) => value !== undefined);
  const inputs = Object.fromEntries(given);
  const state = { ...type.plannedDefaults, ...olds };
  return handler.diff({ state, oldInputs: olds, inputs, ignoreChanges: [] });
}

describe("an instance", () => {
  const host = { ami: ARM_IMAGE, instanceType: "t4g.nano", userData: "#cloud-config\n" };
  const replacing = { ...host, userDataReplaceOnChange: true };
  const encoded = { ami: ARM_IMAGE, userDataBase64: "YQ==", userDataReplaceOnChange: true };

  it.each([
    ["another script", replacing, { userData: "#!/bin/sh\n" }, ["userData"]],
    ["a script that is not known yet", replacing, { userData: UNKNOWN }, ["userData"]],
    ["another encoded script", encoded, { userDataBase64: "Yg==" }, ["userDataBase64"]],
    ["a script and the flag together", host, { userData: "x", userDataReplaceOnChange: true }, ["userData"]],
    ["a type of another architecture", host, { instanceType: "t3.nano" }, ["instanceType"]],
  ])("is replaced for %s", (_what, olds, change, replaces) => {
    expect(changing(instanceType, olds, change)).toMatchObject({ replaces });
  });

  it.each([
    ["another script without the flag", host, { userData: "#!/bin/sh\n" }],
    [
      "another script as the flag goes",
      replacing,
      { userData: "#!/bin/sh\n", userDataReplaceOnChange: false },
    ],
    ["the flag alone", host, { userDataReplaceOnChange: true }],
    ["a type of the same architecture", host, { instanceType: "m7g.large" }],
    ["a type that is not known yet", host, { instanceType: UNKNOWN }],
  ])("is updated in place for %s", (_what, olds, change) => {
    const { differing, replaces } = changing(instanceType, olds, change);
    expect(replaces).toEqual([]);
    expect(differing).toEqual(Object.keys(change).sort());
  });

  it.each([
    ["gets a new script", { userData: "a" }, { userData: "b" }, "b"],
    ["gets a script in clear for an encoded one", { userDataBase64: "YQ==" }, { userData: "b" }, "b"],
    ["gets an encoded script for one in clear", { userData: "a" }, { userDataBase64: "Yg==" }, "b"],
    ["loses its script", { userData: "a" }, {}, ""],
  ])("%s without being replaced, and no difference is left", async (_what, olds, news, script) => {
    const aws = newAws();
    const { privateSubnetId: subnetId } = await newNetwork(aws);
    const client: AwsProviderClient = { aws, region: REGION, defaultTags: {} };
    const handler = new ResourceHandler(instanceType, schema as PackageSchema);
    const base = { ami: ARM_IMAGE, instanceType: "t4g.nano", subnetId };
    const [oldInputs, inputs] = [
      { ...base, ...olds },
      { ...base, ...news },
    ];
    const { id, outputs: state } = await handler.create(client, oldInputs, context);
    const change = { state, oldInputs, inputs, ignoreChanges: [] };
    expect(handler.diff(change).replaces).toEqual([]);

    const updated = await handler.update(client, id, change, context);

    expect(aws.instance(id)).toMatchObject({ state: "running", userData: script });
    expect(updated).toMatchObject(news);
    const repeated = { state: updated, oldInputs: inputs, inputs, ignoreChanges: [] };
    expect(handler.diff(repeated).differing).toEqual([]);
  });
});

describe("a parameter", () => {
  const parameter = { name: "/a", type: "String", value: "x" };

  it("is replaced, the old one first, when it leaves the advanced tier", () => {
    const change = changing(parameterType, { ...parameter, tier: "Advanced" }, { tier: "Standard" });
    expect(change).toMatchObject({ replaces: ["tier"], deleteBeforeReplace: true });
  });

  it("goes to the advanced tier in place", () => {
    const change = changing(parameterType, { ...parameter, tier: "Standard" }, { tier: "Advanced" });
    expect(change).toMatchObject({ differing: ["tier"], replaces: [] });
  });

  it("stays in its tier when the choice is left to AWS", () => {
    const change = changing(
      parameterType,
      { ...parameter, tier: "Standard" },
      { tier: "Intelligent-Tiering" },
    );
    expect(change.differing).toEqual([]);
  });
});

describe("a security group rule", () => {
  const rule = {
    securityGroupId: "sg-1",
    ipProtocol: "tcp",
    fromPort: 443,
    toPort: 443,
    cidrIpv4: "10.0.0.0/8",
  };

  it.each([
    ["cidrIpv6", "::/0"],
    ["prefixListId", "pl-1"],
    ["referencedSecurityGroupId", UNKNOWN],
  ])("is replaced when %s takes the place of the block", (kind, value) => {
    const { replaces } = changing(securityGroupEgressRuleType, rule, { cidrIpv4: undefined, [kind]: value });
    expect(replaces).toEqual(["cidrIpv4", kind]);
  });

  it.each([["0.0.0.0/0"], [UNKNOWN]])("is updated in place with another block: %s", (cidrIpv4) => {
    const change = changing(securityGroupEgressRuleType, rule, { cidrIpv4, toPort: 444 });
    expect(change).toMatchObject({ differing: ["cidrIpv4", "toPort"], replaces: [] });
  });
});
