/** What an update of a stack depends on, and how its history tells of it. Pure functions. */
import { digestOf } from "../../../config/digest.ts";
import { NAMESPACE } from "../../../config/problems.ts";

/** What the engine writes into a stack file for its own use: how the stack's secrets are encrypted. */
const ENCRYPTION_KEYS: readonly string[] = ["secretsprovider", "encryptedkey", "encryptionsalt"];
const MESSAGE = /^tenant-edge up \(inputs ([0-9a-f]+)\)$/;

export interface ShardInputs {
  /** Contents of the stack file. */
  file: Readonly<Record<string, unknown>>;
  /** Of the shared list, where the stack has one: then the copy in the file does not count. */
  sharedEntries: readonly unknown[] | undefined;
  /** See `programDigest`. */
  program: string;
  /** The output `network` of the stack that has its network. */
  network: unknown;
  /** What the other stacks say that may live in its network: it makes one for them. */
  borrowers: readonly unknown[];
}

const isFields = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function settingsOf({ file, sharedEntries }: ShardInputs): unknown {
  const settings = Object.entries(file).filter(([key]) => !ENCRYPTION_KEYS.includes(key));
  if (sharedEntries === undefined || !isFields(file["config"])) return Object.fromEntries(settings);
  const { [`${NAMESPACE}tenants`]: _, ...config } = file["config"];
  return { ...Object.fromEntries(settings), config };
}

/**
 * The same for inputs that mean the same, however they are written down. Undefined for a stack that has settings in an
 * environment of Pulumi ESC: these cannot be seen here.
 */
export function inputsDigest(inputs: ShardInputs): string | undefined {
  if (inputs.file["environment"] !== undefined) return undefined;
  const { sharedEntries = null, program, network = null, borrowers } = inputs;
  return digestOf({ settings: settingsOf(inputs), sharedEntries, program, network, borrowers });
}

/** What the engine's history keeps of an update. */
export function upMessage(digest: string | undefined): string {
  return digest === undefined ? "tenant-edge up" : `tenant-edge up (inputs ${digest})`;
}

/** Of the inputs that an update had; undefined for one of another kind. */
export function digestIn(message: string): string | undefined {
  return MESSAGE.exec(message)?.[1];
}
