import type { Hono } from "hono";
import { refuse } from "./apiError.ts";
import { type ApiContext, type ApiEnvironment, onAccount } from "./authentication.ts";
import type { Connector } from "./connectors.ts";
import { booleanQuery, paginate, succeed } from "./envelope.ts";
import { Level } from "./permissionGroups.ts";
import { readBody } from "./requestBody.ts";
import { badConfiguration, configurationInput } from "./tunnelConfiguration.ts";
import { ConfigSource, type Tunnel, type Tunnels, tunnelChanges, tunnelInput } from "./tunnels.ts";

const PATH = "/accounts/:account{[0-9a-f]{32}}/cfd_tunnel";
const UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
const ONE = `${PATH}/:tunnel{${UUID}}` as const;
const PAGE = { default: 1000, max: 1000 };
const FAMILIES = ["Cloudflare Tunnel", "Cloudflare One Connectors"];

export function tunnelRoutes(app: Hono<ApiEnvironment>, tunnels: Tunnels): void {
  const mayRead = onAccount(FAMILIES, Level.read);
  const mayWrite = onAccount(FAMILIES, Level.write);
  // A token that may only read tunnels is refused a tunnel's token in words of its own.
  const mayReadToken = onAccount(FAMILIES, Level.write, { status: 401, code: 1001, message: "Unauthorized" });
  const invalid = (problem: string) => refuse(400, 1001, `Invalid tunnel: ${problem}`);
  const shown = (tunnel: Tunnel) => present(tunnel, tunnels);

  app.get(PATH, mayRead, (c) => {
    const matching = tunnels.list(c.req.param("account")).filter(listFilter(c, tunnels));
    const { items, info } = paginate(c, matching, PAGE);
    return succeed(c, items.map(shown), info);
  });

  app.post(PATH, mayWrite, async (c) => {
    const tunnel = tunnels.create(c.req.param("account"), await readBody(c, tunnelInput, invalid));
    return succeed(c, {
      ...shown(tunnel),
      credentials_file: {
        AccountTag: tunnel.accountId,
        TunnelID: tunnel.id,
        TunnelName: tunnel.name,
        TunnelSecret: tunnel.secret,
      },
      token: tunnels.tokenOf(tunnel),
    });
  });

  app.get(ONE, mayRead, (c) =>
    succeed(c, shown(tunnels.require(c.req.param("account"), c.req.param("tunnel")))),
  );

  app.patch(ONE, mayWrite, async (c) => {
    const changes = await readBody(c, tunnelChanges, invalid);
    return succeed(c, shown(tunnels.update(c.req.param("account"), c.req.param("tunnel"), changes)));
  });

  app.delete(ONE, mayWrite, (c) =>
    succeed(c, shown(tunnels.delete(c.req.param("account"), c.req.param("tunnel")))),
  );

  app.get(`${ONE}/token`, mayReadToken, (c) =>
    succeed(c, tunnels.tokenOf(tunnels.requireLive(c.req.param("account"), c.req.param("tunnel")))),
  );

  app.get(`${ONE}/configurations`, mayRead, (c) => {
    const tunnel = tunnels.require(c.req.param("account"), c.req.param("tunnel"));
    if (tunnel.deletedAt !== undefined) throw refuse(404, 1055, "Configuration for tunnel not found");
    return succeed(c, presentConfiguration(tunnel));
  });

  app.put(`${ONE}/configurations`, mayWrite, async (c) => {
    const { account, tunnel } = c.req.param();
    tunnels.requireLive(account, tunnel);
    const { config } = await readBody(c, configurationInput, badConfiguration);
    tunnels.configure(account, tunnel, config);
    return succeed(c, presentConfiguration(tunnels.requireLive(account, tunnel)));
  });

  app.get(`${ONE}/connections`, mayRead, (c) => {
    const tunnel = tunnels.requireLive(c.req.param("account"), c.req.param("tunnel"));
    return succeed(
      c,
      tunnels.connectors(tunnel.id).map((connector) => presentConnector(connector, tunnel)),
    );
  });

  app.delete(`${ONE}/connections`, mayWrite, (c) => {
    tunnels.dropConnections(c.req.param("account"), c.req.param("tunnel"), c.req.query("client_id"));
    return succeed(c, {});
  });

  app.get(`${ONE}/connectors/:connector{${UUID}}`, mayRead, (c) => {
    const tunnel = tunnels.requireLive(c.req.param("account"), c.req.param("tunnel"));
    const connector = tunnels.connectors(tunnel.id).find(({ id }) => id === c.req.param("connector"));
    if (connector === undefined) throw refuse(404, 1003, "Connector not found");
    return succeed(c, presentConnector(connector, tunnel));
  });
}

function listFilter(c: ApiContext, tunnels: Tunnels): (tunnel: Tunnel) => boolean {
  const query = c.req.query();
  const deleted = booleanQuery(c, "is_deleted");
  const before = (time: string | undefined, limit: string | undefined) =>
    limit === undefined || (time !== undefined && new Date(time) <= new Date(limit));
  const existed = query.existed_at;
  return (tunnel) =>
    (deleted === undefined || deleted === (tunnel.deletedAt !== undefined)) &&
    (query.name === undefined || tunnel.name === query.name) &&
    (query.uuid === undefined || tunnel.id === query.uuid) &&
    (query.include_prefix === undefined || tunnel.name.startsWith(query.include_prefix)) &&
    (query.exclude_prefix === undefined || !tunnel.name.startsWith(query.exclude_prefix)) &&
    (query.status === undefined || tunnels.status(tunnel) === query.status) &&
    before(tunnel.activeAt, query.was_active_at) &&
    before(tunnel.inactiveAt, query.was_inactive_at) &&
    before(tunnel.createdAt, existed) &&
    (existed === undefined ||
      tunnel.deletedAt === undefined ||
      new Date(tunnel.deletedAt) >= new Date(existed));
}

function present(tunnel: Tunnel, tunnels: Tunnels): object {
  const deleted = tunnel.deletedAt !== undefined;
  return {
    id: tunnel.id,
    account_tag: tunnel.accountId,
    created_at: tunnel.createdAt,
    deleted_at: tunnel.deletedAt ?? null,
    name: tunnel.name,
    // Connections are listed by their own route only.
    connections: [],
    conns_active_at: tunnel.activeAt ?? null,
    conns_inactive_at: tunnel.inactiveAt ?? null,
    tun_type: "cfd_tunnel",
    metadata: {},
    status: tunnels.status(tunnel),
    // A deleted tunnel has no configuration any more.
    ...(deleted ? {} : { config_src: tunnel.configSource }),
    remote_config: !deleted && tunnel.configSource === ConfigSource.cloudflare,
  };
}

function presentConfiguration(tunnel: Tunnel): object {
  return {
    account_id: tunnel.accountId,
    tunnel_id: tunnel.id,
    version: tunnel.configuration?.version ?? 0,
    config: tunnel.configuration?.config ?? null,
    source: tunnel.configSource,
    created_at: tunnel.configuration?.createdAt ?? tunnel.createdAt,
  };
}

function presentConnector(connector: Connector, tunnel: Tunnel): object {
  return {
    id: connector.id,
    version: connector.version,
    arch: connector.arch,
    features: connector.features,
    run_at: connector.runAt,
    config_version: tunnel.configuration?.version ?? 0,
    conns: connector.connections.map((connection) => ({
      id: connection.id,
      uuid: connection.id,
      client_id: connector.id,
      client_version: connector.version,
      colo_name: connection.coloName,
      is_pending_reconnect: connector.disconnectedAt !== undefined,
      opened_at: connection.openedAt,
      origin_ip: connector.originIp,
    })),
  };
}
