/** Stacks in which nothing is wrong: no policy may say anything of them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { IMAGE_ID, scratchConfig } from "../../sandbox/scratchConfig.ts";
import { CHECKOUT } from "../../sandbox/session.ts";

export interface GoodStack {
  name: string;
  /** The stack file's `config`. */
  config: Record<string, unknown>;
  /** Whether it is deployed, too: only then are all values known. */
  isDeployed: boolean;
}

function stackFile(path: string): Record<string, unknown> {
  const file = parse(readFileSync(join(CHECKOUT, path), "utf8")) as { config: Record<string, unknown> };
  return file.config;
}

const OUT_OF_SERVICE = { since: "2026-10-01T10:00:00Z", keepUntil: "2026-11-01T10:00:00Z" };

/** What the other stacks leave out: every setting that brings something into AWS or user data that they have not. */
const UNUSUAL: Record<string, unknown> = {
  ...scratchConfig("live"),
  "tenant-edge:bucketDefaults": { protect: true },
  "tenant-edge:network": { natGateways: "per-zone", endpoints: ["ssm", "ssmmessages", "s3"] },
  "tenant-edge:hostDefaults": { imageId: IMAGE_ID, sessionManager: true },
  "tenant-edge:kmsKeyArn": "arn:aws:kms:eu-west-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef",
  "tenant-edge:tenants": [
    {
      id: "acme",
      tunnelSecretGeneration: 2,
      bucket: { keyGenerations: [1, 2] },
      host: {
        replicas: 2,
        app: { container: { image: `ghcr.io/acme/shop@sha256:${"3f9a".repeat(16)}`, port: 8080 } },
        environment: { APP_GREETING: "good morning, this is a long sentence with 3 numbers: 1, 22 and 333" },
        cloudConfig: {
          packages: ["htop"],
          write_files: [
            {
              path: "/etc/motd",
              encoding: "b64",
              content: Buffer.from(
                "This host belongs to acme. Nothing that is done on it is secret.\n",
              ).toString("base64"),
            },
          ],
        },
      },
    },
    { id: "globex", disabled: { ...OUT_OF_SERVICE, bucket: "released" } },
    { id: "initech", disabled: { ...OUT_OF_SERVICE, purge: true } },
    { id: "hooli", disabled: OUT_OF_SERVICE, host: { enabled: false } },
  ],
};

function enrolledTen(): Record<string, unknown> {
  const ids = Array.from({ length: 10 }, (_, index) => `customer-${index + 1}`);
  return {
    ...stackFile("examples/enroll-ten/Pulumi.staging.yaml"),
    "tenant-edge:tenants": ids.map((id) => ({ id, host: { enabled: false } })),
  };
}

/** Anew, since the files may change. */
export function goodStacks(): GoodStack[] {
  return [
    { name: "staging", config: stackFile("Pulumi.staging.yaml"), isDeployed: true },
    { name: "prod", config: stackFile("Pulumi.prod.yaml"), isDeployed: false },
    { name: "examples/enroll-ten", config: enrolledTen(), isDeployed: false },
    { name: "every unusual setting", config: UNUSUAL, isDeployed: true },
  ];
}
