import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { PINNED_VERSION } from "../../../sandbox/engine/engine.ts";

const repository = join(import.meta.dirname, "../../..");

describe("the pinned engine", () => {
  it("is of one release in the installer, the Go module and the SDK", () => {
    const { dependencies } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8"));
    const goModule = readFileSync(join(repository, "sandbox/engine/go.mod"), "utf8");

    expect(dependencies["@pulumi/pulumi"]).toBe(PINNED_VERSION);
    expect(goModule).toContain(`github.com/pulumi/pulumi/pkg/v3 v${PINNED_VERSION}\n`);
    expect(goModule).toMatch(new RegExp(`github.com/pulumi/pulumi/sdk/v3 v${PINNED_VERSION}(?: |\\n)`));
  });
});
