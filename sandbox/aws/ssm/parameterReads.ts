/** Reading parameters, with decryption when the caller asks for it and may use the key. */
import type {
  GetParameterCommand,
  GetParametersByPathCommand,
  GetParametersCommand,
  Parameter,
} from "@aws-sdk/client-ssm";
import type { Authorisation } from "../authorisation.ts";
import { findKey } from "../kms.ts";
import { AwsError, type Caller, type Handlers, type OperationOf } from "../operation.ts";
import { pageOf } from "../page.ts";
import { refuseUnmodelled } from "../refusals.ts";
import type { AwsState } from "../state.ts";
import {
  checkNameCount,
  ciphertext,
  currentVersion,
  isBelow,
  type ParameterRecord,
  type ParameterVersion,
  parameterArn,
  parameterName,
} from "./parameterRecord.ts";

export type ParameterReadOperations = {
  "ssm:GetParameter": OperationOf<GetParameterCommand>;
  "ssm:GetParameters": OperationOf<GetParametersCommand>;
  "ssm:GetParametersByPath": OperationOf<GetParametersByPathCommand>;
};

const MOST_RESULTS = 10;

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
      checkNameCount(names);
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

    async "ssm:GetParametersByPath"(input, caller) {
      refuseUnmodelled(input, ["Path", "Recursive", "WithDecryption", "MaxResults", "NextToken"]);
      const { Path: path = "", Recursive = false, WithDecryption = false } = input;
      if (!path.startsWith("/")) {
        throw new AwsError("ValidationException", "The parameter path must begin with a slash.");
      }
      const below = state.parameters
        .filter(({ name }) => isBelow(name, path, Recursive))
        .sort((one, other) => (one.name < other.name ? -1 : 1));
      const { items, NextToken } = pageOf(below, input, MOST_RESULTS);
      return {
        Parameters: await Promise.all(items.map((one) => read(one, undefined, WithDecryption, caller))),
        ...(NextToken !== undefined && { NextToken }),
      };
    },
  };
}
