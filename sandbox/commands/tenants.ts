/** What `npm start` shows of the tenants: from the stack's outputs and from the edge's answers. */
import { setTimeout as pause } from "node:timers/promises";
import Table from "cli-table3";
import { z } from "zod";
import { visit } from "../edge/visit.ts";
import { DEFAULT_STACK } from "../engine/defaultStack.ts";
import { runPulumi } from "../engine/runPulumi.ts";
import type { Session } from "../session.ts";
import { UserError } from "../userError.ts";

/** A freshly launched host needs a moment to boot and connect. */
const BOOT_TIME = 30_000;
const POLL_INTERVAL = 100;

const tenantsSchema = z.record(
  z.string(),
  z.object({
    hostname: z.string(),
    tunnelName: z.string(),
    bucket: z.string().nullable(),
    instanceIds: z.array(z.string()),
  }),
);

export interface ShownTenant {
  id: string;
  hostname: string;
  tunnelName: string;
  bucket: string | null;
  instanceIds: string[];
}

export interface Answer {
  id: string;
  isUp: boolean;
  /** In words: status and, when it is not up, what the edge said. */
  state: string;
}

/** The tenants that the stack's last update has put out. */
export async function readTenants(session: Session): Promise<ShownTenant[]> {
  const args = ["stack", "output", "tenants", "--json", "--stack", DEFAULT_STACK];
  const options = { cwd: session.directory, env: session.env, stdio: "pipe" as const };
  const { exitCode, stdout, stderr } = await runPulumi(session.engine, args, options);
  if (exitCode !== 0) throw new UserError(`The stack's outputs could not be read:\n${stderr}`);
  return Object.entries(tenantsSchema.parse(JSON.parse(stdout))).map(([id, tenant]) => ({ id, ...tenant }));
}

async function check(tenant: ShownTenant, edge: string): Promise<Answer> {
  const { id, hostname, instanceIds } = tenant;
  const deadline = performance.now() + BOOT_TIME;
  for (;;) {
    const { status, body } = await visit(edge, hostname);
    if (status === 200) return { id, isUp: true, state: "200 OK" };
    // Nobody is there to boot when the customer runs the connector.
    if (instanceIds.length === 0) return { id, isUp: true, state: "waits for the customer's connector" };
    if (performance.now() > deadline)
      return { id, isUp: false, state: `${status} ${body.slice(0, 60).trim()}` };
    await pause(POLL_INTERVAL);
  }
}

/** Fetches every hostname through the edge, waiting for hosts that are still booting. */
export async function checkTenants(tenants: readonly ShownTenant[], edge: string): Promise<Answer[]> {
  return await Promise.all(tenants.map((tenant) => check(tenant, edge)));
}

export function tenantTable(tenants: readonly ShownTenant[], answers: readonly Answer[]): string {
  const table = new Table({
    head: ["tenant", "hostname", "tunnel", "bucket", "host", "state"],
    style: { head: process.stdout.isTTY ? ["bold"] : [], border: [] },
  });
  for (const [index, { id, hostname, tunnelName, bucket, instanceIds }] of tenants.entries()) {
    table.push([
      id,
      hostname,
      tunnelName,
      bucket ?? "none",
      instanceIds.join(" ") || "none",
      answers[index]?.state ?? "",
    ]);
  }
  return table.toString();
}
