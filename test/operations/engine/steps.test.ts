import type { EngineEvent } from "@pulumi/pulumi/automation/events.js";
import { describe, expect, it } from "vitest";
import { changesSomething, isDestructive, StepRecorder } from "../../../operations/engine/steps.ts";

const STACK = "urn:pulumi:prod::tenant-edge::pulumi:pulumi:Stack::tenant-edge-prod";
const TENANT = "urn:pulumi:prod::tenant-edge::tenant-edge:index:Tenant::acme";
const NESTED = "urn:pulumi:prod::tenant-edge::tenant-edge:index:Tenant$tenant-edge:index:TenantBucket::acme";
const KEY =
  "urn:pulumi:prod::tenant-edge::tenant-edge:index:Tenant$tenant-edge:index:TenantBucket$cloudflare:index/accountToken:AccountToken::acme-key-1";

const TYPE = "cloudflare:index/accountToken:AccountToken";

/** As much of an engine's event as is read. */
function event(urn: string, type: string, op: string, parent: string, isGone = false): EngineEvent {
  const state = { parent };
  const metadata = { urn, type, op, ...(isGone ? { old: state } : { new: state }) };
  return { sequence: 1, timestamp: 0, resourcePreEvent: { metadata } } as unknown as EngineEvent;
}

const chain = [
  event(TENANT, "tenant-edge:index:Tenant", "same", STACK),
  event(NESTED, "tenant-edge:index:TenantBucket", "same", TENANT),
];

describe("what the engine tells", () => {
  it("belongs to the tenant that its parents lead to, also when it is being deleted", () => {
    for (const isGone of [false, true]) {
      const recorder = new StepRecorder();
      for (const each of chain) recorder.record(each);
      expect(recorder.record(event(KEY, TYPE, "delete", NESTED, isGone))).toEqual({
        urn: KEY,
        type: TYPE,
        name: "acme-key-1",
        tenant: "acme",
        action: "delete",
      });
    }
  });

  it("belongs to nobody when it is shared", () => {
    const recorder = new StepRecorder();
    const vpc = "urn:pulumi:prod::tenant-edge::aws:ec2/vpc:Vpc::network-vpc";
    expect(recorder.record(event(vpc, "aws:ec2/vpc:Vpc", "create", STACK))?.tenant).toBe("");
  });

  it("of a child before its parents is known in the end", () => {
    const recorder = new StepRecorder();
    recorder.record(event(KEY, TYPE, "delete", NESTED, true));
    for (const each of chain) recorder.record(each);
    expect(recorder.all().find(({ urn }) => urn === KEY)?.tenant).toBe("acme");
  });

  it("of a replacement is all of its steps, and what stays the same is no change", () => {
    const recorder = new StepRecorder();
    for (const each of chain) recorder.record(each);
    for (const op of ["create-replacement", "replace", "delete-replaced"]) {
      recorder.record(event(KEY, TYPE, op, NESTED));
    }
    expect(
      recorder
        .all()
        .filter(changesSomething)
        .map(({ action }) => action),
    ).toEqual(["create-replacement", "replace", "delete-replaced"]);
    expect(recorder.all()).toHaveLength(5);
  });

  it("of what failed leads to the tenants that it belongs to, and to nobody when it is shared", () => {
    const recorder = new StepRecorder();
    for (const each of chain) recorder.record(each);
    recorder.record(event(KEY, TYPE, "delete", NESTED, true));
    expect([...recorder.failedTenants()]).toEqual([]);
    const failed = (urn: string, of = recorder) =>
      of.record({
        sequence: 1,
        timestamp: 0,
        resOpFailedEvent: { metadata: { urn }, status: 0, steps: 0 },
      } as unknown as EngineEvent);
    failed(KEY);
    expect([...recorder.failedTenants()]).toEqual(["acme"]);
    failed("urn:pulumi:prod::tenant-edge::aws:ec2/vpc:Vpc::network-vpc");
    expect([...recorder.failedTenants()]).toEqual(["acme", ""]);

    // The engine deletes parents last, and not at all when a child could not be deleted.
    const update = new StepRecorder(recorder.all());
    update.record(event(KEY, TYPE, "delete", NESTED, true));
    failed(KEY, update);
    expect([...update.failedTenants()]).toEqual(["acme"]);
  });

  it("of errors is kept, in order, without warnings", () => {
    const recorder = new StepRecorder();
    for (const [severity, message] of [
      ["error", "no token\n"],
      ["warning", "old"],
      ["error", "no zone"],
    ]) {
      const diagnosticEvent = { severity, message };
      expect(
        recorder.record({ sequence: 1, timestamp: 0, diagnosticEvent } as unknown as EngineEvent),
      ).toBeUndefined();
    }
    expect(recorder.diagnostics).toEqual(["no token", "no zone"]);
  });
});

it.each([
  ["create", false],
  ["update", false],
  ["same", false],
  ["read", false],
  ["delete", true],
  ["replace", true],
  ["delete-replaced", true],
  ["create-replacement", true],
])("%s destroys something: %s", (action, expected) => {
  expect(isDestructive({ action })).toBe(expected);
});
