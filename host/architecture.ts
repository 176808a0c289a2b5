/** CPU architectures, by their name in cloudflared's releases. */
export const Architecture = { amd64: "amd64", arm64: "arm64" } as const;
export type Architecture = (typeof Architecture)[keyof typeof Architecture];

/** Graviton families: the generation's digit is followed by a g (t4g, m7gd, c8gn), and the first of them, a1. */
const GRAVITON = /^(?:a1|[a-z]+\d+g[a-z]*)\./;

/** Architecture of an EC2 instance type. Amazon EC2 documentation, "Instance type naming conventions". */
export function architectureOf(instanceType: string): Architecture {
  return GRAVITON.test(instanceType) ? Architecture.arm64 : Architecture.amd64;
}
