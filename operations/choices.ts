/** The words that operations answer with. */

export const TenantState = { Active: "active", Disabled: "disabled", Absent: "absent" } as const;
export type TenantState = (typeof TenantState)[keyof typeof TenantState];

/** How a tenant is, by its last probe. docs/lifecycle.md, "How a tenant is", has the table that decides. */
export const Condition = {
  Ready: "Ready",
  Degraded: "Degraded",
  Error: "Error",
  /** Taken out of service on purpose. */
  Disabled: "Disabled",
  /** Not probed yet. */
  Unknown: "Unknown",
} as const;
export type Condition = (typeof Condition)[keyof typeof Condition];

/** What a health sweep did about an unhealthy tenant. */
export const SweepAction = {
  None: "none",
  RestartConnector: "restart-connector",
  ReplaceHost: "replace-host",
  /** Of a tenant that is out of service. */
  DropConnections: "drop-connections",
  /** It would act, and was told only to look. */
  Planned: "planned",
  /** Acted on a short while ago. */
  CoolingDown: "cooling-down",
  /** The number of actions of this sweep is used up. */
  Postponed: "postponed",
  Failed: "failed",
} as const;
export type SweepAction = (typeof SweepAction)[keyof typeof SweepAction];

export const Cloud = { Cloudflare: "cloudflare", Aws: "aws" } as const;
export type Cloud = (typeof Cloud)[keyof typeof Cloud];

export const OrphanKind = {
  Tunnel: "tunnel",
  Record: "dns-record",
  Bucket: "bucket",
  Token: "account-token",
  Instance: "instance",
  SecurityGroup: "security-group",
  Parameter: "parameter",
  Role: "role",
  InstanceProfile: "instance-profile",
} as const;
export type OrphanKind = (typeof OrphanKind)[keyof typeof OrphanKind];

/** Parts of a network, which have no tenant, as EC2's tags call them. */
export const TaggedKind = {
  Vpc: "vpc",
  Subnet: "subnet",
  InternetGateway: "internet-gateway",
  ElasticIp: "elastic-ip",
  NatGateway: "natgateway",
  RouteTable: "route-table",
  VpcEndpoint: "vpc-endpoint",
  SecurityGroup: "security-group",
} as const;
export type TaggedKind = (typeof TaggedKind)[keyof typeof TaggedKind];

/** Also those that cannot have tags. */
export const NetworkKind = {
  ...TaggedKind,
  Route: "route",
  RouteTableAssociation: "route-table-association",
} as const;
export type NetworkKind = (typeof NetworkKind)[keyof typeof NetworkKind];

/** What a run that was killed can leave. */
export const LeftoverKind = { ...OrphanKind, ...NetworkKind } as const;
export type LeftoverKind = (typeof LeftoverKind)[keyof typeof LeftoverKind];
