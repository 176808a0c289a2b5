/** The state that a host is in, without what may differ from one good run to another. */
import type { HostReport } from "../../../host/hostReport.ts";
import type { BootedHost } from "./bootedHost.ts";
import type { Tree } from "./throwAwayRoot.ts";

export interface Outcome {
  /** Of /run/tenant-edge and /usr/local/bin: mode, group and content. */
  files: Tree;
  /** What each connector that runs was started with. */
  connectors: string[];
  /** Whether the connector that runs is the one that the other scripts think runs. */
  isPortRight: boolean;
  /** Whether it is the connector that is reported. */
  isConnectorReported: boolean;
  report: Omit<HostReport, "connectorId" | "instanceId"> | undefined;
  /** What the app was last started with. */
  app: string | undefined;
}

const LISTED = "/run/tenant-edge/state/listed";
const PORT = "/run/tenant-edge/state/port";

/** The report's version says how often it was written, and its value what is looked at below. */
function withoutReport(listed: string): string {
  return listed.replaceAll(/^\S+\/host-report\t.*\n/gm, "");
}

/** When a parameter was last changed. */
const TIME = /\d{4}-\d\d-\d\dT\S+/g;

export async function outcomeOf(host: BootedHost, appUnit: string): Promise<Outcome> {
  const files = { ...host.files(), ...host.root.tree("/usr/local/bin") };
  const listed = files[LISTED];
  if (listed !== undefined) files[LISTED] = withoutReport(listed);
  for (const path of [LISTED, ...Object.keys(files).filter((file) => file.endsWith(".version"))]) {
    files[path] &&= files[path].replaceAll(TIME, "a time");
  }
  const port = host.root.read(PORT).trim();
  if (files[PORT] !== undefined) files[PORT] = files[PORT].replace(port, "a port");
  const { [appUnit]: app, ...connectors } = host.units();
  const { connectorId, instanceId, ...report } = (await host.report()) ?? {};
  const [running] = host.root.read(`/test/units/cloudflared@${port}.service`).split("\n");
  return {
    files,
    connectors: Object.values(connectors),
    isPortRight: Object.keys(connectors).join() === `cloudflared@${port}.service`,
    isConnectorReported: connectorId === running && instanceId === host.parameters.instanceId,
    report: "cloudflared" in report ? report : undefined,
    app,
  };
}
