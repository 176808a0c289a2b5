/** Where things lie on a host. The scripts in `files/` name the same places. */

export const LIBEXEC = "/usr/local/libexec/tenant-edge";

/** Settings of the scripts, as `EnvironmentFile=` of their units. Nothing in it is secret. */
export const HOST_ENVIRONMENT_FILE = "/etc/tenant-edge/host.env";

/** The tenant's plain variables. */
export const APP_ENVIRONMENT_FILE = "/etc/tenant-edge/app.env";

/** The bucket's S3 credentials, on tmpfs, for members of `APP_GROUP` alone. */
export const BUCKET_ENVIRONMENT_FILE = "/run/tenant-edge/app/bucket.env";

/** Group that the app runs as; there is a user of the same name. */
export const APP_GROUP = "tenant-app";

/** The connector token, on tmpfs, for root alone. */
export const TOKEN_FILE = "/run/tenant-edge/secrets/tunnel-token";

export const UNIT_FOLDER = "/etc/systemd/system";
