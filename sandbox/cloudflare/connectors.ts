/** Which connectors hold connections to which tunnels: four each, kept until they are dropped. */
import { randomUUID } from "node:crypto";
import type { Collection, Store } from "../store.ts";

export interface ConnectorIdentity {
  /** UUID that the connector chose when it started. */
  id: string;
  version: string;
  /** As `linux_arm64`. */
  arch: string;
  originIp: string;
  features?: string[];
}

export interface Connection {
  id: string;
  /** Data centre at which it ends. */
  coloName: string;
  /** RFC 3339. */
  openedAt: string;
}

export interface Connector {
  id: string;
  tunnelId: string;
  version: string;
  arch: string;
  originIp: string;
  features: string[];
  /** RFC 3339. */
  runAt: string;
  connections: Connection[];
  /** Set once it is gone but may still come back. RFC 3339. */
  disconnectedAt?: string;
}

export const CONNECTIONS_PER_CONNECTOR = 4;
export const CONNECTORS_PER_TUNNEL = 25;
const COLOS = [
  ["fra03", "fra08", "ams11", "ams12"],
  ["iad05", "iad09", "ewr01", "ewr07"],
  ["sin02", "sin11", "nrt04", "nrt08"],
];

export class Connectors {
  readonly #connectors: Collection<Connector>;
  readonly #now: () => Date;
  readonly #lingerMilliseconds: number;

  constructor(store: Store, options: { now: () => Date; lingerMilliseconds: number }) {
    this.#connectors = store.collection<Connector>("cloudflare.connectors");
    this.#now = options.now;
    this.#lingerMilliseconds = options.lingerMilliseconds;
  }

  get(connectorId: string): Connector | undefined {
    return this.#connectors.get(connectorId);
  }

  /** Opens the connector's four connections; the ones that are up stay. */
  open(tunnelId: string, identity: ConnectorIdentity): Connector {
    const known = this.#connectors.get(identity.id);
    const now = this.#now().toISOString();
    const kept = known?.tunnelId === tunnelId && known.disconnectedAt === undefined ? known : undefined;
    const connections = [...(kept?.connections ?? [])];
    const colos = COLOS[Math.floor(Math.random() * COLOS.length)] ?? [];
    while (connections.length < CONNECTIONS_PER_CONNECTOR) {
      connections.push({ id: randomUUID(), coloName: colos[connections.length] ?? "fra03", openedAt: now });
    }
    return this.#connectors.put(identity.id, {
      id: identity.id,
      tunnelId,
      version: identity.version,
      arch: identity.arch,
      originIp: identity.originIp,
      features: identity.features ?? ["ha-origin", "serialized_headers", "allow_remote_config"],
      runAt: kept?.runAt ?? now,
      connections,
    });
  }

  /** Takes `count` connections from a connector that is up: what a broken network path does. */
  lose(connectorId: string, count: number): void {
    const known = this.#connectors.get(connectorId);
    if (known !== undefined)
      this.#connectors.patch(connectorId, { connections: known.connections.slice(count) });
  }

  /** The connector is gone; it counts as pending until the linger time is over. */
  close(connectorId: string): void {
    const known = this.#connectors.get(connectorId);
    if (known === undefined || known.disconnectedAt !== undefined) return;
    if (this.#lingerMilliseconds === 0) this.#connectors.delete(connectorId);
    else this.#connectors.patch(connectorId, { disconnectedAt: this.#now().toISOString() });
  }

  /** Drops the tunnel's connectors, or one of them, at once and for good. */
  drop(tunnelId: string, connectorId?: string): void {
    for (const connector of this.#connectors.filter((known) => known.tunnelId === tunnelId)) {
      if (connectorId === undefined || connector.id === connectorId) this.#connectors.delete(connector.id);
    }
  }

  /** Those that are up and those that are pending. */
  of(tunnelId: string): Connector[] {
    for (const connector of this.#connectors.filter((known) => this.#forgotten(known))) {
      this.#connectors.delete(connector.id);
    }
    return this.#connectors.filter((known) => known.tunnelId === tunnelId);
  }

  /** Those that are up. */
  active(tunnelId: string): Connector[] {
    return this.of(tunnelId).filter(
      (connector) => connector.disconnectedAt === undefined && connector.connections.length > 0,
    );
  }

  #forgotten(connector: Connector): boolean {
    if (connector.disconnectedAt === undefined) return false;
    return this.#now().getTime() - new Date(connector.disconnectedAt).getTime() >= this.#lingerMilliseconds;
  }
}
