/** Service quotas of the emulated account. */
export interface Quotas {
  /** VPCs per region. */
  vpcs: number;
  /** Elastic IP addresses per region. */
  addresses: number;
  /** NAT gateways per availability zone. */
  natGatewaysPerZone: number;
  /** Inbound or outbound rules per security group. */
  rulesPerSecurityGroup: number;
  /** vCPUs of running standard instances. A new real account has about 5 to 32; this one has had it raised. */
  standardVcpus: number;
  roles: number;
  instanceProfiles: number;
  managedPoliciesPerRole: number;
  /** SSM parameters of the standard tier per region. */
  standardParameters: number;
}

export const defaultQuotas: Quotas = {
  vpcs: 5,
  addresses: 5,
  natGatewaysPerZone: 5,
  rulesPerSecurityGroup: 60,
  standardVcpus: 4096,
  roles: 1000,
  instanceProfiles: 1000,
  managedPoliciesPerRole: 10,
  standardParameters: 10_000,
};
