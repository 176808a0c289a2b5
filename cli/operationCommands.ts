/** A command for each operation: its name, what it takes as arguments, and examples of it. */
import type { OperationName } from "../operations/contract.ts";

/** What stands after the command's name. */
export const Subject = {
  /** One tenant, or `--hub`, or `--tunnel`. */
  Tenant: "tenant",
  /** One tenant, by its id. */
  TenantId: "tenant-id",
  /** Some tenants, or all. */
  Tenants: "tenants",
  None: "none",
} as const;
export type Subject = (typeof Subject)[keyof typeof Subject];

export interface OperationCommand {
  readonly name: string;
  readonly subject: Subject;
  /** Arguments, and what they do. */
  readonly examples: readonly (readonly [string, string])[];
  /** `--fail-when-found`: name of the list that is empty when all is well. */
  readonly findings?: string;
}

export const COMMANDS: { readonly [N in OperationName]: OperationCommand } = {
  enroll: {
    name: "enroll",
    subject: Subject.TenantId,
    examples: [
      ["acme", "a tunnel, a hostname, a bucket and a host"],
      [
        "acme --display-name 'Acme Inc.' --no-host --show-secrets --json",
        "for a customer that runs cloudflared",
      ],
      ["--hub hub-1234 --subdomain acme --yes", "for another system's id, without a question"],
      ["acme --env prod --region eu-west-1", "into a stack of the environment that has room"],
    ],
  },
  status: {
    name: "status",
    subject: Subject.Tenant,
    examples: [
      ["acme", "from what was seen last"],
      ["acme --probe", "look now"],
      ["--tunnel 3f2a1c9e-0b7d-4c7e-9a55-5f0c1d2e3b4a --json", "by the tunnel's id"],
    ],
  },
  token: {
    name: "token",
    subject: Subject.Tenant,
    examples: [["acme --show-secrets", "for cloudflared on the customer's machine"]],
  },
  rotateKeys: {
    name: "rotate-keys",
    subject: Subject.Tenant,
    examples: [
      ["acme", "add a key, wait for the hosts, revoke the old one"],
      ["acme --to 4 --yes", "safe to repeat: never further than generation 4"],
      ["acme --overlap-hours 48 --show-secrets", "for a customer that has to change the key itself"],
    ],
  },
  rotateTunnel: {
    name: "rotate-tunnel",
    subject: Subject.Tenant,
    examples: [
      ["acme", "connections that are open stay"],
      ["acme --drop-connections", "after a leak: the old token is of no use from now on"],
    ],
  },
  disable: {
    name: "disable",
    subject: Subject.Tenant,
    examples: [
      ["acme", "the bucket is kept for 30 days"],
      ["acme --retention-days 90", "for 90"],
      ["acme --dry-run", "what it would do"],
    ],
  },
  enable: {
    name: "enable",
    subject: Subject.Tenant,
    examples: [["acme", "as it was, with new keys"]],
  },
  remove: {
    name: "remove",
    subject: Subject.Tenant,
    examples: [
      ["acme", "a disabled tenant whose retention is over"],
      ["acme --purge --empty-bucket", "now, with everything in its bucket"],
    ],
  },
  expire: {
    name: "expire",
    subject: Subject.None,
    findings: "due",
    examples: [
      ["", "what is due"],
      ["--act --empty-buckets --yes", "as a schedule runs it"],
    ],
  },
  list: {
    name: "list",
    subject: Subject.None,
    examples: [
      ["", "all tenants"],
      ["--json", "for a program"],
    ],
  },
  sweepHealth: {
    name: "sweep-health",
    subject: Subject.Tenants,
    findings: "unhealthy",
    examples: [
      ["", "look at all active tenants"],
      ["--act --max-actions 2 --yes", "and restart at most two of them"],
      ["acme globex --fail-when-found", "only these, for an alert"],
    ],
  },
  sweepOrphans: {
    name: "sweep-orphans",
    subject: Subject.None,
    findings: "orphans",
    examples: [
      ["--fail-when-found", "list them, for an alert"],
      ["--delete --max-deletions 5", "delete them, when they are five at most"],
    ],
  },
  repair: {
    name: "repair",
    subject: Subject.None,
    findings: "leftovers",
    examples: [
      ["--dry-run", "what a killed run left"],
      ["--yes", "mend it, without a question"],
    ],
  },
  usage: {
    name: "usage",
    subject: Subject.TenantId,
    examples: [
      ["", "this month so far"],
      ["--month 2026-10 --format csv", "for a billing job"],
    ],
  },
  history: {
    name: "history",
    subject: Subject.TenantId,
    examples: [
      ["", "the last 20 updates and records of the audit"],
      ["acme --limit 100", "of one tenant"],
    ],
  },
};
