/** What keeps secrets out of a state in clear. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runtime } from "@pulumi/pulumi";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { checkProviderSecrets } from "../../config/checkProviderSecrets.ts";
import { checkStateEncryption } from "../../config/checkStateEncryption.ts";

/** Of the stack prod, whose Pulumi.yaml is in this folder. */
const program = vi.hoisted(() => ({ folder: "" }));
vi.mock("@pulumi/pulumi", async (original) => ({
  ...(await original<typeof import("@pulumi/pulumi")>()),
  getStack: () => "prod",
  getRootDirectory: () => program.folder,
}));

afterEach(() => {
  runtime.setAllConfig({});
});

describe("a provider's credential", () => {
  const check = (key: string, secretKeys: string[]) => {
    runtime.setAllConfig({ [key]: "s3cr3t-canary" }, secretKeys);
    checkProviderSecrets();
  };

  it.each([
    "cloudflare:apiToken",
    "cloudflare:apiKey",
    "cloudflare:apiUserServiceKey",
    "aws:secretKey",
    "aws:token",
  ])("%s in clear is refused without being shown, and taken as a secret", (key) => {
    const refusal = `Pulumi.prod.yaml has credentials in clear`;
    expect(() => check(key, [])).toThrow(refusal);
    expect(() => check(key, [])).toThrow(`pulumi config set --secret ${key}`);
    expect(() => check(key, [])).not.toThrow("s3cr3t-canary");
    expect(() => check(key, [key])).not.toThrow();
  });
});

describe("how the state is encrypted", () => {
  /** Of the empty passphrase. Written by `pulumi stack init` of 3.255.0. */
  const EMPTY = "encryptionsalt: v1:FGripWCAEu8=:v1:nJ0gDcTBuo0kGBxP:51ZcuzydSANqrRueLYRVLCH9PWjzZA==\n";

  function check(write: (file: string) => void): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), "tenant-edge-stack-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    write(join(folder, "Pulumi.prod.yaml"));
    program.folder = folder;
    return checkStateEncryption({});
  }

  it("is refused with an empty passphrase, and without a stack file there is none yet", async () => {
    await expect(check((file) => writeFileSync(file, EMPTY))).rejects.toThrow(/passphrase .* is empty/);
    await expect(check(() => undefined)).resolves.toBeUndefined();
  });

  it("is not taken for good when the stack file cannot be read", async () => {
    await expect(check((file) => mkdirSync(file))).rejects.toThrow(
      /^Pulumi\.prod\.yaml could not be read.*nothing was changed.*EISDIR/,
    );
  });
});
