/** A sample of the deep run's kills, always the same ones, and disks that are full. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { FileAuditSink } from "../../audit/fileSink.ts";
import { FULL_DISK_ENTRIES, FullDiskRun, fullDisk } from "../../deep/kills/fullDisk.ts";
import { killedOperation } from "../../deep/kills/killedOperation.ts";
import { killedUpdate, Way } from "../../deep/kills/killedUpdate.ts";
import { KillStack } from "../../deep/kills/killStack.ts";
import { withLittleRoom } from "../../deep/kills/littleRoom.ts";
import { OPERATIONS_LIFE } from "../../deep/kills/operations.ts";
import { Role } from "../../deep/kills/processes.ts";
import { LIFE } from "../../deep/kills/updates.ts";
import { findEngine } from "../../sandbox/engine/findEngine.ts";
import { CHECKOUT } from "../../sandbox/session.ts";

const moment = (call: number) => ({ call, milliseconds: 0 });
const ENDED_RIGHT = { isHit: true, lost: [], orphans: [], wrong: [] };

function nth<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new Error(`there is no step ${index}`);
  return found;
}

/** Closed when the test is finished. */
async function killStack(entries: Parameters<typeof KillStack.open>[1]): Promise<KillStack> {
  const target = await KillStack.open(await findEngine({ report: () => {} }), entries);
  onTestFinished(() => target.close());
  return target;
}

it("what a kill of the engine, the program or an operation has interrupted ends right by running it again", async () => {
  const target = await killStack([]);
  const [createStack, createTenant, enroll] = [nth(LIFE, 0), nth(LIFE, 1), nth(OPERATIONS_LIFE, 0)];
  expect(await killedUpdate(target, createStack, Role.Engine, moment(4))).toMatchObject(ENDED_RIGHT);
  expect(await killedUpdate(target, createTenant, Role.Program, moment(2))).toMatchObject(ENDED_RIGHT);
  const other = { ...enroll, args: enroll.args.with(1, "initech") };
  expect(await killedOperation(target, other, Object.values(Role), moment(5))).toMatchObject(ENDED_RIGHT);
}, 300_000);

// What it makes stays behind without a state that knows it, and is in the way of the next update.
it.each([
  ["ec2:AttachInternetGateway", Way.Cancel],
  ["ec2:CreateNatGateway", Way.Cancel],
  ["ec2:AssociateRouteTable", Way.Repair],
])(
  "a kill of the engine during %s ends right by %s",
  async (operation, way) => {
    const target = await killStack([]);
    const during = { ...moment(0), operation };
    expect(await killedUpdate(target, nth(LIFE, 8), Role.Engine, during, way)).toMatchObject(ENDED_RIGHT);
  },
  300_000,
);

it("a disk that gets full in the middle of an update loses nothing, and the update ends right once there is room", async () => {
  const target = await killStack(FULL_DISK_ENTRIES);
  const engine = await findEngine({ report: () => {} });
  expect(await fullDisk(target, engine, FullDiskRun.Update, 60_000)).toMatchObject(ENDED_RIGHT);
}, 300_000);

const module = (path: string) => JSON.stringify(join(CHECKOUT, path));

/** Writes to each of the places, and prints how that went. */
const WRITER = `
  import { FileAuditSink } from ${module("audit/fileSink.ts")};
  import { FolderStore } from ${module("storage/folderStore.ts")};
  import { StackFileList } from ${module("tenantList/stackFileList.ts")};
  const [folder, id] = process.argv.slice(1);
  const entry = { id: "globex", displayName: "x".repeat(9_000) };
  const record = { id, time: "2026-11-22T10:00:00Z", actor: "a", operation: "enroll", environment: "test", stack: "staging", tenants: [], phase: "started" };
  for (const write of [
    () => new StackFileList(folder, "staging").change((document) => document.put(entry)),
    () => new FolderStore(folder).write("run", "y".repeat(9_000), undefined),
    () => new FileAuditSink(folder + "/audit.jsonl").append(record),
  ]) console.log(await write().then(() => "written", (error) => error.message));
`;

describe("a full disk under the list, the documents and the audit", () => {
  it("leaves each as it was and says what to do; with room, nothing is missing", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tenant-edge-full-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const place = join(folder, "place");
    mkdirSync(place);
    const write = (id: string, room: number) =>
      withLittleRoom([process.execPath, "--input-type=module", "-e", WRITER, place, id], {
        folder: place,
        room,
        cwd: CHECKOUT,
        env: { PATH: process.env["PATH"] ?? "" },
      });
    const files = {
      "Pulumi.staging.yaml": "config:\n  tenant-edge:tenants:\n    - id: acme # stays\n",
      run: "before",
      "audit.jsonl": "",
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(place, name), text);
    // All but the end of a page, so that a part of the next record still fits.
    const filler = `${"x".repeat(4_000)}\n`;
    writeFileSync(join(place, "audit.jsonl"), filler);

    const full = await write("first", 0);
    expect(full.stdout.trim().split("\n"), full.stderr).toEqual(
      Object.keys(files).map((name) =>
        expect.stringMatching(new RegExp(`${name}.*The disk is full: make room there and run it again`)),
      ),
    );
    for (const [name, text] of Object.entries(files).slice(0, 2))
      expect(readFileSync(join(place, name), "utf8")).toBe(text);

    const roomy = await write("second", 1_000_000);
    expect(roomy.stdout.trim().split("\n"), roomy.stderr).toEqual(["written", "written", "written"]);
    expect(
      (await new FileAuditSink(join(place, "audit.jsonl")).read({ limit: 9 })).map(({ id }) => id),
    ).toEqual(["second"]);
    expect(readFileSync(join(place, "Pulumi.staging.yaml"), "utf8")).toContain("id: acme # stays");
  });
});
