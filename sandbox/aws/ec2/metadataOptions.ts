/** Options of the instance metadata service. */
import { checkChoice, invalidParameterValue } from "../refusals.ts";
import type { InstanceMetadataOptions } from "./instanceRecord.ts";

const DEFAULTS: InstanceMetadataOptions = {
  httpEndpoint: "enabled",
  httpTokens: "required",
  httpPutResponseHopLimit: 2,
  httpProtocolIpv6: "disabled",
  instanceMetadataTags: "disabled",
};

export interface MetadataOptionsRequest {
  HttpEndpoint?: "enabled" | "disabled" | undefined;
  HttpTokens?: "optional" | "required" | undefined;
  HttpPutResponseHopLimit?: number | undefined;
  HttpProtocolIpv6?: "enabled" | "disabled" | undefined;
  InstanceMetadataTags?: "enabled" | "disabled" | undefined;
}

/** The present options (or an image's defaults: IMDSv2 only, two hops) with what a call changes. */
export function metadataOptionsWith(
  present: InstanceMetadataOptions | undefined,
  request: MetadataOptionsRequest | undefined,
): InstanceMetadataOptions {
  const hops = request?.HttpPutResponseHopLimit;
  if (hops !== undefined && !(hops >= 1 && hops <= 64)) {
    throw invalidParameterValue(
      `A value of '${hops}' is not valid for HttpPutResponseHopLimit. Specify a value between 1 and 64 and try again.`,
    );
  }
  const switches = ["enabled", "disabled"];
  checkChoice("HttpEndpoint", request?.HttpEndpoint, switches);
  checkChoice("HttpTokens", request?.HttpTokens, ["optional", "required"]);
  checkChoice("HttpProtocolIpv6", request?.HttpProtocolIpv6, switches);
  checkChoice("InstanceMetadataTags", request?.InstanceMetadataTags, switches);
  const base = present ?? DEFAULTS;
  return {
    httpEndpoint: request?.HttpEndpoint ?? base.httpEndpoint,
    httpTokens: request?.HttpTokens ?? base.httpTokens,
    httpPutResponseHopLimit: hops ?? base.httpPutResponseHopLimit,
    httpProtocolIpv6: request?.HttpProtocolIpv6 ?? base.httpProtocolIpv6,
    instanceMetadataTags: request?.InstanceMetadataTags ?? base.instanceMetadataTags,
  };
}
