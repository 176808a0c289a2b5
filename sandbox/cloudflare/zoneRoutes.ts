import type { Hono } from "hono";
import type { Account, Accounts } from "./accounts.ts";
import { type ApiEnvironment, holdsOnZone, onAccount, onZone, UNAUTHORIZED } from "./authentication.ts";
import { paginate, succeed } from "./envelope.ts";
import { Level } from "./permissionGroups.ts";
import { PLAN_LIMITS, type Zone, type Zones } from "./zones.ts";

const PAGE = { default: 20, max: 50 };

/** Zones and accounts: read only, they are made by whoever starts the cloud. */
export function zoneRoutes(app: Hono<ApiEnvironment>, zones: Zones, accounts: Accounts): void {
  app.get("/zones", (c) => {
    const { policies } = c.get("token");
    const { name, status } = c.req.query();
    const accountId = c.req.query("account.id");
    const visible = zones
      .list()
      .filter((zone) => holdsOnZone(policies, "Zone", Level.read, zone))
      .filter((zone) => name === undefined || zone.name === name)
      .filter((zone) => accountId === undefined || zone.accountId === accountId)
      .filter(() => status === undefined || status === "active");
    const { items, info } = paginate(c, visible, PAGE);
    return succeed(
      c,
      items.map((zone) => presentZone(zone, accounts)),
      info,
    );
  });

  app.get("/zones/:zone{[0-9a-f]{32}}", onZone(zones, ["Zone"], Level.read, UNAUTHORIZED), (c) =>
    succeed(c, presentZone(c.get("zone"), accounts)),
  );

  // A token of an account sees that account alone.
  app.get("/accounts", (c) => {
    const own = accounts.list().filter((account) => account.id === c.get("token").accountId);
    const { items, info } = paginate(c, own, PAGE);
    return succeed(c, items.map(presentAccount), info);
  });

  app.get(
    "/accounts/:account{[0-9a-f]{32}}",
    onAccount(["Account Settings"], Level.read, UNAUTHORIZED),
    (c) => {
      const account = accounts.get(c.req.param("account"));
      return succeed(c, account === undefined ? null : presentAccount(account));
    },
  );
}

function presentAccount(account: Account): object {
  return {
    id: account.id,
    name: account.name,
    type: "standard",
    settings: { enforce_twofactor: false },
    created_on: account.createdOn,
  };
}

function presentZone(zone: Zone, accounts: Accounts): object {
  return {
    id: zone.id,
    name: zone.name,
    status: "active",
    paused: false,
    type: "full",
    development_mode: 0,
    name_servers: ["ada.ns.cloudflare.com", "bob.ns.cloudflare.com"],
    original_name_servers: null,
    original_registrar: null,
    original_dnshost: null,
    created_on: zone.createdOn,
    modified_on: zone.createdOn,
    activated_on: zone.createdOn,
    meta: { step: 2, custom_certificate_quota: 0, page_rule_quota: 3, phishing_detected: false },
    owner: { id: null, type: "user", email: null },
    account: { id: zone.accountId, name: accounts.get(zone.accountId)?.name ?? "" },
    permissions: ["#dns_records:edit", "#dns_records:read", "#zone:read"],
    plan: { id: zone.plan, name: PLAN_LIMITS[zone.plan].name, legacy_id: zone.plan, is_subscribed: true },
  };
}
