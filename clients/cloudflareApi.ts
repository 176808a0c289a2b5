/** Cloudflare's API for the operations: the official client, with the token that the provider has, within its budget. */
import type { Cloudflare } from "cloudflare";
import type { ApiBudget } from "./apiBudget.ts";
import { outgoingUrlProblem } from "./outgoingUrl.ts";

const CALL_MILLISECONDS = 30_000;

export interface CloudflareSettings {
  /** As the provider takes it: `cloudflare:apiToken`, else CLOUDFLARE_API_TOKEN. */
  apiToken: string | undefined;
  /** As the provider takes it: `cloudflare:baseUrl`, else CLOUDFLARE_BASE_URL. Default: Cloudflare's own. */
  baseUrl: string | undefined;
}

/** Loaded at the first use: operations that only read what is kept make no call. */
export class CloudflareApi {
  readonly #settings: CloudflareSettings;
  readonly budget: ApiBudget;
  #client: Promise<Cloudflare> | undefined;

  constructor(settings: CloudflareSettings, budget: ApiBudget) {
    this.#settings = settings;
    this.budget = budget;
  }

  /** False when no call could be made. */
  get hasToken(): boolean {
    return this.#settings.apiToken !== undefined;
  }

  /** The token itself, for S3 credentials that derive from it. Never to be shown. */
  get apiToken(): string | undefined {
    return this.#settings.apiToken;
  }

  /** @throws Error when there is no API token. Calls reject with the client's APIError, which holds no token. */
  client(): Promise<Cloudflare> {
    this.#client ??= this.#load();
    return this.#client;
  }

  async #load(): Promise<Cloudflare> {
    const { apiToken, baseUrl } = this.#settings;
    if (apiToken === undefined) {
      throw new Error(
        "no Cloudflare API token: set CLOUDFLARE_API_TOKEN, or cloudflare:apiToken as a secret of the stack",
      );
    }
    const problem = baseUrl === undefined ? undefined : outgoingUrlProblem(baseUrl, { secret: true });
    if (problem !== undefined) {
      throw new Error(
        `cloudflare:baseUrl or CLOUDFLARE_BASE_URL is ${problem}; allowed is https, without credentials`,
      );
    }
    const { Cloudflare } = await import("cloudflare");
    const { budget } = this;
    class BudgetedCloudflare extends Cloudflare {
      /** Before every attempt, and before its time-out begins. */
      protected override prepareOptions({
        signal,
      }: {
        signal?: AbortSignal | null | undefined;
      }): Promise<void> {
        return budget.spend(signal);
      }
    }
    return new BudgetedCloudflare({
      apiToken,
      ...(baseUrl !== undefined && { baseURL: baseUrl }),
      // Only the token counts: with a global key in the environment, the client would send both.
      apiKey: null,
      apiEmail: null,
      userServiceKey: null,
      maxRetries: 2,
      timeout: CALL_MILLISECONDS,
      logLevel: "off",
      fetch: async (input, init) => {
        const answer = await fetch(input, init);
        // The analytics have a limit of their own.
        if (!String(input).endsWith("/graphql")) budget.learn(answer);
        return answer;
      },
    });
  }
}
