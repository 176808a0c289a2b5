/** What a parameter is, and what SSM refuses before it stores one. */
import { createHash } from "node:crypto";
import { AwsError } from "../operation.ts";
import type { AwsState, Tags } from "../state.ts";

export type ParameterKind = "String" | "StringList" | "SecureString";
export type ParameterTierName = "Standard" | "Advanced";

export interface ParameterVersion {
  version: number;
  value: string;
  /** RFC 3339. */
  modifiedAt: string;
}

export interface ParameterRecord {
  name: string;
  type: ParameterKind;
  tier: ParameterTierName;
  dataType: string;
  /** SecureString only: key id, ARN or alias as it was given. */
  keyId?: string;
  description?: string;
  allowedPattern?: string;
  /** Oldest first; the last is the current one. */
  versions: ParameterVersion[];
  tags: Tags;
}

/** Older versions are dropped. */
export const MAXIMUM_VERSIONS = 100;

const MAXIMUM_LEVELS = 15;
const MAXIMUM_NAME = 1011;

const MAXIMUM_SIZE: Record<ParameterTierName, number> = { Standard: 4096, Advanced: 8192 };

function invalid(message: string): AwsError {
  return new AwsError("ValidationException", message);
}

/** ARN of a parameter. The slash that a path begins with is not doubled. */
export function parameterArn(state: AwsState, name: string): string {
  return `arn:aws:ssm:${state.region}:${state.accountId}:parameter/${name.replace(/^\//, "")}`;
}

/** Name in a call that may give an ARN instead. */
export function parameterName(state: AwsState, nameOrArn: string): string {
  const prefix = `arn:aws:ssm:${state.region}:${state.accountId}:parameter`;
  if (!nameOrArn.startsWith(`${prefix}/`)) return nameOrArn;
  const path = nameOrArn.slice(prefix.length);
  return state.parameters.has(path) ? path : path.slice(1);
}

const MAXIMUM_NAMES = 10;

/** Throws SSM's refusal of a list of names that is empty or too long. */
export function checkNameCount(names: readonly string[]): void {
  if (names.length >= 1 && names.length <= MAXIMUM_NAMES) return;
  const problem = names.length < 1 ? "greater than or equal to 1" : `less than or equal to ${MAXIMUM_NAMES}`;
  throw invalid(
    `1 validation error detected: Value '[${names.join(", ")}]' at 'names' failed to satisfy constraint: ` +
      `Member must have length ${problem}`,
  );
}

/** Whether a parameter is in the hierarchy of a path, at any depth or right below it. */
export function isBelow(name: string, path: string, isRecursive: boolean): boolean {
  const prefix = path.endsWith("/") ? path : `${path}/`;
  return name.startsWith(prefix) && (isRecursive || !name.slice(prefix.length).includes("/"));
}

/** Throws SSM's refusal of a name for a new parameter. */
export function checkParameterName(name: string): void {
  if (name === "" || name.length > MAXIMUM_NAME) {
    throw invalid(`Parameter name must be between 1 and ${MAXIMUM_NAME} characters long`);
  }
  const levels = name.split("/").filter((level) => level !== "");
  if (/^\/?(aws|ssm)/i.test(name)) {
    if (/^\/aws\//i.test(name)) {
      throw new AwsError("AccessDeniedException", `No access to reserved parameter name: ${name}.`);
    }
    throw invalid(
      'Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive). If formed as a path, it can ' +
        "consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers " +
        "and the following 3 symbols .-_",
    );
  }
  if (!/^[a-zA-Z0-9_.\-/]+$/.test(name) || name.includes("//") || name.endsWith("/")) {
    throw invalid(
      "Parameter name must be formed as a mix of letters, numbers and the following 3 symbols .-_, " +
        "with sub-paths divided by slash symbol",
    );
  }
  if (name.includes("/") && !name.startsWith("/")) {
    throw invalid("Parameter name must be a fully qualified name.");
  }
  if (levels.length > MAXIMUM_LEVELS) {
    throw new AwsError(
      "HierarchyLevelLimitExceededException",
      `Parameter hierarchies are limited to a maximum of ${MAXIMUM_LEVELS} levels`,
    );
  }
}

/** Throws SSM's refusal of a value. */
export function checkParameterValue(
  value: string,
  tier: ParameterTierName,
  allowedPattern: string | undefined,
): void {
  if (value === "") {
    throw invalid(
      "1 validation error detected: Value '' at 'value' failed to satisfy constraint: " +
        "Member must have length greater than or equal to 1",
    );
  }
  if (/\{\{.*\}\}/s.test(value)) {
    throw invalid('Parameter value can\'t nest another parameter. Do not use "{{}}" in the value.');
  }
  if (Buffer.byteLength(value) > MAXIMUM_SIZE[tier]) {
    throw invalid(
      tier === "Standard"
        ? "Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger " +
            "parameter value, upgrade the parameter to use the advanced-parameter tier. For more information, see " +
            "https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html"
        : "Advanced tier parameters support a maximum parameter value of 8192 characters.",
    );
  }
  if (allowedPattern !== undefined && !new RegExp(allowedPattern).test(value)) {
    throw new AwsError(
      "ParameterPatternMismatchException",
      `Parameter value, cannot be validated against allowedPattern: ${allowedPattern}`,
    );
  }
}

export function currentVersion(parameter: ParameterRecord): ParameterVersion {
  const version = parameter.versions.at(-1);
  if (version === undefined) throw new Error(`parameter ${parameter.name} has no version`);
  return version;
}

/** What a reader sees who does not ask for decryption: a KMS blob that says nothing about the value. */
export function ciphertext(arn: string, { version, value }: ParameterVersion): string {
  const blob = createHash("sha512").update(`${arn}\n${version}\n${value}`).digest();
  const header = Buffer.from("AQICAHgA", "base64");
  return Buffer.concat([header, blob, blob.subarray(0, 40)]).toString("base64");
}
