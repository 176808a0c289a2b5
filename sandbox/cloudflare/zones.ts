import type { Collection, Store } from "../store.ts";

export const Plan = { free: "free", pro: "pro", business: "business", enterprise: "enterprise" } as const;
export type Plan = (typeof Plan)[keyof typeof Plan];

/** What a plan changes for the DNS records of a zone. */
export interface PlanLimits {
  name: string;
  records: number;
  commentLength: number;
  tags: number;
  /** Seconds. */
  minimumTtl: number;
  flattenCname: boolean;
}

export const PLAN_LIMITS: Record<Plan, PlanLimits> = {
  free: {
    name: "Free Website",
    records: 200,
    commentLength: 100,
    tags: 0,
    minimumTtl: 60,
    flattenCname: false,
  },
  pro: {
    name: "Pro Website",
    records: 3_500,
    commentLength: 500,
    tags: 20,
    minimumTtl: 60,
    flattenCname: true,
  },
  business: {
    name: "Business Website",
    records: 3_500,
    commentLength: 500,
    tags: 20,
    minimumTtl: 60,
    flattenCname: true,
  },
  enterprise: {
    name: "Enterprise Website",
    records: 1_000_000,
    commentLength: 500,
    tags: 20,
    minimumTtl: 30,
    flattenCname: true,
  },
};

export interface Zone {
  /** 32 hexadecimal digits. */
  id: string;
  /** Lower case, no final dot. */
  name: string;
  accountId: string;
  plan: Plan;
  /** RFC 3339. */
  createdOn: string;
}

export class Zones {
  readonly #zones: Collection<Zone>;
  readonly #now: () => Date;

  constructor(store: Store, now: () => Date) {
    this.#zones = store.collection<Zone>("cloudflare.zones");
    this.#now = now;
  }

  /** Makes the zone, or changes plan and account of the one that is there. Default plan: free. */
  ensure(zone: { id: string; name: string; accountId: string; plan?: Plan }): void {
    if (!/^[0-9a-f]{32}$/.test(zone.id)) throw new Error(`not a zone id: ${zone.id}`);
    const known = this.#zones.get(zone.id);
    const wanted: Zone = {
      id: zone.id,
      name: zone.name.toLowerCase(),
      accountId: zone.accountId,
      plan: zone.plan ?? Plan.free,
      createdOn: known?.createdOn ?? this.#now().toISOString(),
    };
    if (JSON.stringify(known) !== JSON.stringify(wanted)) this.#zones.put(zone.id, wanted);
  }

  get(id: string): Zone | undefined {
    return this.#zones.get(id);
  }

  list(): Zone[] {
    return this.#zones.values();
  }
}
