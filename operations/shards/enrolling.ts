/** New tenants of an environment: each to a stack that has room, also when many come at once. */
import { needsOf } from "../../config/limitNeeds.ts";
import { tenantSchema } from "../../config/schema.ts";
import { type Call, type InputOf, type Plan, ProgressKind, type ResultOf } from "../contract.ts";
import { enrolledId } from "../enroll.ts";
import { ErrorCode, OperationError } from "../errors.ts";
import { reportTo } from "../report.ts";
import { type PlacedTenant, place, type Wanted } from "./place.ts";
import { listing, placesOf } from "./shardLists.ts";
import type { Shards } from "./shards.ts";

type Input = InputOf<"enroll">;

/** How often another process may have been faster. */
const ATTEMPTS = 4;
/** What a list that has changed meanwhile leads to: it is full, or has the name. */
const RACES: ReadonlySet<ErrorCode> = new Set([ErrorCode.NameTaken, ErrorCode.InvalidConfiguration]);

/** A tenant on its way to a stack, whose list may not have it yet. */
interface OnItsWay {
  stack: string;
  tenant: PlacedTenant;
  /** What no other one may have at the same time. */
  names: ReadonlySet<string>;
  ended: Promise<void>;
}

function wantedOf(input: Input): Wanted {
  const { hubId, hostname, subdomain, awsRegion: region, bucket } = input;
  const id = enrolledId(input);
  // With a subdomain of its own, the hostname is another record.
  const hostnames = hostname !== undefined && subdomain !== undefined ? [hostname] : [];
  const entry = tenantSchema.parse({ id, bucket: { enabled: bucket !== false }, hostnames });
  return { id, hubId, hostname, region, needs: needsOf(entry) };
}

/** First labels of hostnames, and the hub: two tenants that want the same come one after the other. */
function namesOf({ id, hubId }: PlacedTenant, { hostname, subdomain }: Input): Set<string> {
  const labels = [subdomain, hostname?.split(".")[0], id].filter((label) => label !== undefined);
  return new Set([...labels, ...(hubId === undefined ? [] : [`hub ${hubId}`])]);
}

function wantsAnyName({ subdomain, hostname }: Input): boolean {
  return subdomain === undefined && hostname === undefined;
}

export class Enrolling {
  readonly #shards: Shards;
  readonly #onTheirWay = new Set<OnItsWay>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(shards: Shards) {
    this.#shards = shards;
  }

  /** @throws OperationError of `place`; those of enroll on the stack. */
  async enroll(input: Input, call: Call): Promise<ResultOf<"enroll">> {
    for (let attempt = 1; ; attempt++) {
      const { stack, end } = await this.#send(input, call);
      try {
        return await (await this.#shards.operations(stack)).enroll(input, call);
      } catch (error) {
        end();
        const mayHaveLost = error instanceof OperationError && RACES.has(error.code);
        if (!mayHaveLost || attempt === ATTEMPTS) throw error;
        const isFree = error.code === ErrorCode.NameTaken && wantsAnyName(input);
        // The same stack would say the same again, but for a name that is chosen.
        if ((await this.#placeFor(input, call)) === stack && !isFree) throw error;
      } finally {
        end();
      }
    }
  }

  async plan(input: Input, call: Call): Promise<Plan> {
    const stack = await this.#placeFor(input, call);
    const plan = await (await this.#shards.operations(stack)).plan("enroll", input, call);
    return { ...plan, notes: [`in the stack ${stack}`, ...plan.notes] };
  }

  /** One at a time, so that the last room of a stack is given away once. */
  async #send(input: Input, call: Call): Promise<{ stack: string; end: () => void }> {
    const wanted = wantedOf(input);
    const names = namesOf(wanted, input);
    for (;;) {
      const sent = await this.#inTurn(async () => {
        const other = [...this.#onTheirWay].find(
          ({ tenant, names: theirs }) => tenant.id !== wanted.id && !names.isDisjointFrom(theirs),
        );
        if (other !== undefined) return { after: other.ended };
        const stack = await this.#placeFor(input, call);
        const { promise: ended, resolve } = Promise.withResolvers<void>();
        const onItsWay: OnItsWay = { stack, tenant: wanted, names, ended };
        this.#onTheirWay.add(onItsWay);
        const end = () => {
          this.#onTheirWay.delete(onItsWay);
          resolve();
        };
        return { stack, end };
      });
      if (sent.stack !== undefined) {
        reportTo(call, { kind: ProgressKind.Note, message: `the stack is ${sent.stack}`, tenant: wanted.id });
        return sent;
      }
      await sent.after;
      call.signal?.throwIfAborted();
    }
  }

  /** For one that is there already, the other lists need not be parsed. */
  async #listing({ id, hubId }: Wanted, signal: AbortSignal | undefined): Promise<string | undefined> {
    const byId = listing(await this.#shards.listsWith(id, signal), { tenant: id });
    if (byId !== undefined || hubId === undefined) return byId;
    return listing(await this.#shards.listsWith(hubId, signal), { hubId });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => {});
    return mine;
  }

  async #placeFor(input: Input, { signal }: Call): Promise<string> {
    const wanted = wantedOf(input);
    const present = await this.#listing(wanted, signal);
    if (present !== undefined) return present;
    const places = placesOf(await this.#shards.lists(signal));
    const listed = new Set(places.flatMap(({ shard }) => shard.tenants.map(({ id }) => id)));
    const coming = [...this.#onTheirWay].filter(({ tenant }) => !listed.has(tenant.id));
    const withComing = places.map((one) => {
      const theirs = coming.flatMap(({ stack, tenant }) => (stack === one.stack ? [tenant] : []));
      return theirs.length === 0
        ? one
        : { ...one, shard: { ...one.shard, tenants: [...one.shard.tenants, ...theirs] } };
    });
    return place(withComing, this.#shards.environment, wanted);
  }
}
