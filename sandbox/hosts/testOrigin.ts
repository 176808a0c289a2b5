/**
 * The tenant's app, played by the sandbox: it listens on the loopback interface of its host, with a self-signed
 * certificate where TLS is wanted, and answers with what it was asked. Where the user data names an app (a container,
 * or a unit of the image), it is there only while that runs; elsewhere it is simply there.
 */
import { parseEnv } from "node:util";
import { APP_GROUP, BUCKET_ENVIRONMENT_FILE } from "../../host/paths.ts";
import { FileAccessError } from "./fileAccessError.ts";
import type { AppProcess, Machine } from "./machine.ts";
import { listBucket } from "./originBucket.ts";

export interface OriginRequest {
  /** The ingress rule's service, as `http://localhost:8080`. */
  service: string;
  /** Accepts a certificate that nobody vouches for. */
  noTlsVerify: boolean;
  method: string;
  /** With the query. */
  path: string;
  headers: Headers;
}

export interface OriginHost {
  instanceId: string;
  tenant: string | undefined;
  machine: Machine;
}

/** The connector could not get an answer from the origin. The message is what cloudflared logs. */
export class OriginError extends Error {
  constructor(reason: string) {
    super(`Unable to reach the origin service: ${reason}`);
    this.name = "OriginError";
  }
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;
const DEFAULT_PORTS: Record<string, string> = { "http:": "80", "https:": "443" };
const BUCKET_PATH = "/bucket";
const BAD_GATEWAY = 502;

/** Programs of which a unit with one of them is an app's own. */
const CONTAINER_START = /^ExecStart=\S*\/docker run /m;

function hasOwnApp({ files }: Machine): boolean {
  return files.paths().some((path) => {
    const file = files.get(path);
    if (file?.binary?.name === "app") return true;
    return (
      path.startsWith("/etc/systemd/system/") && CONTAINER_START.test(file?.content.toString("utf8") ?? "")
    );
  });
}

function findApp({ apps }: Machine, port: string): AppProcess | undefined {
  return [...apps.values()].find((app) => app.port === undefined || String(app.port) === port);
}

/** The app that listens on a port. Throws OriginError when nobody does. */
function appAt(machine: Machine, hostname: string, port: string): AppProcess | undefined {
  const found = findApp(machine, port);
  if (found !== undefined || !hasOwnApp(machine)) return found;
  throw new OriginError(`dial tcp ${hostname}:${port}: connect: connection refused`);
}

/** Whether an app answers on a port. */
export function appListens(machine: Machine, port: string): boolean {
  return !hasOwnApp(machine) || findApp(machine, port) !== undefined;
}

/** As the app was given them when it started or reloaded; nobody's app looks at the file each time. */
function credentialsOf({ files }: Machine, app: AppProcess | undefined): Readonly<Record<string, string>> {
  if (app !== undefined) return app.environment;
  try {
    const account = { user: APP_GROUP, groups: [APP_GROUP] };
    return parseEnv(files.read(BUCKET_ENVIRONMENT_FILE, account)) as Record<string, string>;
  } catch (error) {
    if (error instanceof FileAccessError) return {};
    throw error;
  }
}

async function answerBucket(machine: Machine, app: AppProcess | undefined): Promise<Response> {
  const environment = credentialsOf(machine, app);
  const generation = Number(environment["TENANT_EDGE_KEY_GENERATION"] ?? 0);
  const status = await listBucket(machine.cloudflare, environment);
  if (status === undefined) return Response.json({ generation, status: null }, { status: BAD_GATEWAY });
  return Response.json({ generation, status }, { status: status < 400 ? 200 : BAD_GATEWAY });
}

/** Throws OriginError when nobody listens there, or its certificate is not accepted. */
export async function answerAsOrigin(
  { instanceId, tenant, machine }: OriginHost,
  { service, noTlsVerify, method, path, headers }: OriginRequest,
): Promise<Response> {
  const url = new URL(service);
  const defaultPort = DEFAULT_PORTS[url.protocol];
  if (defaultPort === undefined)
    throw new OriginError(`the sandbox's app speaks HTTP only, not ${url.protocol}`);
  const port = url.port || defaultPort;
  if (!LOOPBACK.test(url.hostname)) {
    throw new OriginError(`dial tcp ${url.hostname}:${port}: connect: connection refused`);
  }
  const app = appAt(machine, url.hostname, port);
  if (url.protocol === "https:" && !noTlsVerify) {
    throw new OriginError("tls: failed to verify certificate: x509: certificate signed by unknown authority");
  }
  if (path.split("?", 1)[0] === BUCKET_PATH) return answerBucket(machine, app);
  return Response.json({
    tenant: tenant ?? null,
    instanceId,
    service,
    hostname: headers.get("host"),
    path,
    method,
    headers: Object.fromEntries(headers),
  });
}
