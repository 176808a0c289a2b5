import type { Aws } from "../../aws/cloud.ts";

/** What a configured AWS provider works with. */
export interface AwsProviderClient {
  aws: Aws;
  region: string;
  /** Given to every taggable resource; a resource's own tag of the same key wins. */
  defaultTags: Record<string, string>;
}
