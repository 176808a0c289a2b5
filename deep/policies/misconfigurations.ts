/** Thirty ways to set a stack up wrong, each of which one policy has to catch. */
import { AWS_MISCONFIGURATIONS } from "./awsMisconfigurations.ts";
import { CLOUDFLARE_MISCONFIGURATIONS } from "./cloudflareMisconfigurations.ts";
import type { Misconfiguration } from "./misconfiguration.ts";

export const MISCONFIGURATIONS: readonly Misconfiguration[] = [
  ...AWS_MISCONFIGURATIONS,
  ...CLOUDFLARE_MISCONFIGURATIONS,
];
