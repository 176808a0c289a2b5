/** What visitors notice while a tenant's keys are rotated and its host is replaced: requests that flow all the time. */
import { startTraffic } from "../../sandbox/commands/traffic.ts";
import { openScratchStack, type ScratchStack } from "../../sandbox/scratchStack.ts";
import { benchConfig, IMAGES } from "../config.ts";
import type { Figure } from "../figure.ts";
import type { BenchOptions, BenchPart } from "../part.ts";

const HOSTNAME = "tenant-1.example.com";
/** The played app answers from its bucket here, with the key that it was given. */
const PATHS = ["/", "/bucket"];

/** One update with requests flowing until the hosts have acted on it. */
async function during(
  stack: ScratchStack,
  tenant: object,
): Promise<{ requests: number; failed: number; calls: number }> {
  const traffic = startTraffic(stack.sandbox.urls.edge, HOSTNAME, PATHS);
  try {
    const mark = stack.sandbox.cloudflare.calls.mark();
    stack.configure({ "tenant-edge:tenants": [{ id: "tenant-1", ...tenant }] });
    const { exitCode, stdout, stderr } = await stack.pulumi(["up", "--yes", "--skip-preview"]);
    await stack.sandbox.hosts.settled();
    const { requests, failures } = await traffic.stop();
    if (exitCode !== 0) throw new Error(`pulumi up failed:\n${stdout}\n${stderr}`);
    const calls = stack.sandbox.cloudflare.calls.since(mark, "api").length;
    return { requests, failed: failures.length, calls };
  } finally {
    await traffic.stop();
  }
}

async function figures({ engine }: BenchOptions): Promise<Figure[]> {
  const stack = await openScratchStack({ engine, config: benchConfig(1) });
  try {
    const { exitCode, stderr } = await stack.pulumi(["up", "--yes", "--skip-preview"]);
    if (exitCode !== 0) throw new Error(stderr);
    await stack.sandbox.hosts.settled();
    stack.sandbox.aws.ensureImage({
      id: IMAGES.newer,
      architecture: "arm64",
      name: "al2023-ami-2023-kernel-6.1-arm64",
    });

    const both = { bucket: { keyGenerations: [1, 2] } };
    const second = { bucket: { keyGenerations: [2] } };
    const added = await during(stack, both);
    const dropped = await during(stack, second);
    const secret = await during(stack, { ...second, tunnelSecretGeneration: 2 });
    const replaced = await during(stack, {
      ...second,
      tunnelSecretGeneration: 2,
      host: { imageId: IMAGES.newer },
    });

    const row = (what: string, { requests, failed }: { requests: number; failed: number }): Figure => ({
      name: `failed requests of ${requests}, ${what}`,
      value: failed,
      unit: "",
      bound: 0,
    });
    return [
      row("a key of the bucket added", added),
      row("the older key dropped", dropped),
      row("another tunnel secret", secret),
      row("the host replaced", replaced),
      {
        name: "Cloudflare calls, rotation of the bucket's key",
        value: added.calls + dropped.calls,
        unit: "",
        bound: 3,
      },
      { name: "Cloudflare calls, another tunnel secret", value: secret.calls, unit: "", bound: 3 },
      { name: "Cloudflare calls, a host replaced", value: replaced.calls, unit: "", bound: 6 },
    ];
  } finally {
    await stack.close();
  }
}

export const part: BenchPart = { title: "Visitors", run: figures };
