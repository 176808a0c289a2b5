/** Where orphans may be, one kind of thing at a time. */
import type { AwsClients } from "../clients/awsClients.ts";
import type { CloudflareApi } from "../clients/cloudflareApi.ts";
import type { OrphanKind } from "../operations/choices.ts";
import type { Candidate } from "./decide.ts";

/** The accounts to look into. */
export interface Accounts {
  environment: string;
  cloudflare: CloudflareApi;
  accountId: string;
  zoneId: string;
  /** In the region of the stack: what is in other regions is not seen. */
  aws: AwsClients;
  signal: AbortSignal | undefined;
}

export interface OrphanSource {
  readonly kind: OrphanKind;
  /** Everything of the kind that carries the environment's mark. */
  list(accounts: Accounts): Promise<Candidate[]>;
  /** Looks closer at one that seems to be an orphan. Undefined: it is not ours. Default: the name says enough. */
  confirm?(accounts: Accounts, candidate: Candidate): Promise<Candidate | undefined>;
  /** Rejects when it stays; what is gone already is deleted. @throws Kept. */
  delete(accounts: Accounts, candidate: Candidate): Promise<void>;
}

/** A thing was left alone on purpose. The message says why. */
export class Kept extends Error {
  constructor(message: string) {
    super(message);
    this.name = "Kept";
  }
}

/** A time as an API writes it; undefined when there is none. */
export function timeOf(text: string | null | undefined): Date | undefined {
  const time = new Date(text ?? "");
  return Number.isNaN(time.getTime()) ? undefined : time;
}
