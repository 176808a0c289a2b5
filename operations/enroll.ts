/** A tenant is created, or the same answer is given again. */
import { hostnameProblem, RESERVED_SUBDOMAINS } from "../config/hostnames.ts";
import type { TenantConfig } from "../config/schema.ts";
import { subdomainCandidates, tenantIdOf } from "../lifecycle/tenantIds.ts";
import type { ListDocument } from "../tenantList/tenantList.ts";
import { enrolled } from "./answers.ts";
import type { Change } from "./change.ts";
import type { Configuration, OperationContext } from "./context.ts";
import type { Call, InputOf, ResultOf } from "./contract.ts";
import { enableChange } from "./enable.ts";
import { ErrorCode, OperationError } from "./errors.ts";

type Input = InputOf<"enroll">;

export function enrolledId({ tenant, hubId = "" }: Input): string {
  return tenant ?? tenantIdOf(hubId);
}

/** The label in front of the zone that a wanted hostname is the tenant's own with; undefined for any other hostname. */
function ownLabel({ settings: { cloudflare } }: Configuration, hostname: string): string | undefined {
  const [start, end] = [cloudflare.subdomainPrefix, `.${cloudflare.zoneName}`];
  if (!hostname.startsWith(start) || !hostname.endsWith(end)) return undefined;
  const label = hostname.slice(start.length, -end.length);
  return label === "" || label.includes(".") ? undefined : label;
}

/** Undefined when any free one will do. */
function wantedLabel(configuration: Configuration, { subdomain, hostname }: Input): string | undefined {
  return subdomain ?? (hostname === undefined ? undefined : ownLabel(configuration, hostname));
}

/** @param elsewhere hostnames that tenants of other stacks have. */
function freeSubdomain(configuration: Configuration, id: string, elsewhere: ReadonlySet<string>): string {
  const { cloudflare, reservedSubdomains } = configuration.settings;
  const taken = new Set([...configuration.tenants.flatMap(({ hostnames }) => hostnames), ...elsewhere]);
  const reserved = [...RESERVED_SUBDOMAINS, ...reservedSubdomains];
  for (const label of subdomainCandidates(id, cloudflare.subdomainPrefix)) {
    const hostname = `${cloudflare.subdomainPrefix}${label}.${cloudflare.zoneName}`;
    if (!taken.has(hostname) && hostnameProblem({ path: "", hostname }, cloudflare, reserved) === undefined) {
      return label;
    }
  }
  throw new OperationError(ErrorCode.NameTaken, `no free hostname was found for ${id}`, {
    ways: ["ask for a subdomain"],
  });
}

/** The new entry: only what differs from the defaults stands in it. */
function newEntry(
  configuration: Configuration,
  input: Input,
  id: string,
  elsewhere: ReadonlySet<string>,
): Record<string, unknown> & { id: string } {
  const label = wantedLabel(configuration, input);
  const subdomain = label ?? freeSubdomain(configuration, id, elsewhere);
  const { cloudflare } = configuration.settings;
  const own = `${cloudflare.subdomainPrefix}${subdomain}.${cloudflare.zoneName}`;
  return {
    id,
    ...(input.displayName !== undefined && { displayName: input.displayName }),
    ...(input.hubId !== undefined && { hubId: input.hubId }),
    ...(input.accountId !== undefined && { accountId: input.accountId }),
    ...(subdomain !== id && { subdomain }),
    ...(input.hostname !== undefined && input.hostname !== own && { hostnames: [input.hostname] }),
    ...(input.service !== undefined && { origin: { service: input.service } }),
    ...(input.bucket === false && { bucket: { enabled: false } }),
    ...(input.host === false && { host: { enabled: false } }),
  };
}

/** Everything that was asked for and is otherwise. */
function differences(configuration: Configuration, entry: TenantConfig, input: Input): string[] {
  const tenant = configuration.tenants.find(({ id }) => id === entry.id);
  const { cloudflare } = configuration.settings;
  const hostnames = tenant?.hostnames ?? [];
  const found: string[] = [];
  const compare = (name: string, wanted: unknown, has: unknown) => {
    if (wanted !== undefined && wanted !== has) {
      found.push(`${name}: asked for ${JSON.stringify(wanted)}, it has ${JSON.stringify(has ?? null)}`);
    }
  };
  compare("awsRegion", input.awsRegion, configuration.region);
  compare("hubId", input.hubId, entry.hubId);
  compare("accountId", input.accountId, entry.accountId);
  compare("service", input.service, entry.origin.service);
  compare("bucket", input.bucket, entry.bucket.enabled);
  compare("host", input.host, entry.host.enabled);
  if (input.subdomain !== undefined) {
    const wanted = `${cloudflare.subdomainPrefix}${input.subdomain}.${cloudflare.zoneName}`;
    compare("hostname", wanted, hostnames[0]);
  }
  if (input.hostname !== undefined && !hostnames.includes(input.hostname)) {
    compare("hostname", input.hostname, hostnames[0]);
  }
  return found;
}

function refuseDifferences(configuration: Configuration, entry: TenantConfig, input: Input): void {
  const found = differences(configuration, entry, input);
  if (found.length === 0) return;
  throw new OperationError(
    ErrorCode.TenantDiffers,
    `${entry.id} is enrolled already, with other settings: ${found.join("; ")}`,
    {
      ways: [
        "ask for what it has, or change its entry in the list; enroll under another id for a second one",
      ],
    },
  );
}

/** What the rules for tenants refuse of a wish is the caller's mistake, and not one of the configuration. */
function refuseWrong(configuration: Configuration, { subdomain, hostname, awsRegion }: Input): void {
  const { cloudflare, reservedSubdomains } = configuration.settings;
  const reserved = [...RESERVED_SUBDOMAINS, ...reservedSubdomains];
  const own = `${cloudflare.subdomainPrefix}${subdomain}.${cloudflare.zoneName}`;
  const names = [
    ...(subdomain === undefined ? [] : [{ path: "subdomain", hostname: own }]),
    ...(hostname === undefined ? [] : [{ path: "hostname", hostname }]),
  ];
  const problems = [
    ...names.flatMap((name) => {
      const problem = hostnameProblem(name, cloudflare, reserved);
      return problem === undefined
        ? []
        : [{ path: name.path, message: `found ${problem.found}; allowed: ${problem.allowed}` }];
    }),
    ...(awsRegion === undefined || awsRegion === configuration.region
      ? []
      : [
          {
            path: "awsRegion",
            message: `found "${awsRegion}"; allowed: ${configuration.region}, the stack's`,
          },
        ]),
  ];
  if (problems.length === 0) return;
  const lines = problems.map(({ path, message }) => `${path}: ${message}`);
  throw new OperationError(ErrorCode.InvalidInput, `enroll cannot be done like this: ${lines.join("; ")}`, {
    problems,
  });
}

/** A requested name that another tenant has, told before the rules tell it as a problem of the whole list. */
function refuseTaken(configuration: Configuration, entry: { id: string }, input: Input): void {
  const { cloudflare } = configuration.settings;
  const wanted = [
    ...(input.hostname === undefined ? [] : [input.hostname]),
    ...(input.subdomain === undefined
      ? []
      : [`${cloudflare.subdomainPrefix}${input.subdomain}.${cloudflare.zoneName}`]),
  ];
  const owner = configuration.tenants.find(
    ({ id, hostnames }) => id !== entry.id && wanted.some((hostname) => hostnames.includes(hostname)),
  );
  if (owner === undefined) return;
  throw new OperationError(ErrorCode.NameTaken, `${wanted.join(", ")} belongs to another tenant`, {
    ways: ["ask for another subdomain, or for none to get a free one"],
  });
}

function edit(
  document: ListDocument,
  configuration: Configuration,
  input: Input,
  id: string,
  elsewhere: ReadonlySet<string>,
): void {
  const known =
    configuration.entries.find((entry) => entry.id === id) ??
    configuration.entries.find(({ hubId }) => input.hubId !== undefined && hubId === input.hubId);
  if (known !== undefined) {
    if (input.tenant !== undefined && known.id !== input.tenant) {
      throw new OperationError(
        ErrorCode.TenantDiffers,
        `the hub ${input.hubId} belongs to tenant ${known.id}`,
        {
          ways: [`enroll it as ${known.id}`],
        },
      );
    }
    refuseDifferences(configuration, known, input);
    if (known.disabled === undefined) return;
    throw new OperationError(
      ErrorCode.TenantDisabled,
      `${known.id} is disabled since ${known.disabled.since}`,
      {
        ways: [
          `tenant-edge enable ${known.id}`,
          "or enroll with reactivate, when whoever enrolls may decide that",
        ],
      },
    );
  }
  refuseWrong(configuration, input);
  const entry = newEntry(configuration, input, id, elsewhere);
  refuseTaken(configuration, entry, input);
  document.put(entry);
}

/** The id of the tenant that is meant: a hub may have been given another id by hand. */
function idIn({ entries }: Configuration, input: Input): string {
  const byHub = entries.find(
    ({ hubId }) => input.hubId !== undefined && input.tenant === undefined && hubId === input.hubId,
  );
  return byHub?.id ?? enrolledId(input);
}

export async function enrollChange(context: OperationContext, input: Input): Promise<Change> {
  const configuration = await context.configuration();
  const id = idIn(configuration, input);
  const known = configuration.entries.find((entry) => entry.id === id);
  if (known?.disabled !== undefined && input.reactivate === true) {
    refuseDifferences(configuration, known, input);
    return await enableChange(context, { tenant: id });
  }
  const needsFree = known === undefined && wantedLabel(configuration, input) === undefined;
  const elsewhere = needsFree ? await context.hostnamesElsewhere(configuration.settings) : new Set<string>();
  return {
    tenant: id,
    notes: [],
    change: {
      message: `enroll ${id}`,
      tenants: [id],
      edit: (document, configuration) => edit(document, configuration, input, id, elsewhere),
    },
  };
}

/**
 * Again with the same input, it gives the same answer. @throws OperationError invalid-input, tenant-differs, tenant-disabled,
 * name-taken; invalid-configuration when a quota would be passed; those of the engine.
 */
export async function enroll(
  context: OperationContext,
  input: Input,
  call: Call,
): Promise<ResultOf<"enroll">> {
  const { entries } = await context.configuration(call.signal);
  const { tenant: id, change } = await enrollChange(context, input);
  await context.bring(change, call);
  return await enrolled(context, id, !entries.some((entry) => entry.id === id));
}
