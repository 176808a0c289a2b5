import { describe, expect, it } from "vitest";
import { parseDeployed } from "../../../lifecycle/deployed.ts";
import { type Intent, type ListedState, unintended } from "../../../operations/engine/intent.ts";
import type { Step } from "../../../operations/engine/steps.ts";
import { output } from "../../lifecycle/outputs.ts";

const TUNNEL = "cloudflare:index/zeroTrustTunnelCloudflared:ZeroTrustTunnelCloudflared";
const BUCKET = "cloudflare:index/r2Bucket:R2Bucket";
const KEY = "cloudflare:index/accountToken:AccountToken";
const SECRET = "random:index/randomPassword:RandomPassword";
const INSTANCE = "aws:ec2/instance:Instance";
const VPC = "aws:ec2/vpc:Vpc";

const OUT = {
  since: "2026-11-22T10:00:00Z",
  keepUntil: "2026-12-22T10:00:00Z",
  bucket: "kept",
  purge: false,
};

const step = (tenant: string, type: string, action: string): Step => ({
  urn: `urn:pulumi:prod::p::${type}::${tenant}-x`,
  type,
  name: `${tenant}-x`,
  tenant,
  action,
});
const listed = (id: string, changes: Partial<ListedState> = {}): ListedState => ({
  id,
  isDisabled: false,
  isBucketDeleted: false,
  needsNetwork: true,
  entryDigest: "1",
  ...changes,
});

interface Case {
  step: Step;
  intents?: Intent[];
  list?: ListedState[];
  acme?: object;
}

const forAcme = (mayDestroy?: Intent["mayDestroy"]): Intent[] => [{ tenants: ["acme"], mayDestroy }];
const pending = { entryDigest: "2" };

describe("a step of the engine", () => {
  it.each<[string, Case]>([
    ["that creates", { step: step("globex", TUNNEL, "create") }],
    ["that updates", { step: step("globex", BUCKET, "update") }],
    [
      "that the operation is for",
      { step: step("acme", KEY, "delete"), intents: forAcme((type) => type === KEY) },
    ],
    [
      "of a tenant that another operation of the same update is for",
      {
        step: step("globex", INSTANCE, "replace"),
        intents: [...forAcme(), { tenants: ["globex"], mayDestroy: () => true }],
      },
    ],
    [
      "of a network that nobody needs any more",
      { step: step("", VPC, "delete"), list: [listed("acme", { needsNetwork: false })] },
    ],
    // What others began and did not end.
    [
      "of another tenant that may go and is gone from the list",
      {
        step: step("acme", BUCKET, "delete"),
        intents: [],
        list: [],
        acme: { disabled: { ...OUT, purge: true } },
      },
    ],
    [
      "of another tenant that is to be disabled",
      {
        step: step("acme", INSTANCE, "delete"),
        intents: [],
        list: [listed("acme", { isDisabled: true, ...pending })],
      },
    ],
    [
      "that revokes another tenant's old key",
      { step: step("acme", KEY, "delete"), intents: [], list: [listed("acme", pending)] },
    ],
    [
      "that rotates another tenant's tunnel secret",
      { step: step("acme", SECRET, "replace"), intents: [], list: [listed("acme", pending)] },
    ],
    [
      "that deletes the bucket of another tenant, which was emptied for that",
      {
        step: step("acme", BUCKET, "delete"),
        intents: [],
        list: [listed("acme", { isDisabled: true, isBucketDeleted: true, ...pending })],
        acme: { disabled: { ...OUT, bucket: "released" } },
      },
    ],
  ])("%s is meant", (_, {
    step: one,
    intents = forAcme(),
    list = [listed("acme"), listed("globex")],
    acme = {},
  }) => {
    const deployed = parseDeployed({
      acme: output("acme", { entryDigest: "1", ...acme }),
      globex: output("globex", { entryDigest: "1" }),
    });
    expect(unintended([one], intents, list, deployed)).toEqual([]);
  });

  it.each<[string, Case]>([
    [
      "that deletes more of its tenant",
      { step: step("acme", BUCKET, "delete"), intents: forAcme((type) => type === KEY) },
    ],
    ["that replaces what it may not even delete", { step: step("acme", TUNNEL, "replace") }],
    [
      "of another tenant that nobody has changed",
      { step: step("globex", KEY, "delete"), intents: forAcme(() => true) },
    ],
    [
      "that replaces another tenant's host",
      { step: step("globex", INSTANCE, "create-replacement"), intents: forAcme(() => true) },
    ],
    [
      "that deletes a tunnel because of a change by hand",
      { step: step("acme", TUNNEL, "replace"), intents: [], list: [listed("acme", pending)] },
    ],
    [
      "of an active tenant that is gone from the list",
      { step: step("acme", TUNNEL, "delete"), intents: [], list: [] },
    ],
    [
      "of a disabled tenant that is gone and may not go",
      { step: step("acme", TUNNEL, "delete"), intents: [], list: [], acme: { disabled: OUT } },
    ],
    [
      "that deletes the bucket of a disabled tenant, which is kept",
      {
        step: step("acme", BUCKET, "delete"),
        intents: [],
        list: [listed("acme", { isDisabled: true, ...pending })],
        acme: { disabled: OUT },
      },
    ],
    ["of the network that hosts need", { step: step("", VPC, "replace"), intents: forAcme(() => true) }],
    ["of a tenant that nobody knows", { step: step("initech", TUNNEL, "delete"), intents: [] }],
  ])("%s is not", (_, {
    step: one,
    intents = forAcme(),
    list = [listed("acme"), listed("globex")],
    acme = {},
  }) => {
    const deployed = parseDeployed({
      acme: output("acme", { entryDigest: "1", ...acme }),
      globex: output("globex", { entryDigest: "1" }),
    });
    expect(unintended([one], intents, list, deployed)).toEqual([one]);
  });
});
