import { afterEach, expect, it, vi } from "vitest";
import { type Deletion, guardDeletion } from "../../components/deletionGuard.ts";
import { allowanceOf } from "../../config/allowanceOf.ts";
import { ALLOW, parseAllowance } from "../../lifecycle/allowance.ts";
import { BlastRadius } from "../../lifecycle/blastRadius.ts";
import { parseDeployed } from "../../lifecycle/deployed.ts";
import { output } from "../lifecycle/outputs.ts";

const host = (tenant: string): Deletion => ({
  urn: `urn:${tenant}`,
  id: `i-old-${tenant}`,
  type: "aws:ec2/instance:Instance",
  name: `${tenant}-instance`,
});

/** A radius of which one tenant is used up. */
function used(allow = ""): BlastRadius {
  const ids = ["acme", "globex"];
  const outputs = ids.map((id) => [id, output(id, { instanceIds: [`i-there-${id}`] })]);
  const radius = new BlastRadius(parseDeployed(Object.fromEntries(outputs)), parseAllowance(allow));
  guardDeletion(radius, host("acme"), undefined, true);
  return radius;
}

const refuses = (radius: BlastRadius, deletion: Deletion, liveId?: string) => {
  try {
    guardDeletion(radius, deletion, liveId, true);
    return false;
  } catch {
    return true;
  }
};

it.each([
  ["another tenant's host", host("globex"), undefined, "", true],
  ["one that this run has replaced", host("globex"), "i-new-globex", "", true],
  ["one whose successor was there before", host("globex"), "i-there-globex", "", false],
  ["one that a destroy takes", host("globex"), "i-old-globex", "", false],
  ["one that was named", host("globex"), undefined, "globex", false],
  ["one of a kind that was allowed", host("globex"), undefined, "hosts of 2 tenants", false],
  ["another host of the same tenant", { ...host("acme"), name: "acme--2-instance" }, undefined, "", false],
  ["what is no tenant's", { ...host("x"), name: "network-vpc" }, undefined, "", false],
  ["what may go", { ...host("globex"), type: "aws:iam/role:Role" }, undefined, "", false],
])("after one tenant's host, a run may delete %s or not", (_, deletion, liveId, allow, isRefused) => {
  expect(refuses(used(allow), deletion, liveId)).toBe(isRefused);
});

afterEach(() => {
  vi.unstubAllEnvs();
});

it("a run is told by its environment, and by the stack file until its time is over", () => {
  vi.stubEnv(ALLOW, " acme ");
  const said = (until: string) => [...allowanceOf({ allow: { words: "globex", until } }).tenants];
  expect(said("2999-01-01T00:00:00Z")).toEqual(["acme", "globex"]);
  expect(said("2026-01-01T00:00:00Z")).toEqual(["acme"]);
  vi.stubEnv(ALLOW, "everything, please!");
  expect(() => allowanceOf({ allow: undefined })).toThrow(/TENANT_EDGE_ALLOW is .*hosts of 12 tenants/);
});
