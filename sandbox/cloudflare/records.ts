/** DNS records of all zones. */
import { z } from "zod";
import type { Collection, Store } from "../store.ts";
import { refuse } from "./apiError.ts";
import { randomHexId } from "./identifiers.ts";
import {
  checkContent,
  fullName,
  invalidRecord,
  PROXIABLE,
  RECORD_TYPES,
  type RecordType,
} from "./recordContent.ts";
import { PLAN_LIMITS, type Zone, type Zones } from "./zones.ts";

export interface RecordSettings {
  flatten_cname?: boolean | undefined;
  ipv4_only?: boolean | undefined;
  ipv6_only?: boolean | undefined;
}

export interface DnsRecord {
  id: string;
  zoneId: string;
  /** Account of the zone: a tunnel is reached only through records of its own account. */
  accountId: string;
  /** Full name, lower case, punycode. */
  name: string;
  type: RecordType;
  content: string;
  /** Seconds, 1 for automatic. */
  ttl: number;
  proxied: boolean;
  comment: string | null;
  tags: string[];
  settings: RecordSettings;
  priority?: number;
  data?: Record<string, unknown>;
  /** RFC 3339, as all times here. */
  createdOn: string;
  modifiedOn: string;
  commentModifiedOn?: string;
  tagsModifiedOn?: string;
}

const AUTOMATIC_TTL = 1;
const LONGEST_TTL = 86_400;

const shape = z.object({
  type: z.enum(RECORD_TYPES),
  name: z.string().min(1),
  content: z.string().optional(),
  ttl: z.int().default(AUTOMATIC_TTL),
  proxied: z.boolean().default(false),
  comment: z.string().nullish(),
  tags: z.array(z.string()).optional(),
  settings: z
    .object({
      flatten_cname: z.boolean().optional(),
      ipv4_only: z.boolean().optional(),
      ipv6_only: z.boolean().optional(),
    })
    .nullish(),
  priority: z.int().min(0).max(65_535).optional(),
  data: z.record(z.string(), z.unknown()).optional(),
});
export const recordInput = shape;
export type RecordInput = z.infer<typeof recordInput>;
/** For a change of some fields: no defaults. */
export const recordChanges = shape.extend({ ttl: z.int(), proxied: z.boolean() }).partial();
export type RecordChanges = z.infer<typeof recordChanges>;

export class Records {
  readonly #records: Collection<DnsRecord>;
  readonly #byName = new Map<string, Set<string>>();
  readonly #zones: Zones;
  readonly #now: () => Date;
  readonly #quota: number | undefined;

  /** `quota` replaces the number of records that a zone's plan allows. */
  constructor(store: Store, zones: Zones, options: { now: () => Date; quota?: number | undefined }) {
    this.#records = store.collection<DnsRecord>("cloudflare.records");
    for (const record of this.#records.values()) this.#index(record);
    this.#zones = zones;
    this.#now = options.now;
    this.#quota = options.quota;
  }

  /** Throws ApiError: 1004 with the reason, 81045 (quota), 81053, 81054 and 81058 (clashes), each 400. */
  create(zone: Zone, input: RecordInput): DnsRecord {
    if (this.list(zone.id).length >= (this.#quota ?? PLAN_LIMITS[zone.plan].records)) {
      throw refuse(400, 81045, "Record quota exceeded.");
    }
    return this.#save(zone, input, undefined);
  }

  /** Replaces the whole record. Throws as `create`, and 404 (81044). */
  replace(zone: Zone, id: string, input: RecordInput): DnsRecord {
    return this.#save(zone, input, this.require(zone, id));
  }

  /** Changes the fields that are given. Throws as `replace`. */
  update(zone: Zone, id: string, changes: RecordChanges): DnsRecord {
    const record = this.require(zone, id);
    const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
    return this.#save(zone, { ...record, ...given }, record);
  }

  delete(zone: Zone, id: string): void {
    const record = this.require(zone, id);
    this.#byName.get(record.name)?.delete(id);
    this.#records.delete(id);
  }

  require(zone: Zone, id: string): DnsRecord {
    const record = this.#records.get(id);
    if (record?.zoneId !== zone.id) throw refuse(404, 81044, "Record does not exist.");
    return record;
  }

  list(zoneId: string): DnsRecord[] {
    return this.#records.filter((record) => record.zoneId === zoneId);
  }

  /** The address or alias record for a hostname over all zones: the exact one, else the nearest wildcard. */
  lookup(hostname: string): DnsRecord | undefined {
    const name = hostname.toLowerCase();
    const exact = this.#named(name);
    if (exact.length > 0) return exact.find((record) => PROXIABLE.has(record.type));
    const labels = name.split(".");
    for (let cut = 1; cut < labels.length; cut += 1) {
      const parent = labels.slice(cut).join(".");
      const wildcard = this.#named(`*.${parent}`).find((record) => PROXIABLE.has(record.type));
      if (wildcard !== undefined) return wildcard;
      // A name that exists ends the search: wildcards above it do not reach below.
      if (this.#named(parent).length > 0 && this.#zones.list().every((zone) => zone.name !== parent))
        return undefined;
    }
    return undefined;
  }

  #named(name: string): DnsRecord[] {
    return [...(this.#byName.get(name) ?? [])].flatMap((id) => this.#records.get(id) ?? []);
  }

  #index(record: DnsRecord): void {
    const ids = this.#byName.get(record.name) ?? new Set<string>();
    this.#byName.set(record.name, ids.add(record.id));
  }

  #save(zone: Zone, input: RecordInput, previous: DnsRecord | undefined): DnsRecord {
    const name = fullName(input.name, zone);
    const content = contentOf(input, name);
    checkOptions(zone, input);
    this.#refuseClash({ name, type: input.type, content }, previous?.id);
    const now = this.#now().toISOString();
    const comment = input.comment ?? null;
    const tags = input.tags ?? [];
    const commentModifiedOn = (previous?.comment ?? null) === comment ? previous?.commentModifiedOn : now;
    const tagsModifiedOn = sameTags(previous?.tags ?? [], tags) ? previous?.tagsModifiedOn : now;
    const record: DnsRecord = {
      id: previous?.id ?? randomHexId(),
      zoneId: zone.id,
      accountId: zone.accountId,
      name,
      type: input.type,
      content,
      ttl: input.ttl,
      proxied: input.proxied,
      comment,
      tags,
      settings: input.settings ?? {},
      ...(input.priority === undefined ? {} : { priority: input.priority }),
      ...(input.data === undefined ? {} : { data: input.data }),
      createdOn: previous?.createdOn ?? now,
      modifiedOn: now,
      ...(commentModifiedOn === undefined ? {} : { commentModifiedOn }),
      ...(tagsModifiedOn === undefined ? {} : { tagsModifiedOn }),
    };
    if (previous !== undefined) this.#byName.get(previous.name)?.delete(previous.id);
    this.#records.put(record.id, record);
    this.#index(record);
    return record;
  }

  #refuseClash(wanted: Pick<DnsRecord, "name" | "type" | "content">, ownId: string | undefined): void {
    const others = this.#named(wanted.name).filter((record) => record.id !== ownId);
    if (wanted.type === "CNAME" && others.some((record) => PROXIABLE.has(record.type))) {
      throw refuse(400, 81053, "An A, AAAA, or CNAME record with that host already exists.");
    }
    if (PROXIABLE.has(wanted.type) && others.some((record) => record.type === "CNAME")) {
      throw refuse(400, 81054, "A CNAME record with that host already exists.");
    }
    if (others.some((record) => record.type === wanted.type && record.content === wanted.content)) {
      throw refuse(400, 81058, "An identical record already exists.");
    }
  }
}

function contentOf(input: RecordInput, name: string): string {
  if (input.content !== undefined && input.content.trim() !== "")
    return checkContent(input.type, input.content, name);
  if (input.data === undefined || ["A", "AAAA", "CNAME", "TXT", "MX", "NS"].includes(input.type)) {
    return checkContent(input.type, "", name) || emptyContent();
  }
  return Object.values(input.data).join(" ");
}

function emptyContent(): never {
  throw invalidRecord(9020, "Content must not be empty.");
}

/** What the zone's plan and the record's own type allow. */
function checkOptions(zone: Zone, input: RecordInput): void {
  const limits = PLAN_LIMITS[zone.plan];
  const { ttl, proxied } = input;
  if (ttl !== AUTOMATIC_TTL && (ttl < limits.minimumTtl || ttl > LONGEST_TTL)) {
    throw invalidRecord(
      9021,
      `Invalid TTL. Must be between ${limits.minimumTtl} and 86,400 seconds, or 1 for Automatic.`,
    );
  }
  if (proxied && !PROXIABLE.has(input.type)) throw invalidRecord(9004, "This record type cannot be proxied.");
  if (proxied && ttl !== AUTOMATIC_TTL)
    throw invalidRecord(9021, "ttl must be set to 1 when `proxied` is true.");
  if (input.type === "MX" && input.priority === undefined)
    throw invalidRecord(9101, "priority is a required field.");
  const tags = input.tags?.length ?? 0;
  if (tags > limits.tags) {
    throw invalidRecord(9300, `DNS record has ${tags} tags, exceeding the quota of ${limits.tags}.`);
  }
  const comment = input.comment ?? "";
  if (comment.length > limits.commentLength) {
    throw invalidRecord(9301, `Comment is longer than ${limits.commentLength} characters.`);
  }
  if (/[\r\n]/.test(comment)) throw invalidRecord(9301, "Comment must be a single line.");
  if (input.settings?.flatten_cname === true && !limits.flattenCname) {
    throw invalidRecord(9302, "Per-record CNAME flattening is not available on the plan of this zone.");
  }
}

function sameTags(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((tag, index) => tag === right[index]);
}
