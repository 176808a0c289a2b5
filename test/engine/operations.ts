/** The operations on a test's own stack. */
import { onTestFinished } from "vitest";
import type { Operations } from "../../operations/contract.ts";
import { type OpenOptions, openOperations } from "../../operations/open.ts";
import { watchedOperations } from "../../sandbox/canaries/watchedOperations.ts";
import type { TestStack } from "./testStack.ts";

/** Closed when the test is finished; what they report is searched for secrets. */
export async function operationsOf(
  stack: TestStack,
  options: Partial<OpenOptions> = {},
): Promise<Operations> {
  const operations = await openOperations({
    directory: stack.project,
    stack: "staging",
    env: { ...stack.sandbox.env },
    actor: "test",
    ...options,
  });
  onTestFinished(() => operations.close());
  return watchedOperations(operations, stack.canaries);
}

/** A tenant that runs cloudflared itself: a connector of its own, outside of the platform. */
export function connectElsewhere({ sandbox }: TestStack, token: string, id: string): void {
  sandbox.cloudflare.tunnels.connect(token, {
    id,
    version: "2026.10.0",
    arch: "linux_amd64",
    originIp: "198.51.100.7",
  });
}
