/** Reading parameters, with decryption when the caller asks for it and may use the key. */
import type { GetParameterCommand, GetParametersCommand, Parameter } from "@aws-sdk/client-ssm";
import type { Authorisation } from "../authorisation.ts";
import { findKey } from "../kms.ts";
import { AwsError, type Caller, type Handlers, type OperationOf } from "../operation.ts";
import type { AwsState } from "../state.ts";
import {
  ciphertext,
  currentVersion,
  type ParameterRecord,
  type ParameterVersion,
  parameterArn,
  parameterName,
} from "./parameterRecord.ts";

export type ParameterReadOperations = {
  "ssm:GetParameter": OperationOf<GetParameterCommand>;
  "ssm:GetParameters": OperationOf<GetParametersCommand>;
};

const MAXIMUM_NAMES = 10;

/** Splits `name:3` into name and version; an ARN's own colons stay. */
export function splitSelector(state: AwsState, text: string): { name: string; selector: string | undefined } {
  const [, withoutSelector = text, selector] = /^(.*?)(?::(\w+))?$/.exec(text) ?? [];
  if (text.startsWith("arn:")) {
    const [, arn = text, version] = /^(arn:aws:ssm:[^:]*:\d+:parameter\/[^:]+)(?::(\w+))?$/.exec(text) ?? [];
    return { name: parameterName(state, arn), selector: version };
  }
  return { name: withoutSelector, selector };
}

function versionOf(parameter: ParameterRecord, selector: string | undefined): ParameterVersion {
  if (selector === undefined) return currentVersion(parameter);
  const version = parameter.versions.find((one) => String(one.version) === selector);
  if (version !== undefined) return version;
  const message = `Systems Manager could not find version ${selector} of ${parameter.name}. Verify the version and try again.`;
  throw new AwsError("ParameterVersionNotFound", message);
}

export function parameterReadHandlers(
  state: AwsState,
  authorisation: Authorisation,
): Handlers<ParameterReadOperations> {
  async function read(
    parameter: ParameterRecord,
    selector: string | undefined,
    decrypt: boolean,
    caller: Caller,
  ): Promise<Parameter> {
    const arn = parameterArn(state, parameter.name);
    const version = versionOf(parameter, selector);
    const secure = parameter.type === "SecureString";
    const key = secure && decrypt ? findKey(state, parameter.keyId ?? "") : undefined;
    if (key !== undefined && !(await authorisation.mayDecrypt(caller, key.arn, arn))) {
      throw new AwsError(
        "AccessDeniedException",
        "The ciphertext refers to a customer master key that does not exist, does not exist in this region, " +
          "or you are not allowed to access.",
      );
    }
    return {
      Name: parameter.name,
      ARN: arn,
      Type: parameter.type,
      DataType: parameter.dataType,
      Version: version.version,
      LastModifiedDate: new Date(version.modifiedAt),
      Value: secure && !decrypt ? ciphertext(arn, version) : version.value,
      ...(selector !== undefined && { Selector: `:${selector}` }),
    };
  }

  return {
    async "ssm:GetParameter"(input, caller) {
      const { name, selector } = splitSelector(state, input.Name ?? "");
      const parameter = state.parameters.get(name);
      if (parameter === undefined) throw new AwsError("ParameterNotFound", "");
      return { Parameter: await read(parameter, selector, input.WithDecryption === true, caller) };
    },

    async "ssm:GetParameters"(input, caller) {
      const names = input.Names ?? [];
      if (names.length < 1 || names.length > MAXIMUM_NAMES) {
        throw new AwsError(
          "ValidationException",
          `1 validation error detected: Value '[${names.join(", ")}]' at 'names' failed to satisfy constraint: ` +
            `Member must have length ${names.length < 1 ? "greater than or equal to 1" : `less than or equal to ${MAXIMUM_NAMES}`}`,
        );
      }
      const found: Parameter[] = [];
      const missing: string[] = [];
      for (const text of [...new Set(names)]) {
        const { name, selector } = splitSelector(state, text);
        const parameter = state.parameters.get(name);
        const known =
          selector === undefined || parameter?.versions.some((one) => String(one.version) === selector);
        if (parameter === undefined || !known) missing.push(text);
        else found.push(await read(parameter, selector, input.WithDecryption === true, caller));
      }
      found.sort((one, other) => ((one.Name ?? "") < (other.Name ?? "") ? -1 : 1));
      return { Parameters: found, InvalidParameters: missing };
    },
  };
}
