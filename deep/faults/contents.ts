/** What the clouds have, by tenant: in words that are the same for two tenants that are alike. */
import type { Sandbox } from "../../sandbox/sandbox.ts";
import { TENANT_ID } from "./life.ts";

const TUNNEL_ID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** What the AWS provider puts behind a `namePrefix`. */
const GENERATED_SUFFIX = /-\d{14}[0-9a-f]{12}$/;

export interface Contents {
  /** By tenant id; the id itself is written `<tenant>`. */
  ofTenants: ReadonlyMap<string, readonly string[]>;
  /** What belongs to no tenant. */
  others: readonly string[];
}

function inCloudflare({ cloudflare }: Sandbox): string[] {
  const { tunnels, records, buckets, tokens } = cloudflare.inventory();
  return [
    ...tunnels.map(
      ({ name, configuration }) => `tunnel ${name} ${JSON.stringify(configuration?.config ?? null)}`,
    ),
    ...records.map(({ type, name, content, proxied, comment }) =>
      ["record", type, name, content, proxied, comment].join(" "),
    ),
    ...buckets.map(
      ({ name, location, lifecycle }) => `bucket ${name} ${location} ${JSON.stringify(lifecycle)}`,
    ),
    ...tokens.map(({ name, status, policies }) => {
      const grants = policies.map(({ effect, permission_groups, resources }) => ({
        effect,
        groups: permission_groups.map(({ id }) => id),
        resources,
      }));
      return `token ${name} ${status} ${JSON.stringify(grants)}`;
    }),
  ];
}

async function inAws({ aws }: Sandbox): Promise<string[]> {
  const { SecurityGroupRules = [] } = await aws.call("ec2:DescribeSecurityGroupRules", {});
  const items = aws.inventory().map(async ({ kind, id, detail, tags }) => {
    const facts: unknown[] = [kind, kind.startsWith("ec2:") ? "" : id];
    facts.push(
      detail
        .replace(/ 10(?:\.\d+){3}$/, "")
        .replace(/ version \d+$/, "")
        .replace(GENERATED_SUFFIX, ""),
    );
    facts.push(JSON.stringify(Object.entries(tags).toSorted()));
    if (kind === "ec2:security-group") {
      const rules = SecurityGroupRules.filter(({ GroupId }) => GroupId === id);
      facts.push(
        JSON.stringify(
          rules
            .map((rule) => [rule.IsEgress, rule.IpProtocol, rule.FromPort, rule.ToPort, rule.CidrIpv4])
            .toSorted(),
        ),
      );
    }
    if (kind === "iam:role") {
      facts.push((await aws.call("iam:ListRolePolicies", { RoleName: id })).PolicyNames?.join());
    }
    return facts.join(" ");
  });
  return Promise.all(items);
}

export async function contentsOf(sandbox: Sandbox): Promise<Contents> {
  const ofTenants = new Map<string, string[]>();
  const others: string[] = [];
  const { tunnels } = sandbox.cloudflare.inventory();
  const tunnelNames = new Map(tunnels.map(({ id, name }) => [id, `<tunnel ${name}>`]));
  const items = [...inCloudflare(sandbox), ...(await inAws(sandbox))].map((item) =>
    item.replace(TUNNEL_ID, (id) => tunnelNames.get(id) ?? id),
  );
  for (const item of items.toSorted()) {
    const [id] = TENANT_ID.exec(item) ?? [];
    if (id === undefined) others.push(item);
    else ofTenants.set(id, [...(ofTenants.get(id) ?? []), item.replaceAll(id, "<tenant>")]);
  }
  return { ofTenants, others };
}
