/** What can be chosen about a new network, and about the check of an existing one. */

export const NatGateways = {
  /** One gateway, in the first zone: while that zone is down no host reaches the Internet. */
  one: "one",
  /** A gateway, an address, a public subnet and a private route table in each zone: a zone's failure leaves the others. */
  perZone: "per-zone",
} as const;
export type NatGateways = (typeof NatGateways)[keyof typeof NatGateways];

export const NetworkEndpoint = {
  /** Interface endpoint of SSM: the hosts' parameters without the NAT gateway. */
  ssm: "ssm",
  /** Interface endpoint of Session Manager's channels. */
  ssmmessages: "ssmmessages",
  /** Gateway endpoint of S3: the package repositories of Amazon Linux. Costs nothing. */
  s3: "s3",
} as const;
export type NetworkEndpoint = (typeof NetworkEndpoint)[keyof typeof NetworkEndpoint];

export const NetworkCheck = {
  /** An existing network that lacks what hosts need stops the run before anything is changed. */
  refuse: "refuse",
  /** The same problems are warnings, and the run goes on. */
  warn: "warn",
} as const;
export type NetworkCheck = (typeof NetworkCheck)[keyof typeof NetworkCheck];
