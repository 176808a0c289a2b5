/** What the script install-cloudflared does: fetch a release, compare its checksum, put it in place. */
import { Architecture } from "../../../host/architecture.ts";
import cloudflaredBuilds from "../cloudflaredBuilds.json" with { type: "json" };
import { HTTPS, UnreachableError, UnresolvedError } from "../egress.ts";
import { FileAccessError } from "../fileSystem.ts";
import { ExitError, type Invocation, type Program } from "./program.ts";
import { wayOut } from "./wayOut.ts";

const BINARY = "/usr/local/bin/cloudflared";
const DOWNLOADS =
  /^https:\/\/github\.com\/cloudflare\/cloudflared\/releases\/download\/([^/]+)\/cloudflared-linux-([^/]+)$/;

/** The raw Linux binaries that were published, with the SHA-256 of each. */
const builds: Record<string, Record<Architecture, string>> = cloudflaredBuilds;

interface Build {
  version: string;
  architecture: Architecture;
  sha256: string;
}

/** What the release download has at `url`. */
function buildAt(url: string): Build {
  const [, version = "", architecture = ""] = DOWNLOADS.exec(url) ?? [];
  if (version === "") {
    const host = URL.canParse(url) ? new URL(url).host : url;
    throw new ExitError(
      `curl: (6) Could not resolve host: ${host} (the sandbox serves cloudflared's releases only)`,
    );
  }
  const known = Object.values(Architecture).find((one) => one === architecture);
  const sha256 = known && builds[version]?.[known];
  if (known === undefined || sha256 === undefined) {
    throw new ExitError(`curl: (22) The requested URL returned error: 404 (${url})`);
  }
  return { version, architecture: known, sha256 };
}

async function reach(invocation: Invocation): Promise<void> {
  try {
    await wayOut(invocation, HTTPS);
  } catch (error) {
    if (error instanceof UnresolvedError)
      throw new ExitError(`curl: (6) Could not resolve host: github.com: ${error.message}`);
    if (!(error instanceof UnreachableError)) throw error;
    throw new ExitError(`curl: (28) Connection to github.com port 443 timed out: ${error.message}`);
  }
}

export const installCloudflared: Program = async (invocation) => {
  const { machine, user } = invocation;
  const [version = "", sha256 = "", url = ""] = invocation.arguments;
  if (machine.files.get(BINARY)?.binary?.version === version) return;
  await reach(invocation);
  const build = buildAt(url);
  if (build.sha256 !== sha256) {
    throw new ExitError(`install-cloudflared: ${url} does not have the expected SHA-256 ${sha256}`);
  }
  const binary = { name: "cloudflared", version: build.version, architecture: build.architecture } as const;
  try {
    machine.files.replace(
      BINARY,
      { content: Buffer.alloc(0), mode: 0o755, owner: user, group: user, binary },
      user,
    );
  } catch (error) {
    if (!(error instanceof FileAccessError)) throw error;
    throw new ExitError(`mktemp: failed to create file: ${error.message}`);
  }
};
