/** Tunnels, their remote configuration, and the connectors that present their tokens. */
import { randomBytes, randomUUID } from "node:crypto";
import { z } from "zod";
import { noteSecret, SecretKind } from "../canaries/secrets.ts";
import type { Collection, Store } from "../store.ts";
import { refuse } from "./apiError.ts";
import {
  CONNECTIONS_PER_CONNECTOR,
  CONNECTORS_PER_TUNNEL,
  type Connector,
  type ConnectorIdentity,
  type Connectors,
} from "./connectors.ts";
import { checkedConfiguration, type TunnelConfig } from "./tunnelConfiguration.ts";
import { decodeTunnelToken, encodeTunnelToken, isTunnelSecret } from "./tunnelToken.ts";

export const ConfigSource = { local: "local", cloudflare: "cloudflare" } as const;
export type ConfigSource = (typeof ConfigSource)[keyof typeof ConfigSource];

export const TunnelStatus = {
  /** Never connected. */
  inactive: "inactive",
  healthy: "healthy",
  /** A connector has fewer connections than it should have. */
  degraded: "degraded",
  /** Was connected, and no connector is up now. */
  down: "down",
} as const;
export type TunnelStatus = (typeof TunnelStatus)[keyof typeof TunnelStatus];

export interface TunnelConfiguration {
  /** 1 for the first one that was put. */
  version: number;
  config: TunnelConfig;
  /** RFC 3339. */
  createdAt: string;
}

export interface Tunnel {
  id: string;
  accountId: string;
  name: string;
  configSource: ConfigSource;
  /** Base64. */
  secret: string;
  /** RFC 3339, as all times here. */
  createdAt: string;
  deletedAt?: string;
  /** When connectors came up last; set as long as one is up. */
  activeAt?: string;
  /** When the last connector went, or the tunnel was made. */
  inactiveAt?: string;
  everConnected: boolean;
  configuration?: TunnelConfiguration;
}

const secret = z.string().refine(isTunnelSecret, "must be base64 of at least 32 bytes");
const name = z.string().trim().min(1).max(100);
export const tunnelInput = z.object({
  name,
  config_src: z.enum(["local", "cloudflare"]).optional(),
  tunnel_secret: secret.optional(),
});
export const tunnelChanges = z.object({ name: name.optional(), tunnel_secret: secret.optional() });

/** The edge lets the connector in no further, and says why. */
export class ConnectionRefusedError extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "ConnectionRefusedError";
  }
}

export class Tunnels {
  readonly #tunnels: Collection<Tunnel>;
  readonly #connectors: Connectors;
  readonly #now: () => Date;

  constructor(store: Store, connectors: Connectors, now: () => Date) {
    this.#tunnels = store.collection<Tunnel>("cloudflare.tunnels");
    this.#connectors = connectors;
    this.#now = now;
  }

  /** Throws ApiError: 409 (1013) when a live tunnel of the account has the name. */
  create(accountId: string, input: z.infer<typeof tunnelInput>): Tunnel {
    this.#refuseTakenName(accountId, input.name);
    const createdAt = this.#now().toISOString();
    const tunnel: Tunnel = {
      id: randomUUID(),
      accountId,
      name: input.name,
      configSource: input.config_src ?? ConfigSource.local,
      secret: input.tunnel_secret ?? randomBytes(32).toString("base64"),
      createdAt,
      inactiveAt: createdAt,
      everConnected: false,
    };
    return this.#keep(tunnel);
  }

  /** Existing connections survive a new secret; new ones need it. */
  update(accountId: string, id: string, changes: z.infer<typeof tunnelChanges>): Tunnel {
    const tunnel = this.requireLive(accountId, id);
    const renamed = changes.name !== undefined && changes.name !== tunnel.name;
    if (renamed) this.#refuseTakenName(accountId, changes.name ?? "");
    return this.#keep({
      ...tunnel,
      name: changes.name ?? tunnel.name,
      secret: changes.tunnel_secret ?? tunnel.secret,
    });
  }

  #keep(tunnel: Tunnel): Tunnel {
    noteSecret(SecretKind.TunnelSecret, tunnel.secret);
    noteSecret(SecretKind.ConnectorToken, this.tokenOf(tunnel));
    return this.#tunnels.put(tunnel.id, tunnel);
  }

  /** Softly: the tunnel stays readable with `deletedAt`. Throws 400 (1022) while it has connections. */
  delete(accountId: string, id: string): Tunnel {
    const tunnel = this.requireLive(accountId, id);
    if (this.#connectors.of(id).length > 0) {
      throw refuse(
        400,
        1022,
        "This tunnel has active connections. Please stop all cloudflared replicas, or wait a few minutes for connections to close, then try again.",
      );
    }
    return this.#tunnels.put(id, { ...tunnel, deletedAt: this.#now().toISOString() });
  }

  /** Deleted ones too. Throws 404 (1003) when the account never had it. */
  require(accountId: string, id: string): Tunnel {
    const tunnel = this.#tunnels.get(id);
    if (tunnel?.accountId !== accountId) throw refuse(404, 1003, "Tunnel not found");
    return tunnel;
  }

  requireLive(accountId: string, id: string): Tunnel {
    const tunnel = this.require(accountId, id);
    if (tunnel.deletedAt !== undefined) throw refuse(404, 1003, "Tunnel not found");
    return tunnel;
  }

  get(id: string): Tunnel | undefined {
    return this.#tunnels.get(id);
  }

  /** Live and deleted ones of the account, or of all accounts. */
  list(accountId?: string): Tunnel[] {
    return this.#tunnels.filter((tunnel) => accountId === undefined || tunnel.accountId === accountId);
  }

  /** A deleted tunnel is down, whether it was ever connected or not. */
  status(tunnel: Tunnel): TunnelStatus {
    if (tunnel.deletedAt !== undefined) return TunnelStatus.down;
    const active = this.#connectors.active(tunnel.id);
    if (active.length === 0) return tunnel.everConnected ? TunnelStatus.down : TunnelStatus.inactive;
    const whole = active.every((connector) => connector.connections.length === CONNECTIONS_PER_CONNECTOR);
    return whole ? TunnelStatus.healthy : TunnelStatus.degraded;
  }

  tokenOf(tunnel: Tunnel): string {
    return encodeTunnelToken({ accountId: tunnel.accountId, tunnelId: tunnel.id, secret: tunnel.secret });
  }

  /** Replaces the whole document; its version counts up. Throws ApiError (400, 1056) on one that cannot run. */
  configure(accountId: string, id: string, config: TunnelConfig | null | undefined): TunnelConfiguration {
    const tunnel = this.requireLive(accountId, id);
    const configuration: TunnelConfiguration = {
      version: (tunnel.configuration?.version ?? 0) + 1,
      config: checkedConfiguration(config),
      createdAt: this.#now().toISOString(),
    };
    this.#tunnels.put(id, { ...tunnel, configuration });
    return configuration;
  }

  /** What the tunnel's connectors run with: nothing for one that is configured where it runs. */
  configuration(tunnelId: string): TunnelConfiguration | undefined {
    const tunnel = this.#tunnels.get(tunnelId);
    if (tunnel === undefined || tunnel.deletedAt !== undefined) return undefined;
    return tunnel.configSource === ConfigSource.cloudflare ? tunnel.configuration : undefined;
  }

  /**
   * A connector dials in: four connections, the same ones when it calls again. Throws ConnectionRefusedError on a
   * token that is none, a tunnel that is not there, a secret that is not the current one, and one connector too many.
   */
  connect(token: string, connector: ConnectorIdentity): { tunnelId: string; accountId: string } {
    const decoded = decodeTunnelToken(token);
    if (decoded === undefined) throw new ConnectionRefusedError("Provided Tunnel token is not valid.");
    const tunnel = this.#tunnels.get(decoded.tunnelId);
    if (tunnel === undefined || tunnel.accountId !== decoded.accountId || tunnel.deletedAt !== undefined) {
      throw new ConnectionRefusedError("Unauthorized: Tunnel not found");
    }
    if (tunnel.secret !== decoded.secret)
      throw new ConnectionRefusedError("Unauthorized: Invalid tunnel secret");
    const known = this.#connectors.get(connector.id);
    const others = this.#connectors.of(tunnel.id).filter((other) => other.id !== connector.id);
    if (others.length >= CONNECTORS_PER_TUNNEL) {
      throw new ConnectionRefusedError(
        `The tunnel has ${CONNECTORS_PER_TUNNEL} connectors, no more are allowed`,
      );
    }
    if (known !== undefined && known.tunnelId !== tunnel.id) this.disconnect(connector.id);
    this.#connectors.open(tunnel.id, connector);
    this.#noteConnections(tunnel.id);
    return { tunnelId: tunnel.id, accountId: tunnel.accountId };
  }

  disconnect(connectorId: string): void {
    const tunnelId = this.#connectors.get(connectorId)?.tunnelId;
    this.#connectors.close(connectorId);
    if (tunnelId !== undefined) this.#noteConnections(tunnelId);
  }

  /** Takes `count` of a connector's connections, which makes its tunnel degraded. */
  loseConnections(connectorId: string, count: number): void {
    const tunnelId = this.#connectors.get(connectorId)?.tunnelId;
    this.#connectors.lose(connectorId, count);
    if (tunnelId !== undefined) this.#noteConnections(tunnelId);
  }

  /** Drops all connectors of a tunnel, or one, pending ones included. */
  dropConnections(accountId: string, id: string, connectorId?: string): void {
    this.requireLive(accountId, id);
    this.#connectors.drop(id, connectorId);
    this.#noteConnections(id);
  }

  /** Those that are up, and those that are pending (`disconnectedAt`). */
  connectors(tunnelId: string): Connector[] {
    return this.#connectors.of(tunnelId);
  }

  #noteConnections(tunnelId: string): void {
    const tunnel = this.#tunnels.get(tunnelId);
    if (tunnel === undefined) return;
    const active = this.#connectors.active(tunnelId).length > 0;
    if (active === (tunnel.activeAt !== undefined)) return;
    const now = this.#now().toISOString();
    const { activeAt: _active, inactiveAt: _inactive, ...rest } = tunnel;
    this.#tunnels.put(
      tunnelId,
      active ? { ...rest, everConnected: true, activeAt: now } : { ...rest, inactiveAt: now },
    );
  }

  #refuseTakenName(accountId: string, wanted: string): void {
    const taken = this.#tunnels.find(
      (tunnel) => tunnel.accountId === accountId && tunnel.name === wanted && tunnel.deletedAt === undefined,
    );
    if (taken === undefined) return;
    throw refuse(
      409,
      1013,
      "You already have a tunnel with this name. Delete the existing tunnel, or choose a different name for your new tunnel.",
    );
  }
}
