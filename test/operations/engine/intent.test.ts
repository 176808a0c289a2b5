import { describe, expect, it } from "vitest";
import { parseDeployed } from "../../../lifecycle/deployed.ts";
import { type Before, type Intent, type ListedState, unintended } from "../../../operations/engine/intent.ts";
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

const RECORD = "cloudflare:index/dnsRecord:DnsRecord";

const step = (tenant: string, type: string, action: string, name = `${tenant}-x`): Step => ({
  urn: `urn:pulumi:prod::p::${type}::${name}`,
  type,
  name,
  tenant,
  action,
});
const listed = (id: string, changes: Partial<ListedState> = {}): ListedState => ({
  id,
  isDisabled: false,
  isBucketDeleted: false,
  keyGenerations: [1],
  needsNetwork: true,
  entryDigest: "1",
  ...changes,
});

interface Case {
  step: Step;
  intents?: Intent[];
  list?: ListedState[];
  acme?: object;
  /** Default: true. */
  isSettled?: boolean;
}

function found({
  step: one,
  intents = forAcme(),
  list = [listed("acme"), listed("globex")],
  acme = {},
  isSettled = true,
}: Case): Step[] {
  const deployed = parseDeployed({
    acme: output("acme", { entryDigest: "1", ...acme }),
    globex: output("globex", { entryDigest: "1" }),
  });
  const before: Before = { deployed, isSettled };
  return unintended([one], intents, list, before);
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
    // The outputs say already that it is done, for the update wrote them before it failed.
    [
      "of another tenant that is disabled, by the outputs, too",
      {
        step: step("acme", KEY, "delete"),
        intents: [],
        list: [listed("acme", { isDisabled: true })],
        acme: { disabled: OUT },
      },
    ],
    [
      "of a tenant that is gone from list and outputs",
      { step: step("initech", TUNNEL, "delete"), intents: [] },
    ],
    [
      "that revokes another tenant's old key",
      {
        step: step("acme", KEY, "delete", "acme-key-1"),
        intents: [],
        list: [listed("acme", { keyGenerations: [2] })],
      },
    ],
    ["that deletes what has been replaced", { step: step("acme", RECORD, "delete-replaced"), intents: [] }],
    [
      "that replaces another tenant's tunnel secret after an update that failed",
      { step: step("acme", SECRET, "replace"), intents: [], isSettled: false },
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
        list: [listed("acme", { isDisabled: true, isBucketDeleted: true })],
        acme: { disabled: { ...OUT, bucket: "deleted" } },
      },
    ],
  ])("%s is meant", (_, one) => {
    expect(found(one)).toEqual([]);
  });

  it.each<[string, Case]>([
    [
      "that deletes more of its tenant",
      { step: step("acme", BUCKET, "delete"), intents: forAcme((type) => type === KEY) },
    ],
    ["that replaces what it may not even delete", { step: step("acme", TUNNEL, "replace") }],
    [
      "of another tenant that nobody has changed",
      { step: step("globex", KEY, "delete", "globex-key-1"), intents: forAcme(() => true) },
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
    [
      "that replaces another tenant's key by hand",
      { step: step("acme", KEY, "replace", "acme-key-1"), intents: [], list: [listed("acme", pending)] },
    ],
    ["that replaces another tenant's tunnel secret", { step: step("acme", SECRET, "replace"), intents: [] }],
    [
      "that deletes the hostname of a disabled tenant",
      { step: step("acme", RECORD, "delete"), intents: [], list: [listed("acme", { isDisabled: true })] },
    ],
  ])("%s is not", (_, one) => {
    expect(found(one)).toEqual([one.step]);
  });
});
