/** The Cloudflare token, what it may do, the zone, and how much of the quotas is used. */
import { z } from "zod";
import type { CloudflareApi } from "../../clients/cloudflareApi.ts";
import type { StackConfig } from "../../config/schema.ts";
import { type Check, type CheckGroup, missing, ok, type Verdict, warning } from "./check.ts";

const TOKEN_PAGE = 'README, "Going to a real account", has the table of permissions.';

/** Error 10042, "Please enable R2 through the Cloudflare Dashboard." */
const R2_NOT_ENABLED = 10042;
/** From this part of a quota on it is time to ask for more. */
const NEARLY_FULL = 0.9;

const errorAnswer = z.object({
  status: z.number().optional(),
  errors: z.array(z.object({ code: z.number(), message: z.string() })).default([]),
});
const counted = z.object({ result_info: z.object({ total_count: z.number().optional() }).nullish() });
const verified = z.object({
  result: z.object({ id: z.string(), status: z.string(), expires_on: z.string().optional() }),
});
const tokenAnswer = z.object({
  result: z.object({
    policies: z.array(
      z.object({ effect: z.string(), permission_groups: z.array(z.object({ name: z.string().optional() })) }),
    ),
  }),
});
const zoneAnswer = z.object({
  result: z.object({ name: z.string(), status: z.string(), account: z.object({ id: z.string() }) }),
});

/** What deploying needs, and a read that only somebody who has it may make. */
interface Permission {
  group: string;
  name: string;
  path: string;
  /** How many there may be. */
  limit?: number;
}

function permissions({ cloudflare: { accountId, zoneId }, limits }: Settings): Permission[] {
  const account = `/accounts/${accountId}`;
  return [
    {
      group: "Cloudflare Tunnel Write",
      name: "tunnels",
      path: `${account}/cfd_tunnel?is_deleted=false&per_page=5`,
      limit: limits.tunnels,
    },
    {
      group: "DNS Write",
      name: "DNS records",
      path: `/zones/${zoneId}/dns_records?per_page=5`,
      limit: limits.dnsRecords,
    },
    {
      group: "Account API Tokens Write",
      name: "tokens",
      path: `${account}/tokens?per_page=5`,
      limit: limits.accountTokens,
    },
    { group: "Workers R2 Storage Write", name: "buckets", path: `${account}/r2/buckets?per_page=5` },
  ];
}

type Settings = Omit<StackConfig, "tenants">;

function explain(error: unknown): Verdict | undefined {
  const parsed = errorAnswer.safeParse(error);
  if (!parsed.success) return undefined;
  const { status, errors } = parsed.data;
  const said = errors.map(({ code, message }) => `${code} ${message}`).join(", ");
  return said === "" && status === undefined
    ? undefined
    : missing(`Cloudflare answers ${status ?? "nothing"}: ${said}`);
}

function isRefused(error: unknown): boolean {
  const { data } = errorAnswer.safeParse(error);
  return data?.status === 401 || data?.status === 403;
}

function usedOf(used: number | undefined, limit: number | undefined, name: string): Verdict {
  if (used === undefined || limit === undefined) return ok("can be read");
  const detail = `${used} of ${limit} in use`;
  const way = `Ask Cloudflare for more ${name}, then raise tenant-edge:limits; or put new tenants into another account.`;
  if (used >= limit) return missing(detail, way);
  return used >= limit * NEARLY_FULL ? warning(detail, way) : ok(detail);
}

export function cloudflareChecks(api: CloudflareApi, settings: Settings): CheckGroup {
  const { accountId, zoneId, zoneName } = settings.cloudflare;
  const get = async <T>(path: string, shape: z.ZodType<T>, signal: AbortSignal): Promise<T> =>
    shape.parse(await (await api.client()).get(path, { signal }));

  const token: Check = {
    name: "token",
    async run(signal) {
      if (!api.hasToken) {
        return missing("there is none", `Set CLOUDFLARE_API_TOKEN. ${TOKEN_PAGE}`);
      }
      try {
        const { result } = await get(`/accounts/${accountId}/tokens/verify`, verified, signal);
        if (result.status !== "active") return missing(`it is ${result.status}`, "Make another one.");
        return ok(result.expires_on === undefined ? "active" : `active until ${result.expires_on}`);
      } catch (error) {
        if (!isRefused(error)) throw error;
        return missing(
          `it is no token of the account ${accountId}`,
          "Make an API token of the account itself (Manage account, Account API tokens), not of a user.",
          TOKEN_PAGE,
        );
      }
    },
  };

  const granted: Check = {
    name: "permissions",
    async run(signal) {
      const { result } = await get(`/accounts/${accountId}/tokens/verify`, verified, signal);
      let groups: Set<string | undefined>;
      try {
        const { policies } = (await get(`/accounts/${accountId}/tokens/${result.id}`, tokenAnswer, signal))
          .result;
        const allowing = policies.filter(({ effect }) => effect === "allow");
        groups = new Set(allowing.flatMap((policy) => policy.permission_groups.map(({ name }) => name)));
      } catch (error) {
        if (!isRefused(error)) throw error;
        return missing("the token may not read itself", "Add Account API Tokens Write to it.");
      }
      const lacking = permissions(settings).flatMap(({ group }) => (groups.has(group) ? [] : [group]));
      return lacking.length === 0
        ? ok("all that deploying needs")
        : missing(`${lacking.join(", ")} ${lacking.length === 1 ? "is" : "are"} missing`, TOKEN_PAGE);
    },
  };

  const reads = permissions(settings).map(
    ({ group, name, path, limit }): Check => ({
      name,
      async run(signal) {
        try {
          const { result_info: info } = await get(path, counted, signal);
          return usedOf(info?.total_count, limit, name);
        } catch (error) {
          const { data } = errorAnswer.safeParse(error);
          if (data?.errors.some(({ code }) => code === R2_NOT_ENABLED)) {
            return missing("R2 is not enabled", "Enable R2 on the account once, in the dashboard.");
          }
          if (!isRefused(error)) throw error;
          return missing("the token may not read them", `Add ${group} to it. ${TOKEN_PAGE}`);
        }
      },
    }),
  );

  const zone: Check = {
    name: "zone",
    async run(signal) {
      try {
        const { result } = await get(`/zones/${zoneId}`, zoneAnswer, signal);
        const elsewhere = "Correct tenant-edge:cloudflare in the stack file.";
        if (result.name !== zoneName)
          return missing(`${zoneId} is ${result.name}, not ${zoneName}`, elsewhere);
        if (result.account.id !== accountId) return missing(`${zoneName} is in another account`, elsewhere);
        if (result.status !== "active") {
          return missing(
            `${zoneName} is ${result.status}`,
            "Let the domain's registrar point at Cloudflare.",
          );
        }
        return ok(`${zoneName}, active`);
      } catch (error) {
        if (!isRefused(error)) throw error;
        return warning(
          `${zoneName} cannot be looked at`,
          "Deploying does without; Zone Read lets this check compare its name, account and state.",
        );
      }
    },
  };

  const analytics: Check = {
    name: "analytics",
    async run(signal) {
      const { AnalyticsError, askAnalytics } = await import("../../analytics/graphql.ts");
      try {
        const query = `accounts(filter: {accountTag: ${JSON.stringify(accountId)}}) { accountTag }`;
        await askAnalytics(api, query, z.unknown(), signal);
        return ok("can be read");
      } catch (error) {
        if (!(error instanceof AnalyticsError)) throw error;
        return warning("they cannot be read, which `tenant-edge usage` needs", error.message);
      }
    },
  };

  const calls: Check = {
    name: "API calls",
    async run() {
      const { budget } = api;
      const detail = `${budget.left()} of ${budget.calls} left of what we make in ${budget.limit.windowSeconds} s`;
      return budget.problem === undefined
        ? ok(detail)
        : warning(budget.problem, "Make the folder writable, or name another with TENANT_EDGE_CACHE.");
    },
  };

  return { name: "Cloudflare", first: token, checks: [granted, zone, ...reads, analytics, calls], explain };
}
