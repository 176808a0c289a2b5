import { DnsRecord } from "@pulumi/cloudflare/dnsRecord.js";
import { ZeroTrustTunnelCloudflared } from "@pulumi/cloudflare/zeroTrustTunnelCloudflared.js";
import { ZeroTrustTunnelCloudflaredConfig } from "@pulumi/cloudflare/zeroTrustTunnelCloudflaredConfig.js";
import {
  all,
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  type Output,
  secret,
} from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword.js";
import { connectorToken } from "../tunnel/connectorToken.ts";
import { DEFAULT_SERVICE, ingressRules, type OriginOptions, type Route } from "../tunnel/ingress.ts";
import { recordContent } from "../tunnel/recordContent.ts";
import { tunnelSecret } from "../tunnel/tunnelSecret.ts";
import { refuseProblems } from "./argumentProblems.ts";
import { creationHooks } from "./creationHooks.ts";
import { deletionHooks, makeKnown } from "./deletionHooks.ts";
import { derived } from "./derived.ts";
import { Parts } from "./parts.ts";

/** More than the 256 bits that the tunnel's secret has. */
const PASSWORD_LENGTH = 64;
/** Proxied records must have the TTL "automatic", which is written 1. */
const AUTOMATIC_TTL = 1;

export interface TenantTunnelArgs extends OriginOptions {
  /** Cloudflare account that owns the tunnel. A change replaces the tunnel. */
  accountId: Input<string>;
  /** Zone of the hostnames, in the same account. */
  zoneId: Input<string>;
  /** Name of the tunnel, unique among the account's live tunnels. */
  tunnelName: string;
  /** Hostnames in full, lower case, inside the zone; the first one is the tunnel's own. At least one. */
  hostnames: string[];
  /** What the tunnel forwards to, as seen from the connector. Default `http://localhost:8080`. */
  service?: string | undefined;
  /** Paths that go elsewhere; the first match wins. Default: none. */
  routes?: Route[] | undefined;
  /** Comment on the records, one line of at most 100 characters. Default: none. */
  recordComment?: string | undefined;
  /** true: every request is answered with 404, whatever connectors are connected. Default false. */
  suspended?: boolean | undefined;
  /** A change makes a new secret: the old connector token opens no new connections, existing ones stay. Default 1. */
  secretGeneration?: number | undefined;
}

/** The inner resources of `TenantTunnel`. */
export interface TenantTunnelNodes {
  secret: RandomPassword;
  tunnel: ZeroTrustTunnelCloudflared;
  config: ZeroTrustTunnelCloudflaredConfig;
  records: DnsRecord[];
}

/**
 * A remotely configured Cloudflare tunnel with a random secret of its own, its ingress, a proxied CNAME for each
 * hostname, and the token that a connector needs.
 *
 * It takes three Cloudflare calls, and one more for each further hostname; an update that changes nothing takes none.
 */
export class TenantTunnel extends ComponentResource {
  static readonly #parts = new Parts<TenantTunnel, TenantTunnelNodes>();

  /** UUID of the tunnel. */
  readonly tunnelId: Output<string>;
  /** What `cloudflared tunnel run --token-file` reads. Secret. */
  readonly connectorToken: Output<string>;

  constructor(name: string, args: TenantTunnelArgs, opts?: ComponentResourceOptions) {
    refuseProblems(
      "TenantTunnel",
      name,
      args.hostnames.length === 0 ? ["hostnames: give at least one hostname"] : [],
    );
    super("tenant-edge:index:TenantTunnel", name, {}, opts);

    const password = this.#createSecret(name, args);
    const secretValue = secret(derived(password.result, tunnelSecret));
    const tunnel = this.#createTunnel(name, args, secretValue);
    const config = this.#createConfig(name, args, tunnel);
    const records = args.hostnames.map((hostname, index) =>
      this.#createRecord(name, args, config, hostname, index),
    );
    for (const resource of [tunnel, ...records]) makeKnown(resource);

    TenantTunnel.#parts.set(this, { secret: password, tunnel, config, records });
    this.tunnelId = tunnel.id;
    this.connectorToken = secret(
      derived(all([args.accountId, tunnel.id, secretValue]), ([accountId, tunnelId, value]) =>
        connectorToken({ accountId, tunnelId, tunnelSecret: value }),
      ),
    );
    this.registerOutputs({ tunnelId: this.tunnelId, connectorToken: this.connectorToken });
  }

  get nodes(): TenantTunnelNodes {
    return TenantTunnel.#parts.get(this);
  }

  /** A password and not random bytes: the id of `random.RandomBytes` is the value itself, in plain state and in plans. */
  #createSecret(name: string, { secretGeneration = 1 }: TenantTunnelArgs): RandomPassword {
    return new RandomPassword(
      `${name}-secret`,
      { length: PASSWORD_LENGTH, special: false, keepers: { generation: String(secretGeneration) } },
      { parent: this, additionalSecretOutputs: ["result", "bcryptHash"] },
    );
  }

  #createTunnel(
    name: string,
    args: TenantTunnelArgs,
    secretValue: Output<string>,
  ): ZeroTrustTunnelCloudflared {
    return new ZeroTrustTunnelCloudflared(
      `${name}-tunnel`,
      {
        accountId: args.accountId,
        name: args.tunnelName,
        configSrc: "cloudflare",
        tunnelSecret: secretValue,
      },
      {
        parent: this,
        deleteBeforeReplace: true,
        hooks: {
          beforeDelete: [deletionHooks().guard],
          onError: [creationHooks().failed],
        },
      },
    );
  }

  #createConfig(name: string, args: TenantTunnelArgs, tunnel: ZeroTrustTunnelCloudflared) {
    const { service = DEFAULT_SERVICE, routes = [], suspended = false, ...options } = args;
    const hostnames = suspended ? [] : args.hostnames;
    return new ZeroTrustTunnelCloudflaredConfig(
      `${name}-config`,
      {
        accountId: args.accountId,
        tunnelId: tunnel.id,
        config: { ingresses: ingressRules(hostnames, { service, ...options }, routes) },
      },
      // Cloudflare has no call to delete a configuration: it goes with its tunnel.
      { parent: this, deletedWith: tunnel, hooks: { onError: [creationHooks().failed] } },
    );
  }

  /** The first record is named for its place and not for its hostname: another subdomain is an update in place. */
  #createRecord(
    name: string,
    args: TenantTunnelArgs,
    config: ZeroTrustTunnelCloudflaredConfig,
    hostname: string,
    index: number,
  ): DnsRecord {
    const recordName = index === 0 ? `${name}-record` : `${name}-record-${hostname}`;
    const { failed, records } = creationHooks();
    const record = new DnsRecord(
      recordName,
      {
        zoneId: args.zoneId,
        name: hostname,
        type: "CNAME",
        content: config.tunnelId.apply(recordContent),
        proxied: true,
        ttl: AUTOMATIC_TTL,
        comment: args.recordComment,
      },
      {
        parent: this,
        deleteBeforeReplace: true,
        // Or visitors would meet a tunnel without ingress.
        dependsOn: config,
        hooks: {
          beforeDelete: [deletionHooks().guard],
          onError: [failed],
        },
      },
    );
    records.watch(recordName, record, args.recordComment ?? "", args.accountId);
    return record;
  }
}
