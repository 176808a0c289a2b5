/** Ingress rules of a remotely configured tunnel, checked as the connector itself checks them. */
import { z } from "zod";
import { type ApiError, refuse } from "./apiError.ts";

const seconds = z.int().nonnegative();

/** Time-outs are whole seconds. */
const originRequest = z.looseObject({
  access: z
    .looseObject({ audTag: z.array(z.string()), teamName: z.string(), required: z.boolean().optional() })
    .optional(),
  caPool: z.string().optional(),
  connectTimeout: seconds.optional(),
  disableChunkedEncoding: z.boolean().optional(),
  http2Origin: z.boolean().optional(),
  httpHostHeader: z.string().optional(),
  keepAliveConnections: z.int().nonnegative().optional(),
  keepAliveTimeout: seconds.optional(),
  matchSNItoHost: z.boolean().optional(),
  noHappyEyeballs: z.boolean().optional(),
  noTLSVerify: z.boolean().optional(),
  originServerName: z.string().optional(),
  proxyType: z.string().optional(),
  tcpKeepAlive: seconds.optional(),
  tlsTimeout: seconds.optional(),
});

const rule = z.object({
  hostname: z.string().optional(),
  path: z.string().optional(),
  service: z.string(),
  originRequest: originRequest.optional(),
});
export type IngressRule = z.infer<typeof rule>;

export const configurationInput = z.object({
  config: z
    .looseObject({ ingress: z.array(rule).optional(), originRequest: originRequest.optional() })
    .nullish(),
});
export type TunnelConfig = NonNullable<z.infer<typeof configurationInput>["config"]>;

/** The connector's own check words these, with a line end behind. */
export function badConfiguration(problem: string): ApiError {
  return refuse(400, 1056, `Bad Configuration: ${problem}\n`);
}

/** The configuration. Throws ApiError (400, 1056) without rules and on rules that a connector could not run with. */
export function checkedConfiguration(config: TunnelConfig | null | undefined): TunnelConfig {
  const rules = config?.ingress ?? [];
  if (config == null || rules.length === 0) {
    throw badConfiguration("Validation failed: The config file doesn't contain any ingress rules");
  }
  rules.forEach((ingress, index) => {
    const problem =
      serviceProblem(ingress.service) ??
      hostnameProblem(ingress.hostname ?? "") ??
      pathProblem(ingress.path ?? "", index) ??
      orderProblem(ingress, index, rules.length);
    if (problem !== undefined) throw badConfiguration(`Validation failed: ${problem}`);
  });
  return config;
}

const SPECIAL_SERVICES = new Set(["hello_world", "hello-world", "helloworld", "bastion", "socks-proxy"]);
const SCHEMES = new Set(["http", "https", "tcp", "ssh", "rdp", "smb", "ws", "wss"]);

function serviceProblem(service: string): string | undefined {
  if (SPECIAL_SERVICES.has(service) || /^unix(\+tls)?:./.test(service)) return undefined;
  if (service.startsWith("http_status:")) {
    const status = /^http_status:(\d+)$/.exec(service)?.[1];
    const valid = status !== undefined && Number(status) >= 100 && Number(status) <= 999;
    return valid ? undefined : `invalid HTTP status: ${service.slice("http_status:".length)}`;
  }
  const parts = /^([a-z][a-z0-9+.-]*):\/\/(\[[0-9a-f:.]+\]|[^/?#:\s]+)(?::(\d{1,5}))?([/?#].*)?$/i.exec(
    service,
  );
  if (parts === null || !SCHEMES.has((parts[1] ?? "").toLowerCase())) {
    return `${service} is an invalid address, please make sure it has a scheme and a hostname`;
  }
  if (parts[4] !== undefined) {
    return (
      `${service} is an invalid address, ingress rules don't support proxying to a different path on the ` +
      "origin service. The path will be the same as the eyeball request's path"
    );
  }
  return Number(parts[3] ?? 0) > 65_535 ? `${service} has an invalid port` : undefined;
}

function hostnameProblem(hostname: string): string | undefined {
  if (/:\d+$/.test(hostname)) return "Hostname cannot contain a port";
  if (hostname.lastIndexOf("*") > 0 || (hostname.startsWith("*") && !/^\*($|\.)/.test(hostname))) {
    return (
      'Hostname patterns can have at most one wildcard character ("*") and it can only be used for ' +
      'subdomains, e.g. "*.example.com"'
    );
  }
  if (hostname !== "" && !/^(\*\.)?[^\s/:*]+$|^\*$/.test(hostname))
    return `${hostname} is not a valid hostname`;
  return undefined;
}

function pathProblem(path: string, index: number): string | undefined {
  try {
    new RegExp(path);
    return undefined;
  } catch {
    return `Rule #${index + 1} has an invalid regex`;
  }
}

function orderProblem(ingress: IngressRule, index: number, count: number): string | undefined {
  const hostname = ingress.hostname ?? "";
  const catchesAll = (hostname === "" || hostname === "*") && (ingress.path ?? "") === "";
  if (index === count - 1) {
    return catchesAll
      ? undefined
      : "The last ingress rule must match all URLs (i.e. it should not have a hostname or path filter)";
  }
  if (!catchesAll) return undefined;
  return (
    `Rule #${index + 1} is matching the hostname '${hostname}', but this will match every hostname, ` +
    "meaning the rules which follow it will never be triggered."
  );
}
