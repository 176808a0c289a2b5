import { describe, expect, it } from "vitest";
import { hasPassphrase, isPassphraseEmpty, keyServiceOf } from "../../config/statePassphrase.ts";

/** Written by `pulumi stack init` of 3.255.0 with this passphrase. */
const SALTS = {
  "": "v1:FGripWCAEu8=:v1:nJ0gDcTBuo0kGBxP:51ZcuzydSANqrRueLYRVLCH9PWjzZA==",
  "correct horse": "v1:iQnmyjEEL6E=:v1:cSm2kaH5yfm0Oxf7:D7Zn19R9CQ6E7KWzkv4uSWz2wHl8pg==",
} as const;

const file = (line: string) => `config:\n  tenant-edge:environment: prod\n${line}\n`;

describe("what encrypts the secrets", () => {
  it("an empty passphrase is told from another one", async () => {
    expect(await isPassphraseEmpty(file(`encryptionsalt: ${SALTS[""]}`))).toBe(true);
    expect(await isPassphraseEmpty(file(`encryptionsalt: "${SALTS[""]}"`))).toBe(true);
    expect(await isPassphraseEmpty(file(`encryptionsalt: ${SALTS["correct horse"]}`))).toBe(false);
  });

  it("a key service is no passphrase, and neither is Pulumi Cloud's own", async () => {
    const keyed = file(
      "secretsprovider: awskms://alias/tenant-edge?region=eu-west-1\nencryptedkey: AQICAHh=",
    );
    expect([hasPassphrase(keyed), keyServiceOf(keyed), await isPassphraseEmpty(keyed)]).toEqual([
      false,
      "awskms",
      false,
    ]);
    const managed = file("");
    expect([hasPassphrase(managed), keyServiceOf(managed)]).toEqual([false, undefined]);
    const passphrase = file(`encryptionsalt: ${SALTS["correct horse"]}`);
    expect([hasPassphrase(passphrase), keyServiceOf(passphrase)]).toEqual([true, undefined]);
  });
});
