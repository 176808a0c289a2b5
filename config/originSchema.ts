/** What a tenant's tunnel forwards to: `origin` and `routes` of a tenant. */
import { z } from "zod";
import { isMetadataUrl } from "../clients/outgoingUrl.ts";
import { DEFAULT_SERVICE } from "../tunnel/ingress.ts";
import { HOSTNAME, text, wholeNumber } from "./fields.ts";

const PORT = "(?:6553[0-5]|655[0-2]\\d|65[0-4]\\d\\d|6[0-4]\\d{3}|[1-5]\\d{4}|[1-9]\\d{0,3})";
const inner = ({ source }: RegExp) => source.replace(/^\^|\$$/g, "");
/** The last label of a name does not begin with a digit: a URL would take it for an IPv4 address. */
const NAME = "(?:[\\w-]+\\.)*[A-Za-z_][\\w-]*";
const HOST = `(?:${NAME}|${inner(z.regexes.ipv4)}|\\[${inner(z.regexes.ipv6)}\\])`;

const SERVICE = new RegExp(`^https?:\\/\\/${HOST}(?::${PORT})?$`);
const ALLOWED_SERVICE = "http://host:port or https://host:port, with a port from 1 to 65535";

/** No part of it can be a secret: credentials have no place there. */
export const serviceUrl = z
  .string()
  .regex(SERVICE, { error: ALLOWED_SERVICE, abort: true })
  .refine((url) => URL.canParse(url), { error: "a host as it stands in a URL", abort: true })
  // Otherwise every visitor of the hostname could ask for the credentials of the host's role.
  .refine((url) => !isMetadataUrl(url), { error: "another host: this one is a cloud's metadata service" })
  .meta({ patternErrorMessage: ALLOWED_SERVICE });

/**
 * True for an expression that both cloudflared (Go's RE2) and JavaScript can compile. JavaScript knows neither inline
 * flags such as `(?i)` nor `(?P<name>…)`; RE2 has no lookaround and no backreferences.
 */
function isRoutePattern(expression: string): boolean {
  if (/\\[1-9k]/.test(expression.replaceAll("\\\\", ""))) return false;
  const outsideClasses = expression.replace(/\\./g, "").replace(/\[[^\]]*\]?/g, "");
  if (/\(\?<?[=!]/.test(outsideClasses)) return false;
  try {
    new RegExp(expression);
    return true;
  } catch {
    return false;
  }
}

const settings = {
  connectTimeoutSeconds: wholeNumber(1, 300)
    .optional()
    .describe("Time to connect to the origin, in seconds. Cloudflare's default is 30."),
  httpHostHeader: text(/^[^\s/]+$/, "a host name, with a port if need be")
    .optional()
    .describe("Host header sent to the origin."),
  originServerName: text(HOSTNAME, "a hostname in lower case")
    .optional()
    .describe("Name that the origin's certificate must have."),
  noTlsVerify: z
    .boolean()
    .optional()
    .describe("Accept any certificate of an HTTPS origin, for example a self-signed one."),
};

export const originSchema = z.strictObject({
  service: serviceUrl
    .default(DEFAULT_SERVICE)
    .describe("What the tunnel forwards to, as seen from the host."),
  ...settings,
});

export const routeSchema = z.strictObject({
  path: text(/^\S+$/, "a regular expression without spaces, for example ^/socket")
    .refine(isRoutePattern, {
      error: "a regular expression without inline flags, lookaround and backreferences, for example ^/socket",
    })
    .describe(
      "Regular expression on the path, in the syntax that RE2 and JavaScript share; the first route that matches wins, before the tenant's origin.",
    ),
  service: serviceUrl.describe("What the tunnel forwards this path to, as seen from the host."),
  ...settings,
});
