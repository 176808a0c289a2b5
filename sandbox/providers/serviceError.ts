/** Errors as gRPC carries them to the engine. */
import { Metadata, type StatusObject, status } from "@grpc/grpc-js";
import providerMessages from "@pulumi/pulumi/proto/provider_pb.js";
import statusMessages from "@pulumi/pulumi/proto/status_pb.js";
import anyMessages from "google-protobuf/google/protobuf/any_pb.js";
import { encode, type PropertyValues } from "./propertyValue.ts";

/** A failure after the resource exists, with what the state is to hold. */
export class InitializationFailure extends Error {
  readonly id: string;
  readonly outputs: PropertyValues;
  readonly inputs: PropertyValues;

  constructor(reason: Error, id: string, outputs: PropertyValues, inputs: PropertyValues) {
    super(reason.message, { cause: reason });
    this.name = "InitializationFailure";
    this.id = id;
    this.outputs = outputs;
    this.inputs = inputs;
  }
}

export function serviceError(error: unknown): Partial<StatusObject> {
  const message = error instanceof Error ? error.message : String(error);
  const answer = { code: status.UNKNOWN, details: message };
  return error instanceof InitializationFailure ? { ...answer, metadata: detailsOf(error) } : answer;
}

/** gRPC for JavaScript has no structured details; this header is how every other gRPC sends them. */
function detailsOf(failure: InitializationFailure): Metadata {
  const detail = new providerMessages.ErrorResourceInitFailed();
  detail.setId(failure.id);
  detail.setProperties(encode(failure.outputs));
  detail.setInputs(encode(failure.inputs));
  detail.setReasonsList([failure.message]);
  const packed = new anyMessages.Any();
  packed.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const details = new statusMessages.Status();
  details.setCode(status.UNKNOWN);
  details.setMessage(failure.message);
  details.addDetails(packed);
  const metadata = new Metadata();
  metadata.add("grpc-status-details-bin", Buffer.from(details.serializeBinary()));
  return metadata;
}
