/**
 * What encrypts the secrets in a stack's state, by what the engine wrote into the stack file: a passphrase leaves
 * `encryptionsalt`, a key management service `secretsprovider`, and Pulumi Cloud, which has a key of its own, neither.
 */
import { createDecipheriv, pbkdf2 } from "node:crypto";
import { promisify } from "node:util";

/** The engine's own way from a passphrase to a key. Pulumi SDK, `config.NewSymmetricCrypterFromPassphrase`. */
const DERIVATION = { iterations: 1_000_000, keyBytes: 32, hash: "sha256" } as const;
const CIPHER = "aes-256-gcm";
const TAG_BYTES = 16;

/** `v1:<salt>:v1:<nonce>:<a known word, encrypted>`, each in base64. */
const SALT = /^encryptionsalt:[ \t]*["']?v1:([^:\s]+):v1:([^:\s]+):([^:\s"']+)/m;
const PROVIDER = /^secretsprovider:[ \t]*["']?([a-z]+):\/\//m;

export const EMPTY_PASSPHRASE =
  "the passphrase of its secrets is empty, so whoever can read the state can read every tenant's keys";
export const TO_ENCRYPT = [
  '`pulumi stack change-secrets-provider passphrase`, which asks for a new one, or "awskms://alias/NAME?region=REGION" in its place',
  "then rotate every tenant's keys: older states and backups stay readable",
] as const;

/** `awskms`, `gcpkms`, … Undefined for a stack that no such service encrypts. */
export function keyServiceOf(stackFile: string): string | undefined {
  return PROVIDER.exec(stackFile)?.[1];
}

export const hasPassphrase = (stackFile: string): boolean => SALT.test(stackFile);

/**
 * Whether the state's secrets are as good as plain: their passphrase is the empty one. The engine takes it from an empty
 * `PULUMI_CONFIG_PASSPHRASE`, an empty file, or Enter in place of an answer. Takes some tenths of a second, in another thread.
 */
export async function isPassphraseEmpty(stackFile: string): Promise<boolean> {
  const [, salt, nonce, word] = SALT.exec(stackFile) ?? [];
  if (salt === undefined || nonce === undefined || word === undefined) return false;
  const { iterations, keyBytes, hash } = DERIVATION;
  const key = await promisify(pbkdf2)("", Buffer.from(salt, "base64"), iterations, keyBytes, hash);
  const sealed = Buffer.from(word, "base64");
  try {
    const decipher = createDecipheriv(CIPHER, key, Buffer.from(nonce, "base64"));
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    decipher.update(sealed.subarray(0, -TAG_BYTES));
    decipher.final();
    return true;
  } catch {
    return false;
  }
}
