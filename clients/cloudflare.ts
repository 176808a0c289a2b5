/** Cloudflare's API as the program itself asks it, with the address and the token that the provider has. */
import { log, runtime } from "@pulumi/pulumi";
import type { ApiBudget } from "./apiBudget.ts";
import { type ApiLimit, CLOUDFLARE_LIMIT } from "./apiLimit.ts";
import { outgoingUrlProblem } from "./outgoingUrl.ts";

/** A call that takes longer than this has failed. */
const CALL_MILLISECONDS = 10_000;
/** How long a call waits for its turn. */
const BUDGET_MILLISECONDS = 60_000;

export interface TunnelReference {
  accountId: string;
  tunnelId: string;
}

/** The provider takes its settings from the stack's configuration, then from the environment. */
function setting(key: string, variable: string): string | undefined {
  return runtime.getConfig(`cloudflare:${key}`) || process.env[variable] || undefined;
}

/** What the provider has, for a client of one's own. */
export function cloudflareSettings(): { apiToken: string | undefined; baseUrl: string | undefined } {
  return {
    apiToken: setting("apiToken", "CLOUDFLARE_API_TOKEN"),
    baseUrl: setting("baseUrl", "CLOUDFLARE_BASE_URL"),
  };
}

/** False when the provider has no API token that the program could use, too: it was given one in code, or a global key. */
export function hasApiToken(): boolean {
  return setting("apiToken", "CLOUDFLARE_API_TOKEN") !== undefined;
}

/** As the stack file has it, with the defaults; undefined when it says nothing. */
export function cloudflareLimit(): ApiLimit | undefined {
  const limit = runtime.getConfig("tenant-edge:cloudflareLimit");
  return limit === undefined
    ? undefined
    : { ...CLOUDFLARE_LIMIT, ...(JSON.parse(limit) as Partial<ApiLimit>) };
}

/** The budget of the token, with one call of it spent. */
async function budgetOf(apiToken: string): Promise<ApiBudget> {
  const [{ announcing }, { sharedBudget }] = await Promise.all([
    import("./apiWork.ts"),
    import("./sharedBudget.ts"),
  ]);
  const budget = sharedBudget(apiToken, cloudflareLimit(), process.env);
  await announcing(
    (text) => void log.info(text),
    () => budget.spend(undefined, BUDGET_MILLISECONDS),
  );
  return budget;
}

/**
 * UUIDs of the connectors that have a connection to the tunnel right now. One call, never repeated.
 *
 * @throws Error when there is no API token, or Cloudflare does not answer.
 */
export async function connectedConnectors({ accountId, tunnelId }: TunnelReference): Promise<string[]> {
  const apiToken = setting("apiToken", "CLOUDFLARE_API_TOKEN");
  const baseURL = setting("baseUrl", "CLOUDFLARE_BASE_URL");
  if (apiToken === undefined) throw new Error("cloudflare:apiToken and CLOUDFLARE_API_TOKEN are not set");
  const problem = baseURL === undefined ? undefined : outgoingUrlProblem(baseURL, { secret: true });
  if (problem !== undefined) throw new Error(`cloudflare:baseUrl or CLOUDFLARE_BASE_URL is ${problem}`);
  // The whole client would take as long to load as the rest of the program.
  const [{ createClient }, { BaseConnections }] = await Promise.all([
    import("cloudflare/tree-shakable.js"),
    import("cloudflare/resources/zero-trust/tunnels/cloudflared/connections.js"),
  ]);
  const budget = await budgetOf(apiToken);
  const client = createClient({
    apiToken,
    ...(baseURL !== undefined && { baseURL }),
    // Only the token counts: with a global key in the environment, the client would send both.
    apiKey: null,
    apiEmail: null,
    userServiceKey: null,
    maxRetries: 0,
    timeout: CALL_MILLISECONDS,
    logLevel: "off",
    fetch: async (input, init) => {
      const answer = await fetch(input, init);
      budget.learn(answer);
      return answer;
    },
    resources: [BaseConnections],
  });
  const { connections } = client.zeroTrust.tunnels.cloudflared;
  const page = await connections.get(tunnelId, { account_id: accountId });
  return page
    .getPaginatedItems()
    .flatMap(({ id, conns = [] }) => (id !== undefined && conns.length > 0 ? [id] : []));
}
