import type { ResourceRule } from "./policy.ts";
import { at, mustBe } from "./values.ts";

/** Version 2 only, and for the host itself only. Amazon EC2 documentation, "Configure the Instance Metadata Service". */
export const metadataService: ResourceRule = {
  name: "imds-v2",
  description:
    "A host's metadata service, which gives out the credentials of its role, wants a session token.",
  check({ type, values }) {
    if (type !== "aws:ec2/instance:Instance") return [];
    if (at(values, "metadataOptions.httpEndpoint") === "disabled") return [];
    return [
      ...mustBe(
        values,
        "metadataOptions.httpTokens",
        "required",
        "Write required: IMDSv1 answers any request",
      ),
      ...mustBe(
        values,
        "metadataOptions.httpPutResponseHopLimit",
        1,
        "Write 1: with more hops, containers and proxies on the host get its role",
      ),
    ];
  },
};
