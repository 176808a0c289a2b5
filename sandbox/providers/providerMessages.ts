/** Parts of the engine's messages to and from plain values. */
import type {
  CheckFailure as CheckFailureMessage,
  DiffRequest,
  PropertyDiff,
  UpdateRequest,
} from "@pulumi/pulumi/proto/provider_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import { DifferenceKind } from "./differences.ts";
import { decode } from "./propertyValue.ts";
import type { Change, DetailedDifference } from "./resourceHandler.ts";
import type { CheckFailure } from "./resourceType.ts";

const DIFF_KINDS = {
  [DifferenceKind.Add]: [messages.PropertyDiff.Kind.ADD, messages.PropertyDiff.Kind.ADD_REPLACE],
  [DifferenceKind.Delete]: [messages.PropertyDiff.Kind.DELETE, messages.PropertyDiff.Kind.DELETE_REPLACE],
  [DifferenceKind.Update]: [messages.PropertyDiff.Kind.UPDATE, messages.PropertyDiff.Kind.UPDATE_REPLACE],
} as const;

/** What a request says about the resource it is for. */
export interface About {
  getUrn(): string;
}

/** The resource's name in the program. */
export function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

/** The resource's type, without those of its parents. */
export function tokenOf(urn: string): string {
  return urn.split("::")[2]?.split("$").at(-1) ?? "";
}

export function failureMessage(failure: CheckFailure): CheckFailureMessage {
  const message = new messages.CheckFailure();
  message.setProperty(failure.property);
  message.setReason(failure.reason);
  return message;
}

export function propertyDiff(difference: DetailedDifference): PropertyDiff {
  const [inPlace, replacing] = DIFF_KINDS[difference.kind];
  const message = new messages.PropertyDiff();
  message.setKind(difference.replaces ? replacing : inPlace);
  message.setInputdiff(difference.ofInputs);
  return message;
}

export function changeOf(request: DiffRequest | UpdateRequest): Change {
  return {
    state: decode(request.getOlds()),
    oldInputs: decode(request.getOldInputs()),
    inputs: decode(request.getNews()),
    ignoreChanges: request.getIgnorechangesList(),
  };
}
