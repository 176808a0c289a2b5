/** Specs of hosts, in every combination that makes another document. */
import { ConnectorProtocol, EdgeIpVersion, EdgeRegion } from "../../host/choices.ts";
import { DEFAULT_CONNECTOR } from "../../host/defaults.ts";
import type { ConnectorOptions, HostApp, HostSpec } from "../../host/spec.ts";
import { hostNames, tenantNames } from "../../naming/names.ts";

const ENVIRONMENT = "prod";
const TENANT = "acme";

/** Name of a unit that an image may carry. */
export const APP_UNIT = "my-app.service";

/** A host with a bucket and nothing that somebody asked for. */
export const SPEC: HostSpec = {
  region: "eu-west-1",
  parameterPath: tenantNames(ENVIRONMENT, TENANT).parameterPath,
  reportParameter: hostNames(ENVIRONMENT, TENANT, 1).reportParameter,
  hasBucket: true,
  instanceType: "t4g.micro",
  connector: DEFAULT_CONNECTOR,
  pollSeconds: 60,
  environment: {},
  sessionManager: false,
};

const APPS: Record<string, HostApp | undefined> = {
  "no app": undefined,
  "a container": { container: { image: `ghcr.io/acme/app@sha256:${"a".repeat(64)}`, port: 8080 } },
  "a unit": { unit: APP_UNIT },
};

/** One of everything that people add, lists of ours among them. */
export const EXTRA_CLOUD_CONFIG = {
  package_update: true,
  packages: ["jq", ["htop", "3.2.1"]],
  timezone: "Europe/Berlin",
  ntp: { enabled: true, servers: ["time.example.com"] },
  groups: ["operators", { auditors: ["ec2-user"] }],
  users: [{ name: "operator", groups: ["operators"], lock_passwd: true, shell: "/bin/bash" }],
  write_files: [{ path: "/etc/motd", permissions: "0644", content: "Welcome,\n  on: 0644\n# no comment\n" }],
  runcmd: ["echo ready >/run/ready", ["systemctl", "restart", "sshd.service"]],
};

/**
 * What there is to choose. That the image carries cloudflared is no choice: the host looks when it boots, so that the
 * text is the same.
 */
const DIMENSIONS: readonly (readonly [name: string, change: Partial<HostSpec>])[][] = [
  [
    ["arm64", { instanceType: "t4g.micro" }],
    ["amd64", { instanceType: "c7i.large" }],
  ],
  [
    ["replica 1", {}],
    ["replica 4", { reportParameter: hostNames(ENVIRONMENT, TENANT, 4).reportParameter }],
  ],
  [
    ["a bucket", { hasBucket: true }],
    ["no bucket", { hasBucket: false }],
  ],
  Object.entries(APPS).map(([name, app]) => [name, { app }] as const),
  [
    ["no variables", { environment: {} }],
    ["variables", { environment: { LOG_LEVEL: "info", API_URL: "https://api.example.com/?a=b&c='%20" } }],
  ],
  [
    ["no mirror", {}],
    ["a mirror", { cloudflaredMirror: "https://mirror.example.com/cloudflared" }],
  ],
  [
    ["no sessions", { sessionManager: false }],
    ["sessions", { sessionManager: true, pollSeconds: 3600 }],
  ],
  [
    ["no cloud-config", {}],
    ["a cloud-config", { cloudConfig: EXTRA_CLOUD_CONFIG }],
  ],
];

const CONNECTORS: ConnectorOptions[] = Object.values(ConnectorProtocol).flatMap((protocol) =>
  Object.values(EdgeIpVersion).flatMap((edgeIpVersion) =>
    Object.values(EdgeRegion).map((edgeRegion) => ({ protocol, edgeIpVersion, edgeRegion })),
  ),
);

interface Candidate {
  /** What is chosen in each dimension; the connector's are the last. */
  choices: readonly (number | string)[];
  name: string;
  spec: HostSpec;
}

function choicesOf(sizes: readonly number[]): number[][] {
  return sizes.reduce<number[][]>(
    (all, size) => all.flatMap((choices) => Array.from({ length: size }, (_, index) => [...choices, index])),
    [[]],
  );
}

/** The options of the connector are in its unit alone: they are dealt out in turn and not multiplied. */
const CANDIDATES: readonly Candidate[] = choicesOf(DIMENSIONS.map(({ length }) => length)).map(
  (choices, index) => {
    // A turn begins one further, so that no other choice always meets the same options.
    const dealt = index + Math.floor(index / CONNECTORS.length);
    const { [dealt % CONNECTORS.length]: connector = SPEC.connector } = CONNECTORS;
    const chosen = DIMENSIONS.flatMap((dimension, at) => dimension[choices[at] ?? 0] ?? []);
    const names = chosen.filter((part): part is string => typeof part === "string");
    const changes = chosen.filter((part): part is Partial<HostSpec> => typeof part !== "string");
    return {
      choices: [...choices, ...Object.values(connector)],
      name: [...names, ...Object.values(connector)].join(", "),
      spec: Object.assign({}, SPEC, ...changes, { connector }) as HostSpec,
    };
  },
);

const pairsOf = ({ choices }: Candidate): string[] =>
  choices.flatMap((left, i) => choices.slice(i + 1).map((right, j) => `${i}=${left} ${i + 1 + j}=${right}`));

/** Candidates that have, between them, every pair of choices that any has. */
function pairwise(candidates: readonly Candidate[]): Candidate[] {
  const open = new Set(candidates.flatMap(pairsOf));
  const taken: Candidate[] = [];
  while (open.size > 0) {
    const gain = (candidate: Candidate) => pairsOf(candidate).filter((pair) => open.has(pair)).length;
    const gains = candidates.map((candidate) => ({ candidate, gain: gain(candidate) }));
    const best = gains.reduce((left, right) => (right.gain > left.gain ? right : left)).candidate;
    taken.push(best);
    for (const pair of pairsOf(best)) open.delete(pair);
  }
  return taken;
}

type Named = [name: string, spec: HostSpec];
const named = ({ name, spec }: Candidate): Named => [name, spec];

/** Every combination. */
export const ALL_SPECS: readonly Named[] = CANDIDATES.map(named);

/** Enough of them that every two choices meet: for what takes its time. */
export const PAIRWISE_SPECS: readonly Named[] = pairwise(CANDIDATES).map(named);
