/** Every policy of the pack. */
import { bucketTokens } from "./bucketTokens.ts";
import { encryption } from "./encryption.ts";
import { iam } from "./iam.ts";
import { inbound } from "./inbound.ts";
import { ingress } from "./ingress.ts";
import { metadataService } from "./metadataService.ts";
import type { ResourceRule, StackRule } from "./policy.ts";
import { protection } from "./protection.ts";
import { publicAddresses } from "./publicAddresses.ts";
import { ownRecords, proxiedRecords } from "./records.ts";
import { tags } from "./tags.ts";
import { userData } from "./userData.ts";

export const RESOURCE_RULES: readonly ResourceRule[] = [
  publicAddresses,
  inbound,
  metadataService,
  encryption,
  iam,
  bucketTokens,
  userData,
  proxiedRecords,
  ingress,
  tags,
];

export const STACK_RULES: readonly StackRule[] = [ownRecords, protection];
