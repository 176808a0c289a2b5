/** What happens before a host is deleted. */
import type { HostReport } from "../host/hostReport.ts";
import type { ConnectorLooks } from "./connectorLooks.ts";
import { waitForSuccessor } from "./waitForSuccessor.ts";

/** A host that the program has. */
export interface LiveHost {
  /** Name of the component. */
  name: string;
  /** SSM parameter that it reports to. */
  reportParameter: string;
  /** How long its predecessor waits for it at most; 0: not at all. */
  timeoutSeconds: number;
  /** Its instance, once there is one. */
  instanceId: string | undefined;
  /** True once the engine deletes this very instance: the host is going for good. */
  going: boolean;
  readReport(): Promise<HostReport | undefined>;
  /** Shared by the tunnel's hosts. Undefined when Cloudflare cannot be asked. */
  looks(): ConnectorLooks | undefined;
}

export interface HookClock {
  now(): number;
  pause(milliseconds: number): Promise<void>;
  /** Shows a line to the operator. */
  tell(text: string): Promise<void>;
}

function failure(host: LiveHost, oldId: string, newId: string, seconds: number, missing: string): string {
  const { name, reportParameter } = host;
  return [
    `${name}: the new host ${newId} was not seen connected in ${Math.round(seconds)} s: ${missing}.`,
    `The old host ${oldId} was not terminated and still serves. To look at the new one:`,
    `  aws ec2 get-console-output --latest --output text --instance-id ${newId}`,
    `  aws ssm get-parameter --query Parameter.Value --output text --name ${reportParameter}`,
    "The next `pulumi up` waits again and goes on.",
  ].join("\n");
}

/**
 * Lets a host that is replaced wait until the new one is connected. A host that goes for good waits for nothing:
 * one that the program does not have any more (`host` is undefined), and the current one in a destroy.
 *
 * @param deletedId instance that is to be deleted. @throws Error, which keeps it, when the new one was not seen in time.
 */
export async function beforeHostDelete(
  host: LiveHost | undefined,
  deletedId: string,
  isPreview: boolean,
  clock: HookClock,
): Promise<void> {
  // No id yet: the old one must go before a new one can be made.
  if (host?.instanceId === undefined) return;
  if (host.instanceId === deletedId) {
    host.going = true;
    return;
  }
  if (isPreview || host.timeoutSeconds === 0 || host.going) return;
  const { name, instanceId } = host;
  const start = clock.now();
  const missing = await waitForSuccessor(instanceId, host.timeoutSeconds * 1000, {
    readReport: () => host.readReport(),
    looks: host.looks(),
    isGoing: () => host.going,
    now: clock.now,
    pause: clock.pause,
    tell: (missing) =>
      clock.tell(`${name}: ${deletedId} stays until the new host ${instanceId} is connected: ${missing}`),
  });
  if (missing === undefined) return;
  const seconds = (clock.now() - start) / 1000;
  throw new Error(failure(host, deletedId, instanceId, seconds, missing));
}
