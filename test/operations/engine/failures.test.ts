import { describe, expect, it } from "vitest";
import {
  isHalfWritten,
  isLocked,
  isMissingStack,
  lockedError,
  UpdateFailure,
  updateFailed,
} from "../../../operations/engine/failures.ts";
import { EngineCommandError } from "../../../operations/engine/pulumiCommand.ts";

/** As the engine prints them. */
const DIY = `error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with \`pulumi cancel\`.
  file:///srv/state/.pulumi/locks/organization/tenant-edge/prod/6f1c.json: created by anna@build-7 (pid 4242) at 2026-11-22T10:00:00Z
`;
const CLOUD = "error: [409] Conflict: Another update is currently in progress.\n";
const MISSING = "error: no stack named 'prod' found\n";

const failed = (stderr: string, stdout = "") => new EngineCommandError(stdout, stderr, 255);

describe("a stack that another process has", () => {
  it("is known by what a backend in a folder or bucket says, and who has it", () => {
    expect(isLocked(failed(DIY))).toBe(true);
    const error = lockedError("prod", failed(DIY), 300);
    expect(error).toMatchObject({
      code: "stack-locked",
      message:
        "the stack prod is locked by anna@build-7 (process 4242) since 2026-11-22T10:00:00Z; waited 300 s for it",
      ways: expect.arrayContaining([expect.stringContaining("pulumi cancel --stack prod")]),
    });
  });

  it("is known by what Pulumi Cloud says, which tells no name", () => {
    expect(isLocked(failed("", CLOUD))).toBe(true);
    expect(lockedError("prod", failed(CLOUD), 1).message).toContain("locked by another update; waited 1 s");
  });

  it.each([
    failed(MISSING),
    failed("error: update failed"),
    new Error(DIY),
  ])("is not meant by %s", (error) => {
    expect(isLocked(error)).toBe(false);
  });
});

it("a stack that is not there, and a state that is being written, are told from what is wrong", () => {
  expect(isMissingStack(failed(MISSING))).toBe(true);
  expect(isMissingStack(failed(CLOUD))).toBe(false);
  expect(isHalfWritten(failed("error: failed to load checkpoint: unexpected end of JSON input"))).toBe(true);
  expect(isHalfWritten(new Error("the preview failed:\nunexpected end of JSON input"))).toBe(true);
  expect(isHalfWritten(failed(MISSING))).toBe(false);
  expect(isHalfWritten("EOF")).toBe(false);
});

describe("an update that failed", () => {
  const secret = "s3cr3t-canary";

  it("says the engine's errors, each once, and nothing that it printed besides", () => {
    const error = updateFailed(
      "the update",
      ["no zone", "no zone", "no token"],
      failed(`noise ${secret}`, secret),
    );
    expect(error).toMatchObject({ code: "update-failed", message: "the update failed:\nno zone\nno token" });
    expect(JSON.stringify([error.message, error.ways, error.cause])).not.toContain(secret);
  });

  it("says what it printed as errors when there is nothing else, never its output", () => {
    const error = updateFailed("the preview", [], failed("error: no such backend\n", `token: ${secret}`));
    expect(error.message).toBe("the preview failed:\nerror: no such backend");
  });

  it.each<[string, string[], string[], boolean]>([
    ["a tenant of which something failed", ["acme"], ["globex", "acme"], true],
    ["not the others", ["acme"], ["globex"], false],
    ["everybody when it is at what is shared", ["acme", ""], ["globex"], true],
    ["everybody when the program itself failed", [], ["globex"], true],
  ])("concerns %s", (_, failedTenants, tenants, expected) => {
    const failure = new UpdateFailure(updateFailed("the update", ["no"], undefined), new Set(failedTenants));
    expect(failure.concerns(tenants)).toBe(expected);
    expect(failure.andOf(tenants).concerns(tenants)).toBe(true);
  });

  it("is cut when it says too much", () => {
    expect(updateFailed("the update", ["x".repeat(100_000)], undefined).message.length).toBeLessThan(5000);
  });
});
