/** What a network has unless it says otherwise. */

/** IPv4 block of a VPC that is created. */
export const DEFAULT_CIDR_BLOCK = "10.0.0.0/16";
