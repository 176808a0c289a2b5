/** A number of tenants in words. */
export const tenantsText = (tenants: number): string => (tenants === 1 ? "1 tenant" : `${tenants} tenants`);
