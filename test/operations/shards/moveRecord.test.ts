/** What is kept of a move that was begun. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { MoveLog, tellOfMoves } from "../../../operations/shards/move/record.ts";
import { FolderStore } from "../../../storage/folderStore.ts";
import { configurationOf, ENVIRONMENT, fakeContext } from "../../orphans/fakeContext.ts";

function store(): FolderStore {
  const folder = mkdtempSync(join(tmpdir(), "tenant-edge-moves-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return new FolderStore(folder);
}

const RECORD = {
  tenant: "acme",
  from: "prod",
  to: "prod-2",
  isUndone: false,
  startedAt: "2026-11-22T10:00:00.000Z",
};

it("is told of both stacks, with the commands that go on and back, until the move has ended", async () => {
  const documents = store();
  const log = new MoveLog(documents, ENVIRONMENT);
  await log.write(RECORD);
  await new MoveLog(documents, "another").write({ ...RECORD, tenant: "globex" });
  const told = async (stack: string) => {
    const configuration = async () => configurationOf([]);
    const { context, events } = fakeContext({ stack, documents, configuration });
    await tellOfMoves(context, {});
    return events.map(({ tenant, message }) => `${tenant}: ${message}`);
  };
  expect(await told("prod")).toEqual([
    `acme: it was being moved from prod to prod-2 when that was stopped: tenant-edge move acme --to prod-2 --env ${ENVIRONMENT} goes on, --to prod takes it back`,
  ]);
  expect(await told("organization/project/prod-2")).toHaveLength(1);
  expect(await told("prod-3")).toEqual([]);
  await log.drop("acme");
  expect(await told("prod")).toEqual([]);
});

it("is begun once: the second of two processes is told of the first", async () => {
  const documents = store();
  const begin = () => new MoveLog(documents, ENVIRONMENT).begin(RECORD);
  const [, second] = (await Promise.allSettled([begin(), begin()])).sort((a, b) =>
    a.status < b.status ? -1 : 1,
  );
  expect(second).toMatchObject({
    status: "rejected",
    reason: {
      code: "not-allowed-now",
      message: expect.stringContaining("a move of acme from prod to prod-2 was begun meanwhile"),
    },
  });
  expect(await new MoveLog(documents, ENVIRONMENT).read("acme")).toEqual(RECORD);
});

it("is not guessed when it is damaged", async () => {
  const documents = store();
  const log = new MoveLog(documents, ENVIRONMENT);
  await log.write(RECORD);
  expect(await log.read("acme")).toEqual(RECORD);
  expect(await log.read("globex")).toBeUndefined();
  await documents.write(`moves/${ENVIRONMENT}/acme.json`, "{}", undefined);
  await expect(log.read("acme")).rejects.toThrow(/acme\.json is no record of a move/);
});
