/** CPU architectures, by their name in EC2's image descriptions and in Amazon's public parameters. */
import { Architecture, architectureOf } from "../host/architecture.ts";

export const ImageArchitecture = { arm64: "arm64", x86: "x86_64" } as const;
export type ImageArchitecture = (typeof ImageArchitecture)[keyof typeof ImageArchitecture];

/** Architecture that an image for this EC2 instance type must have. */
export function imageArchitectureOf(instanceType: string): ImageArchitecture {
  return architectureOf(instanceType) === Architecture.arm64
    ? ImageArchitecture.arm64
    : ImageArchitecture.x86;
}
