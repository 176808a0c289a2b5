/** Examples of every operation's input and result, for the OpenAPI document. */
import type { InputOf, OperationName, Plan, ResultOf } from "../operations/contract.ts";

const TUNNEL_ID = "f70ff985-a4ef-4643-bbbc-4a0ed4fc8415";
const AT = "2026-11-20T09:30:00.000Z";
const KEEP_UNTIL = "2026-12-20T09:30:00.000Z";

const connector = {
  id: "1bedc50d-42b3-473c-b108-ff3d10c0d925",
  version: "2026.7.2",
  arch: "linux_arm64",
  originAddress: "203.0.113.17",
  openedAt: AT,
  uptimeSeconds: 3600,
  connections: 4,
  colos: ["ams01", "fra06"],
};

const credentials = {
  bucket: "prod-acme",
  endpoint: "https://0123456789abcdef0123456789abcdef.r2.cloudflarestorage.com",
  region: "auto" as const,
  accessKeyId: "d41d8cd98f00b204e9800998ecf8427e",
  secretAccessKey: "<secret>",
  keyGeneration: 1,
};

const enrolled = {
  ...credentials,
  tenant: "acme",
  created: true,
  tunnelId: TUNNEL_ID,
  tunnelName: "prod-acme",
  tunnelToken: "<token>",
  hostname: "acme.example.com",
  hostnames: ["acme.example.com"],
  url: "https://acme.example.com",
};

const disabled = { since: AT, keepUntil: KEEP_UNTIL, purge: false, bucketDeleted: false };

const status = {
  tenant: "acme",
  hubId: "hub-1017",
  accountId: "account-4",
  displayName: "Acme",
  state: "active" as const,
  enabled: true,
  disabled: null,
  condition: "Ready" as const,
  hostname: "acme.example.com",
  hostnames: ["acme.example.com"],
  tunnelId: TUNNEL_ID,
  tunnelName: "prod-acme",
  tunnelStatus: "healthy",
  bucket: "prod-acme",
  keyGenerations: [1],
  tunnelSecretGeneration: 1,
  pending: false,
  lastHealthCheck: AT,
  errors: [],
  connectors: [connector],
};

const {
  tenant,
  hubId,
  accountId,
  displayName,
  state,
  condition,
  hostname,
  bucket,
  pending,
  lastHealthCheck,
} = status;

export const EXAMPLES: { [N in OperationName]: { input: InputOf<N>; result: ResultOf<N> } } = {
  enroll: { input: { tenant: "acme", displayName: "Acme", hubId: "hub-1017" }, result: enrolled },
  status: { input: { tenant: "acme" }, result: status },
  token: { input: { tenant: "acme" }, result: { tenant: "acme", tunnelId: TUNNEL_ID, token: "<token>" } },
  rotateKeys: {
    input: { tenant: "acme", overlapHours: 24 },
    result: {
      ...credentials,
      keyGeneration: 2,
      tenant: "acme",
      keyGenerations: [1, 2],
      revoked: [],
      oldKeysUntil: "2026-11-21T09:30:00.000Z",
    },
  },
  rotateTunnel: {
    input: { tenant: "acme" },
    result: { tenant: "acme", tunnelId: TUNNEL_ID, tunnelSecretGeneration: 2, token: "<token>" },
  },
  disable: {
    input: { tenant: "acme", retentionDays: 30 },
    result: { tenant: "acme", state: "disabled", disabled, bucket: "prod-acme", objectsDeleted: 0 },
  },
  enable: { input: { tenant: "acme" }, result: { ...enrolled, created: false, keyGeneration: 2 } },
  remove: {
    input: { tenant: "acme", purge: true, emptyBucket: true },
    result: { tenant: "acme", state: "absent", changed: true, objectsDeleted: 12 },
  },
  expire: {
    input: { emptyBuckets: true },
    result: { due: [{ tenant: "acme", kind: "remove", since: KEEP_UNTIL, outcome: "done", error: null }] },
  },
  list: {
    input: {},
    result: {
      environment: "prod",
      stack: "organization/tenant-edge/prod",
      tenants: [
        {
          tenant,
          hubId,
          accountId,
          displayName,
          state,
          condition,
          hostname,
          bucket,
          disabled: null,
          pending,
          lastHealthCheck,
        },
      ],
    },
  },
  sweepHealth: {
    input: { act: true },
    result: {
      checked: 40,
      notChecked: 0,
      unhealthy: [
        {
          tenant: "acme",
          condition: "Error",
          errors: ["The tunnel has no connection."],
          failures: 2,
          action: "restart-connector",
          detail: "The connector was restarted.",
        },
      ],
    },
  },
  sweepOrphans: {
    input: { delete: false },
    result: {
      seen: 120,
      orphans: [
        {
          cloud: "cloudflare",
          kind: "tunnel",
          id: TUNNEL_ID,
          name: "prod-acme",
          tenant: "acme",
          outcome: "found",
          detail: "No stack has it.",
        },
      ],
    },
  },
  repair: {
    input: {},
    result: {
      unlocked: false,
      interrupted: [
        {
          tenant: "acme",
          type: "cloudflare:index/accountToken:AccountToken",
          name: "acme-key-1",
          action: "creating",
        },
      ],
      leftovers: [
        {
          cloud: "cloudflare",
          kind: "account-token",
          id: "5f0c1d2e3b4a4c7e9a553f2a1c9e0b7d",
          name: "te-prod-acme-key-1",
          tenant: "acme",
          outcome: "deleted",
          detail: "no state had it",
        },
      ],
      gone: [],
    },
  },
  usage: {
    input: { month: "2026-11" },
    result: {
      month: "2026-11",
      from: "2026-11-01T00:00:00.000Z",
      to: "2026-12-01T00:00:00.000Z",
      tenants: [
        {
          tenant: "acme",
          bucket: "prod-acme",
          bucketBytes: 73_400_320,
          bucketObjects: 120,
          classAOperations: 400,
          classBOperations: 9000,
          requests: 51_000,
          responseBytes: 990_000_000,
        },
      ],
    },
  },
  history: {
    input: { tenant: "acme", limit: 20 },
    result: {
      updates: [
        {
          version: 17,
          kind: "update",
          message: "enroll acme",
          result: "succeeded",
          startedAt: AT,
          endedAt: AT,
          changes: { create: 14 },
        },
      ],
      audit: [
        {
          time: AT,
          actor: "sign-up",
          operation: "enroll",
          tenants: ["acme"],
          outcome: "succeeded",
          errorCode: null,
          requestId: "0f9b1c6e-3d52-4f0e-9b0a-6a1d3f1f5c11",
        },
      ],
    },
  },
};

export const PLAN_EXAMPLE: Plan = {
  operation: "disable",
  tenant: "acme",
  list: [{ path: "disabled", before: "nothing", after: '{"since":"2026-11-20T09:30:00.000Z"}' }],
  steps: [{ tenant: "acme", type: "aws:ec2/instance:Instance", name: "acme-host", action: "delete" }],
  notes: ["The bucket is kept until 2026-12-20."],
};
