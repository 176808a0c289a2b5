/** Where documents are kept, as it is written in settings. */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { outgoingUrlProblem } from "../clients/outgoingUrl.ts";
import { StorageError } from "./documentStore.ts";

export interface ObjectLocation {
  bucket: string;
  /** Without slashes at its ends; empty for the whole bucket. */
  prefix: string;
  /** Undefined: AWS's own. */
  endpoint: string | undefined;
  /** Undefined: what the SDK finds in the environment. */
  region: string | undefined;
  forcePathStyle: boolean;
}

export type StorageLocation = { folder: string } | { objects: ObjectLocation };

const PARAMETERS = ["endpoint", "region", "forcePathStyle"];
const ALLOWED =
  "a folder, file:///absolute/folder, or s3://bucket/prefix with ?endpoint=https://…&region=…&forcePathStyle=true|false";

/**
 * `s3://bucket/prefix?endpoint=&region=&forcePathStyle=`, `file:///folder` or a path. With an endpoint, the region is
 * `auto` and paths carry the bucket unless the location says otherwise.
 *
 * @throws StorageError on anything else.
 */
export function parseStorageUrl(url: string): StorageLocation {
  if (url.trim() === "") throw refused("nothing");
  if (!/^[a-z0-9+.-]{2,}:/i.test(url)) return { folder: resolve(url) };
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined) throw refused("no URL");
  if (parsed.username !== "" || parsed.password !== "") throw refused("a URL with credentials in it");
  if (parsed.protocol === "file:") {
    if (parsed.host !== "" || parsed.search !== "") throw refused("a file: URL with a host or parameters");
    return { folder: fileURLToPath(parsed) };
  }
  if (parsed.protocol !== "s3:") throw refused(`a URL that begins with ${parsed.protocol}`);
  return { objects: objectLocation(parsed) };
}

function objectLocation({ host, pathname, searchParams: query }: URL): ObjectLocation {
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(host)) throw refused(`a bucket called "${host}"`);
  const unknown = [...query.keys()].find((name) => !PARAMETERS.includes(name));
  if (unknown !== undefined) throw refused(`the parameter "${unknown}"`);
  const endpoint = query.get("endpoint") || undefined;
  if (endpoint !== undefined) checkEndpoint(endpoint);
  const pathStyle = query.get("forcePathStyle");
  if (pathStyle !== null && pathStyle !== "true" && pathStyle !== "false") {
    throw refused(`forcePathStyle=${pathStyle}`);
  }
  return {
    bucket: host,
    prefix: prefixOf(pathname),
    endpoint,
    region: query.get("region") || (endpoint === undefined ? undefined : "auto"),
    forcePathStyle: pathStyle === null ? endpoint !== undefined : pathStyle === "true",
  };
}

function checkEndpoint(endpoint: string): void {
  const problem = outgoingUrlProblem(endpoint);
  if (problem !== undefined) throw refused(`an endpoint that is ${problem}`);
}

/** Without slashes at its ends. @throws StorageError for what no key begins with. */
function prefixOf(pathname: string): string {
  let path: string;
  try {
    path = decodeURIComponent(pathname);
  } catch {
    throw refused("a prefix with a % that encodes nothing");
  }
  const prefix = path.replace(/^\/+|(?<!\/)\/+$/g, "");
  if (/\p{Cc}/u.test(prefix) || prefix.split("/").some((part) => part === "." || part === "..")) {
    throw refused("a prefix with control characters or dot segments");
  }
  return prefix;
}

function refused(found: string): StorageError {
  return new StorageError(`The location of a storage is ${found}; allowed is ${ALLOWED}.`);
}
