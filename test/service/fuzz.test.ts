import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Expected } from "../../storage/documentStore.ts";
import { FolderStore } from "../../storage/folderStore.ts";
import { fuzz } from "./fuzzer.ts";
import { ALL, startTestService, temporaryFolder } from "./testService.ts";

/** What hypothesis draws for every route and phase; with the fixed seed, the same each time. */
const EXAMPLES = 10;
const SEED = 20_261_122;

/** Which hostnames the zone takes, the document cannot say. */
const CONFIGURATION = `
[[operations]]
include-operation-id = ["enrollTenant", "createTunnel", "managedEnroll"]
checks.positive_data_acceptance.expected-statuses = ["2xx", "401", "403", "404", "409", "422", "5xx"]
`;

const UNLIMITED = { count: Number.MAX_SAFE_INTEGER, windowSeconds: 60 };

/**
 * Forgets idempotency keys. The fuzzer sends one key with many requests; that this is refused it takes for a refusal of
 * requests that the document calls valid.
 */
class NewKeys extends FolderStore {
  override async write(key: string, text: string, expected: Expected, signal?: AbortSignal): Promise<string> {
    return key.includes("/idempotency/") ? "" : await super.write(key, text, expected, signal);
  }
}

it("answers a fuzzer's requests as the document says, valid or not, and never with an error of its own", async () => {
  const folder = temporaryFolder();
  const { send, running } = await startTestService({
    documents: new NewKeys(join(folder, "documents")),
    limits: { failures: UNLIMITED, failuresPerAddress: UNLIMITED, requestsPerCaller: UNLIMITED },
  });
  const { json } = await send("GET /openapi.json", { token: null });
  // The fuzzer leaves out the document itself.
  const { "/openapi.json": _, ...paths } = json["paths"] as Record<string, object>;
  const routes = Object.values(paths).flatMap((path) => Object.keys(path));

  writeFileSync(join(folder, "schemathesis.toml"), CONFIGURATION);
  const { exitCode, output } = await fuzz(
    [
      "run",
      `${running.url}/openapi.json`,
      ...["--checks", "all"],
      ...["--seed", String(SEED)],
      ...["--max-examples", String(EXAMPLES)],
      ...["--generation-database", "none"],
      // On a machine that is busy with something else.
      ...["--suppress-health-check", "too_slow"],
      ...["--header", `Authorization: Bearer ${ALL.token}`],
    ],
    folder,
  );

  expect(exitCode, output).toBe(0);
  expect(output).toContain(`Tested: ${routes.length}\n`);
}, 300_000);
