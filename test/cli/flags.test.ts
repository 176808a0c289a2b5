/** Every field of every operation's input can be given on the command line. */
import { describe, expect, it } from "vitest";
import { COMMANDS, Subject } from "../../cli/operationCommands.ts";
import { inputFlags } from "../../cli/operationInput.ts";
import { OPERATIONS, type OperationName } from "../../operations/contract.ts";
import { runFake } from "./fakeCli.ts";

const NAMES = Object.keys(OPERATIONS) as OperationName[];

/** A command line with everything, and the input that it means. */
const COMPLETE: Record<OperationName, [string, object]> = {
  enroll: [
    "acme --hub h1 --account a1 --display-name Acme --subdomain shop --hostname shop.example.com --service http://localhost:1 --region eu-west-1 --no-host --no-bucket --reactivate",
    {
      tenant: "acme",
      hubId: "h1",
      accountId: "a1",
      displayName: "Acme",
      subdomain: "shop",
      hostname: "shop.example.com",
      service: "http://localhost:1",
      awsRegion: "eu-west-1",
      host: false,
      bucket: false,
      reactivate: true,
    },
  ],
  status: ["acme --probe", { tenant: "acme", probe: true }],
  token: [
    "--tunnel 3f2a1c9e-0b7d-4c7e-9a55-5f0c1d2e3b4a",
    { tunnelId: "3f2a1c9e-0b7d-4c7e-9a55-5f0c1d2e3b4a" },
  ],
  rotateKeys: ["acme --to 4 --overlap-hours 0.5", { tenant: "acme", to: 4, overlapHours: 0.5 }],
  rotateTunnel: ["--hub h1 --to 2 --drop-connections", { hubId: "h1", to: 2, dropConnections: true }],
  disable: [
    "acme --delete-bucket --retention-days 0",
    { tenant: "acme", deleteBucket: true, retentionDays: 0 },
  ],
  enable: ["acme", { tenant: "acme" }],
  remove: ["acme --purge --empty-bucket", { tenant: "acme", purge: true, emptyBucket: true }],
  expire: ["--act --empty-buckets", { act: true, emptyBuckets: true }],
  list: ["", {}],
  sweepHealth: [
    "acme globex --act --max-actions 2",
    { tenants: ["acme", "globex"], act: true, maxActions: 2 },
  ],
  sweepOrphans: ["--delete --max-deletions 3", { delete: true, maxDeletions: 3 }],
  repair: ["", {}],
  usage: ["acme --month 2026-10", { tenant: "acme", month: "2026-10" }],
  history: ["acme --limit 5", { tenant: "acme", limit: 5 }],
};

describe.each(NAMES)("%s", (name) => {
  it("has a flag or an argument for every field", () => {
    const { subject } = COMMANDS[name];
    const argument = { tenant: ["tenant"], "tenant-id": ["tenant"], tenants: ["tenants"], none: [] }[subject];
    const given = [...argument, ...inputFlags(name).map(({ field }) => field)];
    expect(given.toSorted()).toEqual(Object.keys(OPERATIONS[name].input.shape).toSorted());
    expect(subject === Subject.Tenant).toBe("tunnelId" in OPERATIONS[name].input.shape);
  });

  it("takes them to the operation", async () => {
    const [line, input] = COMPLETE[name];
    const words = line.split(" ").filter((word) => word !== "");
    const yes = OPERATIONS[name].changes ? ["--yes"] : [];
    const run = await runFake([COMMANDS[name].name, ...words, ...yes]);
    expect(run.stderr).toBe("");
    expect(run.calls).toEqual([[name, input]]);
  });
});

it("leaves to the operation what was not given", async () => {
  expect((await runFake(["enroll", "acme", "--yes"])).calls).toEqual([["enroll", { tenant: "acme" }]]);
});
