/**
 * What is secret in a sandbox: whoever makes a secret says so here, at the moment it is made, so that also those are
 * known that were revoked or written over since. Costs nothing while nobody listens.
 */
import { channel } from "node:diagnostics_channel";

export const SecretKind = {
  TunnelSecret: "tunnel secret",
  ConnectorToken: "connector token",
  ApiToken: "API token",
  /** SHA-256 of an API token's value, as R2 derives it. */
  S3Key: "S3 secret key",
  Parameter: "SecureString parameter",
  Password: "generated password",
  HostSession: "session credential of an instance",
  ServiceToken: "service token",
  DeployToken: "deploying API token",
  DeployKey: "deployer's AWS secret key",
  Passphrase: "passphrase",
  StorageKey: "key of the shared storage",
} as const;
export type SecretKind = (typeof SecretKind)[keyof typeof SecretKind];

/** Whoever deploys has these in the environment of the engine, of operations and of the program. */
export const DEPLOYER_KINDS: ReadonlySet<SecretKind> = new Set([
  SecretKind.DeployToken,
  SecretKind.DeployKey,
  SecretKind.Passphrase,
  SecretKind.StorageKey,
]);

export interface Secret {
  kind: SecretKind;
  value: string;
}

const made = channel("tenant-edge:sandbox:secret");

export function noteSecret(kind: SecretKind, value: string): void {
  if (made.hasSubscribers) made.publish({ kind, value } satisfies Secret);
}

/** @returns the function that ends it. */
export function onSecret(listener: (secret: Secret) => void): () => void {
  const subscriber = (message: unknown) => listener(message as Secret);
  made.subscribe(subscriber);
  return () => void made.unsubscribe(subscriber);
}
