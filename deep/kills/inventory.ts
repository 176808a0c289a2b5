/** What the clouds hold of a stack, what its state says they hold, and what its list says they should. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { bucketTokenName, hostNames, tenantNames } from "../../naming/names.ts";
import { DEFAULT_STACK } from "../../sandbox/engine/defaultStack.ts";
import { stateFolder } from "../../sandbox/engine/environment.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import { ZONE_NAME } from "../../sandbox/scratchConfig.ts";
import { without } from "../without.ts";
import { ENVIRONMENT, type Entry } from "./config.ts";

export interface Thing {
  kind: string;
  /** As the cloud knows it, and the state. */
  id: string;
  /** As the list makes one expect it; empty where the list says nothing of it. */
  name: string;
}

/** Everything that somebody made and nobody removed. */
export function thingsInClouds({ cloudflare, aws }: Sandbox): Thing[] {
  const { tunnels, records, buckets, tokens } = cloudflare.inventory();
  return [
    ...tunnels.map(({ id, name }) => ({ kind: "tunnel", id, name })),
    ...records.map(({ id, name }) => ({ kind: "record", id, name })),
    ...buckets.map(({ name }) => ({ kind: "bucket", id: name, name })),
    ...tokens.map(({ id, name }) => ({ kind: "token", id, name })),
    ...aws.inventory().map(({ kind, id, tags }) => ({
      kind,
      id,
      name: NAMED.has(kind) ? id : kind === INSTANCE ? (tags["tenant-edge:tenant"] ?? "") : "",
    })),
  ];
}

const INSTANCE = "ec2:instance";
/** What has its name as its id. */
const NAMED = new Set(["ssm:parameter", "iam:role", "iam:instance-profile"]);

/** Pulumi's types of the things that the clouds can list. */
const KINDS: Readonly<Record<string, string>> = {
  "cloudflare:index/zeroTrustTunnelCloudflared:ZeroTrustTunnelCloudflared": "tunnel",
  "cloudflare:index/dnsRecord:DnsRecord": "record",
  "cloudflare:index/r2Bucket:R2Bucket": "bucket",
  "cloudflare:index/accountToken:AccountToken": "token",
  "aws:ssm/parameter:Parameter": "ssm:parameter",
  "aws:iam/role:Role": "iam:role",
  "aws:iam/instanceProfile:InstanceProfile": "iam:instance-profile",
  "aws:ec2/instance:Instance": INSTANCE,
  "aws:ec2/securityGroup:SecurityGroup": "ec2:security-group",
  "aws:ec2/vpc:Vpc": "ec2:vpc",
  "aws:ec2/subnet:Subnet": "ec2:subnet",
  "aws:ec2/internetGateway:InternetGateway": "ec2:internet-gateway",
  "aws:ec2/eip:Eip": "ec2:elastic-ip",
  "aws:ec2/natGateway:NatGateway": "ec2:natgateway",
  "aws:ec2/routeTable:RouteTable": "ec2:route-table",
  "aws:ec2/vpcEndpoint:VpcEndpoint": "ec2:vpc-endpoint",
};
/** It comes and goes with its instance. */
const VOLUME = "ec2:volume";

const stateFile = z.object({
  checkpoint: z.object({
    latest: z
      .object({
        resources: z
          .array(z.object({ type: z.string(), id: z.string().optional(), external: z.boolean().optional() }))
          .default([]),
        pending_operations: z
          .array(z.object({ type: z.string(), resource: z.object({ urn: z.string() }) }))
          .nullish(),
      })
      .nullish(),
  }),
});

interface StateContents {
  things: Thing[];
  /** As `creating urn`. */
  pending: string[];
}

/** @param folder of the sandbox. */
export function thingsInState(folder: string): StateContents {
  const stacks = join(stateFolder(folder), ".pulumi", "stacks");
  const [project = ""] = readdirSync(stacks);
  const text = readFileSync(join(stacks, project, `${DEFAULT_STACK}.json`), "utf8");
  const latest = stateFile.parse(JSON.parse(text)).checkpoint.latest;
  return {
    things: (latest?.resources ?? []).flatMap(({ type, id, external }) => {
      const kind = KINDS[type];
      // What is only read belongs to others.
      return kind === undefined || id === undefined || external === true ? [] : [{ kind, id, name: "" }];
    }),
    pending: (latest?.pending_operations ?? []).map(({ type, resource }) => `${type} ${resource.urn}`),
  };
}

/** Which names the list makes one expect, as `kind name`. */
function expectedNames(entries: readonly Entry[]): string[] {
  return entries.flatMap(({ id, disabled, host, bucket }) => {
    const names = tenantNames(ENVIRONMENT, id);
    const isActive = disabled === undefined;
    const hasHost = isActive && host?.enabled !== false;
    const hasBucket = disabled?.bucket !== "deleted";
    const { role, reportParameter } = hostNames(ENVIRONMENT, id, 1);
    const generations = isActive ? (bucket?.keyGenerations ?? [1]) : [];
    return [
      `tunnel ${names.tunnel}`,
      `record ${id}.${ZONE_NAME}`,
      `ssm:parameter ${names.parameterPath}/tunnel-token`,
      ...(hasBucket ? [`bucket ${names.bucket}`] : []),
      ...generations.map((generation) => `token ${bucketTokenName(names.bucket, generation)}`),
      ...(isActive ? [`ssm:parameter ${names.parameterPath}/bucket-environment`] : []),
      ...(hasHost
        ? [
            `iam:role ${role}`,
            `iam:instance-profile ${role}`,
            `${INSTANCE} ${id}`,
            `ssm:parameter ${reportParameter}`,
          ]
        : []),
    ];
  });
}

export interface Differences {
  lost: string[];
  orphans: string[];
}

/** Compares the clouds with the list, by name, and with the state, by id. */
export function differences(
  clouds: readonly Thing[],
  state: StateContents,
  entries: readonly Entry[],
): Differences {
  const ours = clouds.filter(({ kind }) => kind !== VOLUME);
  const expected = expectedNames(entries);
  const named = ours.filter(({ name }) => name !== "").map(({ kind, name }) => `${kind} ${name}`);
  const idOf = ({ kind, id }: Thing) => `${kind} ${id}`;
  const [known, found] = [state.things.map(idOf), ours.map(idOf)];
  return {
    lost: [
      ...without(expected, named).map((thing) => `${thing}, which the list has, is not there`),
      ...without(known, found).map((thing) => `${thing}, which the state has, is not there`),
    ],
    orphans: [
      ...without(named, expected).map((thing) => `${thing} is there, and not (or only once) in the list`),
      ...without(found, known).map((thing) => `${thing} is there, and not in the state`),
    ],
  };
}
