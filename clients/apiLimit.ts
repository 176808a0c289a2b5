/** What Cloudflare allows a token, and how much of it is ours. */
export interface ApiLimit {
  calls: number;
  windowSeconds: number;
  /** The rest is for the engine's providers, and for people. */
  sharePercent: number;
}

/** 1,200 requests in five minutes per user or account token. Cloudflare documentation, "Rate limits" of the API. */
export const CLOUDFLARE_LIMIT: ApiLimit = { calls: 1200, windowSeconds: 300, sharePercent: 80 };
