/** Last parts of the names of a tenant's SSM parameters; the path before them is the tenant's. */

/** The connector token, as `cloudflared tunnel run --token-file` reads it. */
export const TUNNEL_TOKEN_PARAMETER = "tunnel-token";

/** The bucket's S3 credentials as an environment file: both halves of the key always change together. */
export const BUCKET_ENVIRONMENT_PARAMETER = "bucket-environment";

/** Where the first host reports what it runs with; those of further replicas end in `-2`, `-3`, `-4`. */
export const HOST_REPORT_PARAMETER = "host-report";
