/** The builds of cloudflared that the sandbox can serve. */
import { Architecture } from "../../../host/architecture.ts";
import cloudflaredBuilds from "../cloudflaredBuilds.json" with { type: "json" };

/** The raw Linux binaries that were published, with the SHA-256 of each. */
const builds: Record<string, Record<Architecture, string>> = cloudflaredBuilds;

export interface CloudflaredBuild {
  version: string;
  architecture: Architecture;
}

/** SHA-256, in hexadecimal digits. Undefined for a build that was never published. */
export function cloudflaredSum(version: string, architecture: Architecture): string | undefined {
  return builds[version]?.[architecture];
}

/**
 * What is at an URL: `<anything>/<version>/cloudflared-linux-<architecture>`, which is how the releases on GitHub and
 * mirrors of them are laid out. Undefined when no such file was published.
 */
export function cloudflaredBuildAt(url: URL): CloudflaredBuild | undefined {
  const [, version = "", name] = /\/([^/]+)\/cloudflared-linux-([^/]+)$/.exec(url.pathname) ?? [];
  const architecture = Object.values(Architecture).find((known) => known === name);
  if (architecture === undefined || cloudflaredSum(version, architecture) === undefined) return undefined;
  return { version, architecture };
}
