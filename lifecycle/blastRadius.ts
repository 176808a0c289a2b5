/**
 * Bounds what one run may delete or replace: things of few tenants that nobody named, so that a bad merge or a changed
 * default harms few.
 */
import { ALLOW, type Allowance, allowanceText } from "./allowance.ts";
import type { DeployedTenant, DeployedTenants } from "./deployed.ts";
import { type Casualty, casualties, type Holdings, Kind } from "./holdings.ts";
import { BucketFate } from "./states.ts";

/** How the program begins to say that it refuses. */
export const RADIUS_REFUSED = "would delete or replace things of more tenants than were named";

const SHARE = 0.05;
/** Lines that a refusal has, at most. */
const SHOWN = 50;
/** Ids that are printed to be pasted, at most. */
const PASTED = 10;

/** Tenants that nobody needs to name, of a stack of so many: one, or a twentieth. */
export function freeTenants(deployed: number): number {
  return Math.max(1, Math.floor(deployed * SHARE));
}

/** Whether the last update said that this goes next: the list let it go, or released the bucket. */
function wasLetGo(deployed: DeployedTenant | undefined, kind: Kind): boolean {
  if (deployed?.disabled?.purge === true) return true;
  return kind === Kind.Bucket && deployed?.disabled?.bucket === BucketFate.Released;
}

/** Counts what goes, against what may go. One run of the program has one. */
export class BlastRadius {
  #free: number;
  readonly #deployed: DeployedTenants;
  readonly #allowance: Allowance;
  readonly #byKind = new Map<Kind, Set<string>>();
  readonly #unnamed: Casualty[] = [];

  constructor(deployed: DeployedTenants, allowance: Allowance) {
    this.#free = freeTenants(deployed.tenants.size + deployed.unreadable.length);
    this.#deployed = deployed;
    this.#allowance = allowance;
  }

  /** From now on nothing goes of a tenant that was not named. */
  namedOnly(): void {
    this.#free = 0;
  }

  add(casualty: Casualty): void {
    const { tenant, kind } = casualty;
    if (this.#allowance.tenants.has(tenant)) return;
    if (wasLetGo(this.#deployed.tenants.get(tenant), kind)) return;
    const tenants = this.#byKind.get(kind) ?? new Set();
    this.#byKind.set(kind, tenants.add(tenant));
    this.#unnamed.push(casualty);
  }

  /** Whose resource it is by its name in the program: the name begins with the tenant's id. Undefined for nobody's. */
  tenantOf(name: string): string | undefined {
    const { tenants, unreadable } = this.#deployed;
    return [...tenants.keys(), ...unreadable]
      .filter((id) => name.startsWith(`${id}-`))
      .reduce<string | undefined>((best, id) => (id.length > (best?.length ?? 0) ? id : best), undefined);
  }

  /** Whether the tenant had this instance when the last update ended. */
  hadHost(tenant: string, instanceId: string): boolean {
    return this.#deployed.tenants.get(tenant)?.instanceIds.includes(instanceId) === true;
  }

  /** What nobody named, when it is of too many tenants; else nothing. */
  excess(): Casualty[] {
    const excess = this.#unnamed.filter(
      ({ kind }) => (this.#byKind.get(kind)?.size ?? 0) > (this.#allowance.kinds.get(kind) ?? 0),
    );
    return tenantsOf(excess).length > this.#free ? excess : [];
  }

  /**
   * What to say of an excess: what goes and why, and the words that would allow it.
   *
   * @param outcome what became of the run: `nothing was changed`.
   */
  refusal(excess: readonly Casualty[], outcome: string): string {
    const tenants = tenantsOf(excess);
    const free = this.#free === 1 ? "1 tenant" : `${this.#free} tenants`;
    const lines = excess.slice(0, SHOWN).map(({ tenant, what }) => `  ${tenant}: ${what}`);
    if (excess.length > SHOWN) lines.push(`  and ${excess.length - SHOWN} more`);
    return `${RADIUS_REFUSED}: ${tenants.length}, and ${free} may be touched so; ${outcome}.

${lines.join("\n")}

When it is a mistake, put the settings back. When it is meant, say so to this run:
${this.#words(excess, tenants)}
`;
  }

  #words(excess: readonly Casualty[], tenants: readonly string[]): string {
    const kinds = new Map(this.#allowance.kinds);
    for (const { kind } of excess) kinds.set(kind, this.#byKind.get(kind)?.size ?? 0);
    const named = this.#allowance.tenants;
    const ways = [allowanceText({ tenants: named, kinds })];
    if (tenants.length <= PASTED) {
      ways.push(allowanceText({ tenants: new Set([...named, ...tenants]), kinds: this.#allowance.kinds }));
    }
    return ways.map((words) => `  export ${ALLOW}='${words}'`).join("\nor, by the tenants themselves:\n");
  }
}

function tenantsOf(excess: readonly Casualty[]): string[] {
  return [...new Set(excess.map(({ tenant }) => tenant))].sort();
}

/** @param listed what the list would make of each tenant. One that is no longer listed is another check's concern. */
export function addChanges(
  radius: BlastRadius,
  deployed: DeployedTenants,
  listed: Iterable<readonly [id: string, holdings: Holdings]>,
): void {
  for (const [id, after] of listed) {
    for (const casualty of casualties(id, deployed.tenants.get(id)?.holdings ?? null, after)) {
      radius.add(casualty);
    }
  }
}
