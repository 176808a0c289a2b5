/** Wrong at Cloudflare: tokens, records, ingress, buckets. */
import { ACCOUNT_ID } from "../../sandbox/scratchConfig.ts";
import { type Chance, type Misconfiguration, set, type Values } from "./misconfiguration.ts";

export const TOKEN = "cloudflare:index/accountToken:AccountToken";
export const BUCKET = "cloudflare:index/r2Bucket:R2Bucket";
const RECORD = "cloudflare:index/dnsRecord:DnsRecord";
const TUNNEL_CONFIG = "cloudflare:index/zeroTrustTunnelCloudflaredConfig:ZeroTrustTunnelCloudflaredConfig";

function tokenFor(resources: Values): Values[] {
  const group = { id: "2efd5506f9c8494dacb1fa10a3e7d5b6" };
  return [{ effect: "allow", permissionGroups: [group], resources: JSON.stringify(resources) }];
}

function bucketResource(name: string): string {
  return `com.cloudflare.edge.r2.bucket.${ACCOUNT_ID}_default_${name}`;
}

const uuid = ({ bytes }: Chance) =>
  bytes(16)
    .toString("hex")
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");

interface Ingresses {
  config: { ingresses: Values[] };
}

function withRules(change: (rules: readonly Values[], tenant: string) => Values[]) {
  return (values: Values, _: Chance, tenant: string): Values => {
    const { ingresses } = (values as unknown as Ingresses).config;
    return { ...values, config: { ingresses: change(ingresses, tenant) } };
  };
}

export const CLOUDFLARE_MISCONFIGURATIONS: readonly Misconfiguration[] = [
  {
    name: "a token for the account",
    policy: "token-for-one-bucket",
    type: TOKEN,
    resource: "-key-1",
    change: set("policies", tokenFor({ [`com.cloudflare.api.account.${ACCOUNT_ID}`]: "*" })),
  },
  {
    name: "a token for two buckets",
    policy: "token-for-one-bucket",
    type: TOKEN,
    resource: "-key-1",
    change: (values, { below }, tenant) => ({
      ...values,
      policies: tokenFor({
        [bucketResource(`te-prod-${tenant}`)]: "*",
        [bucketResource(`te-prod-other-${below(100)}`)]: "*",
      }),
    }),
  },
  {
    name: "a token with a further permission",
    policy: "token-for-one-bucket",
    type: TOKEN,
    resource: "-key-1",
    change: (values, { bytes }, tenant) => ({
      ...values,
      policies: tokenFor({ [bucketResource(`te-prod-${tenant}`)]: "*" }).map((policy) => ({
        ...policy,
        permissionGroups: [{ id: bytes(16).toString("hex") }],
      })),
    }),
  },
  {
    name: "a record that is not proxied",
    policy: "proxied-record",
    type: RECORD,
    resource: "-record",
    change: set("proxied", false),
  },
  {
    name: "a record of a foreign tunnel",
    policy: "own-record",
    type: RECORD,
    resource: "-record",
    change: (values, chance) => ({ ...values, content: `${uuid(chance)}.cfargotunnel.com` }),
  },
  {
    name: "ingress without a final 404",
    policy: "ingress-ends-with-404",
    type: TUNNEL_CONFIG,
    resource: "-config",
    change: withRules((rules, tenant) => [
      ...rules.slice(0, -1),
      { service: `http://${tenant}.internal:8080` },
    ]),
  },
  {
    name: "a bucket without protection",
    policy: "bucket-protection",
    type: BUCKET,
    resource: "-bucket",
    unprotected: true,
    change: (values) => values,
  },
];
