/** The life of a stack by plain `pulumi up` and `pulumi destroy`, step by step. */
import type { Entry } from "./config.ts";
import type { Measured } from "./moments.ts";

export interface UpdateStep extends Measured {
  name: string;
  /** The list before the command; and afterwards, unless everything is destroyed. */
  entries: readonly Entry[];
  isDestroy?: boolean;
}

const without = (id: string, more: Partial<Entry> = {}): Entry => ({ id, host: { enabled: false }, ...more });
const acme = without("acme");
const time = "2026-11-22T10:00:00Z";

/** Without hosts. */
const BARE: readonly UpdateStep[] = [
  { name: "create the stack", entries: [acme], calls: 13, seconds: 2 },
  { name: "create a tenant", entries: [acme, without("globex")], calls: 13, seconds: 2 },
  {
    name: "add a key",
    entries: [acme, without("globex", { bucket: { keyGenerations: [1, 2] } })],
    calls: 5,
    seconds: 1.5,
  },
  {
    name: "drop a key",
    entries: [acme, without("globex", { bucket: { keyGenerations: [2] } })],
    calls: 1,
    seconds: 1.5,
  },
  {
    name: "rotate a tunnel's secret",
    entries: [acme, without("globex", { bucket: { keyGenerations: [2] }, tunnelSecretGeneration: 2 })],
    calls: 5,
    seconds: 1.5,
  },
  {
    name: "disable a tenant",
    entries: [
      acme,
      without("globex", {
        tunnelSecretGeneration: 3,
        disabled: { since: time, keepUntil: time, purge: true },
      }),
    ],
    calls: 8,
    seconds: 1.5,
  },
  { name: "remove a tenant", entries: [acme], calls: 4, seconds: 1.5 },
  { name: "destroy the stack", entries: [acme], isDestroy: true, calls: 6, seconds: 1.6 },
];

const HOSTED: readonly UpdateStep[] = [
  { name: "create a stack with a host", entries: [{ id: "acme" }], calls: 84, seconds: 2.5 },
  {
    name: "replace a host",
    entries: [{ id: "acme", host: { instanceType: "t4g.small" } }],
    calls: 20,
    seconds: 4,
  },
  {
    name: "destroy a stack with a host",
    entries: [{ id: "acme", host: { instanceType: "t4g.small" } }],
    isDestroy: true,
    calls: 42,
    seconds: 2,
  },
];

export const LIFE: readonly UpdateStep[] = [...BARE, ...HOSTED];
