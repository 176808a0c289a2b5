/** What a host is when nobody says otherwise: for the configuration and for the component used alone. */

/** arm64, 2 vCPUs, 1 GiB. */
export const DEFAULT_INSTANCE_TYPE = "t4g.micro";

/** Size of Amazon Linux 2023's own image: a root volume cannot be smaller. */
export const DEFAULT_ROOT_VOLUME_GIB = 8;
