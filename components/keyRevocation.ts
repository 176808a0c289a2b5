/** What happens before a generation of a bucket's key is deleted, which revokes it at once. */
import type { HostReport } from "../host/hostReport.ts";
import type { HookClock, LiveHost } from "./hostReplacement.ts";

/** How long a host that goes in the same update may take to be known as such. */
const GRACE_PAUSES = 20;
const GRACE_PAUSE_MILLISECONDS = 100;

/** The keys of a bucket that the program has. */
export interface LiveKeys {
  /** Name of the component. */
  name: string;
  generations: readonly number[];
  /** SSM parameters that the hosts with the bucket's key report to. */
  reportParameters: readonly string[];
  readReport(parameter: string): Promise<HostReport | undefined>;
}

interface HostInUse {
  parameter: string;
  instanceId: string;
}

/** The URN without the generation at its end, which all tokens of a bucket have in common; and the generation. */
export function splitKeyUrn(urn: string): { bucket: string; generation: number } {
  const [digits = ""] = /(?<!\d)\d+$/.exec(urn) ?? [];
  return { bucket: urn.slice(0, urn.length - digits.length), generation: Number(digits) };
}

function refusal({ name, generations }: LiveKeys, generation: number, users: readonly HostInUse[]): string {
  const hosts = users.map(({ instanceId }) => instanceId).join(", ");
  return [
    `${name}: generation ${generation} of the bucket's key was not deleted: by its last report, ${hosts} still runs with it.`,
    `Keep ${generation} in bucket.keyGenerations, before the current one, until every host reports keyGeneration ${generations.at(-1)}:`,
    ...users.map(
      ({ parameter }) => `  aws ssm get-parameter --query Parameter.Value --output text --name ${parameter}`,
    ),
  ].join("\n");
}

async function readReports(live: LiveKeys): Promise<{ parameter: string; report: HostReport | undefined }[]> {
  const read = async (parameter: string) => ({ parameter, report: await live.readReport(parameter) });
  return await Promise.all(live.reportParameters.map(read));
}

/**
 * Refuses to delete a generation that a host is seen to run with; in a preview, too. A host that has not reported yet
 * is not seen. A bucket that goes as a whole, and a host that goes in the same update, are no reason to refuse. A preview
 * that may not read the reports says so and goes on: the role that previews has fewer rights.
 *
 * @param keys as in `DeletionHooks`. @param hosts all that the program has. @param urn of the token to delete.
 * @throws Error, which keeps the token.
 */
export async function beforeKeyDelete(
  keys: ReadonlyMap<string, LiveKeys>,
  hosts: readonly LiveHost[],
  urn: string,
  isPreview: boolean,
  { pause, tell }: Pick<HookClock, "pause" | "tell">,
): Promise<void> {
  const { bucket, generation } = splitKeyUrn(urn);
  const live = keys.get(bucket);
  if (live === undefined || live.generations.includes(generation)) return;

  const reports = await readReports(live).catch(async (error: unknown) => {
    if (!isPreview) throw error;
    await tell(
      `${live.name}: whether a host runs with generation ${generation} could not be looked up: ${error}`,
    );
    return [];
  });
  const users = reports.flatMap(({ parameter, report }) =>
    report?.keyGeneration === generation ? [{ parameter, instanceId: report.instanceId }] : [],
  );
  const staying = () =>
    users.filter(({ parameter }) => !hosts.some((host) => host.reportParameter === parameter && host.going));
  // In a destroy, the engine tells of the hosts and of this token at the same time.
  for (let pauses = 0; staying().length > 0 && pauses < GRACE_PAUSES; pauses++) {
    await pause(GRACE_PAUSE_MILLISECONDS);
  }
  if (staying().length > 0) throw new Error(refusal(live, generation, staying()));
}
