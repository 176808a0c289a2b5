/** Changes of one stack's list beside the files of the others. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readStackFile } from "../../operations/configuration.ts";
import { propose } from "../../operations/engine/proposal.ts";
import { ErrorCode } from "../../operations/errors.ts";
import { StackFileList } from "../../tenantList/stackFileList.ts";
import { shardFolder, stackText } from "./shardFolder.ts";

/** Puts an entry into the list of stack `us`. */
function proposed(folder: string, entry: { id: string } & Record<string, unknown>) {
  const source = {
    list: new StackFileList(folder, "us"),
    readStackFile: () => readStackFile(folder, "acme-inc/project/us"),
  };
  const change = {
    message: "enroll",
    tenants: [entry.id],
    edit: (list: { put(e: typeof entry): void }) => list.put(entry),
  };
  return propose(source, [change]);
}

describe("a new tenant", () => {
  const us = stackText([{ id: "initech" }]);

  it("is refused when another stack of the environment has it, with the program's words", async () => {
    const folder = shardFolder({ eu: stackText([{ id: "globex" }, { id: "acme" }]), us });
    await expect(proposed(folder, { id: "acme" })).rejects.toMatchObject({
      code: ErrorCode.NameTaken,
      message: expect.stringMatching(
        /^Pulumi\.us\.yaml has 1 problem; nothing was changed\.[\s\S]*tenants\[1\]\.id of Pulumi\.eu\.yaml is the same/,
      ),
      problems: [{ path: "tenant-edge:tenants[1].id", message: expect.stringContaining('found "acme"') }],
    });
    await expect(proposed(folder, { id: "hooli" })).resolves.toMatchObject({ isChanged: true });
  });

  it("is refused while another stack's file cannot be read, which is no fault of the tenant's", async () => {
    const folder = shardFolder({ eu: `${stackText([])}  - broken: [\n`, us });
    await expect(proposed(folder, { id: "acme" })).rejects.toMatchObject({
      code: ErrorCode.InvalidConfiguration,
      message: expect.stringContaining("Pulumi.eu.yaml"),
    });
    // Those that are there can be looked at all the same.
    expect((await readStackFile(folder, "us")).path).toBe(join(folder, "Pulumi.us.yaml"));
  });
});
