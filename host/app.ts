/** What an app on a host may be. */
import type { HostApp } from "./spec.ts";

/** Settings of an app that cannot be followed. */
export interface AppProblem {
  /** Keys below `app`. */
  path: readonly string[];
  found: string;
  allowed: string;
}

/** Undefined when nothing is wrong. */
export function appProblem({ container, unit }: HostApp): AppProblem | undefined {
  if (unit === undefined) return undefined;
  if (container !== undefined)
    return { path: [], found: "a container and a unit", allowed: "one of the two" };
  if (!/^(?:tenant-edge-|cloudflared)/.test(unit)) return undefined;
  return { path: ["unit"], found: JSON.stringify(unit), allowed: "a unit of the app, not one of ours" };
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
const DEFAULT_PORTS: Record<string, number> = { "http:": 80, "https:": 443 };

/** Port of the host's loopback interface that an ingress rule's service leads to; undefined when it leads elsewhere. */
export function loopbackPort(service: string): number | undefined {
  if (!URL.canParse(service)) return undefined;
  const { protocol, hostname, port } = new URL(service);
  if (!LOOPBACK.test(hostname)) return undefined;
  return port === "" ? DEFAULT_PORTS[protocol] : Number(port);
}

/** Where to ask whether the app answers. Undefined without an app, or when its service does not speak HTTP on the host. */
export function appUrl(app: HostApp | undefined, service: string): string | undefined {
  if (app === undefined || !/^https?:/.test(service) || loopbackPort(service) === undefined) return undefined;
  return new URL(service).href;
}

/** Names that something on the host has a meaning for. */
const TAKEN_NAME =
  /^(?:(?:AWS|R2|TENANT_EDGE|TUNNEL|LD|DOCKER|SYSTEMD)_.*|PATH|HOME|USER|SHELL|IFS|ENV|BASH_ENV|NOTIFY_SOCKET|CREDENTIALS_DIRECTORY|RUNTIME_DIRECTORY)$/;

/** Variables that the app cannot be given: those of its bucket's credentials, and those that would change how it is run. */
export function takenVariables(environment: Readonly<Record<string, string>>): string[] {
  return Object.keys(environment).filter((name) => TAKEN_NAME.test(name));
}
