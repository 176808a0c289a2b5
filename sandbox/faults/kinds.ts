/** What can go wrong with a call, and where. */
export const FaultKind = {
  tooManyRequests: "429",
  tooManyRequestsRetryAfter: "429-retry-after",
  internalError: "500",
  /** An answer in HTML: a gateway in front of the API gave up. */
  badGateway: "502",
  conflict: "409",
  /** Nothing happens, for a while; then the connection is gone. */
  timeoutBefore: "timeout-before-effect",
  /** The call takes effect; its answer never comes. */
  timeoutAfter: "timeout-after-effect",
  /** The connection is gone at once, without an effect. */
  droppedConnection: "dropped-connection",
  slow: "slow",
  /** Reads see the world as it was before the last write. */
  staleRead: "stale-read",
} as const;
export type FaultKind = (typeof FaultKind)[keyof typeof FaultKind];

export const FaultPlace = { cloudflare: "cloudflare", aws: "aws", provider: "provider" } as const;
export type FaultPlace = (typeof FaultPlace)[keyof typeof FaultPlace];

/** What a provider is asked to do with a resource. */
export const ResourceOperation = {
  create: "create",
  read: "read",
  update: "update",
  delete: "delete",
} as const;
export type ResourceOperation = (typeof ResourceOperation)[keyof typeof ResourceOperation];
