/** GitHub's releases, over TLS on the loopback interface, as a host sees them. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

export const MIRROR_HOSTS = ["github.com", "release-assets.githubusercontent.com"] as const;
const [RELEASES, ASSETS] = MIRROR_HOSTS;

/** What the mirror does instead of answering. */
export const MirrorFault = {
  reset: "reset",
  unavailable: "unavailable",
  /** Half of it, and then the connection ends. */
  truncated: "truncated",
  /** Half of it, and then nothing. */
  stalled: "stalled",
} as const;
export type MirrorFault = (typeof MirrorFault)[keyof typeof MirrorFault];

export interface Mirror {
  port: number;
  /** Certificate that signs it, in PEM. */
  certificate: string;
  /** What it has, whichever the file. */
  content: string;
  /** Taken one by one, first of all. */
  faults: MirrorFault[];
  /** Called when a download stalls. */
  onStall: () => void;
  /** Paths of the releases that were asked for. */
  requests: string[];
}

/** For the hosts of the mirror, and for as long as a test takes. */
function newCertificate(): { key: string; cert: string } {
  const folder = mkdtempSync(join(tmpdir(), "tenant-edge-mirror-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const names = MIRROR_HOSTS.map((host) => `DNS:${host}`).join(",");
  try {
    execFileSync(
      "openssl",
      [
        ...[
          "req",
          "-x509",
          "-newkey",
          "ec",
          "-pkeyopt",
          "ec_paramgen_curve:prime256v1",
          "-nodes",
          "-days",
          "2",
        ],
        ...["-subj", "/CN=mirror", "-addext", `subjectAltName=${names}`, "-keyout", key, "-out", cert],
      ],
      { stdio: "pipe" },
    );
    return { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function writeHalf(content: string, response: ServerResponse, afterwards: () => void): void {
  response.writeHead(200, { "content-length": content.length });
  response.write(content.slice(0, content.length / 2), afterwards);
}

function fail(fault: MirrorFault, { content, onStall }: Mirror, response: ServerResponse): void {
  switch (fault) {
    case "reset":
      response.destroy();
      return;
    case "unavailable":
      response.writeHead(503).end();
      return;
    case "truncated":
      writeHalf(content, response, () => response.destroy());
      return;
    case "stalled":
      writeHalf(content, response, onStall);
  }
}

/** Serves until the test is finished. As GitHub does, it sends whoever asks for a release to another host. */
export async function startMirror(content: string): Promise<Mirror> {
  const { key, cert } = newCertificate();
  const mirror: Mirror = { port: 0, certificate: cert, content, faults: [], requests: [], onStall() {} };
  const server = createServer({ key, cert }, (request, response) => {
    const path = request.url ?? "";
    if (request.headers.host === RELEASES) {
      mirror.requests.push(path);
      response.writeHead(302, { location: `https://${ASSETS}${path}` }).end();
      return;
    }
    const fault = mirror.faults.shift();
    if (fault === undefined) response.end(mirror.content);
    else fail(fault, mirror, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  mirror.port = (server.address() as AddressInfo).port;
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return mirror;
}
