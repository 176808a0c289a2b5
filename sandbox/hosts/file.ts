/** What lies in the file system of a host. */
import type { Architecture } from "../../host/architecture.ts";

/** Compiled programs that the sandbox can play. */
export const BinaryName = {
  cloudflared: "cloudflared",
  docker: "docker",
  /** A service that is there and does nothing that anybody here could see: an agent, a container engine. */
  daemon: "daemon",
  /** The tenant's app, as an image may carry it. */
  app: "app",
} as const;
export type BinaryName = (typeof BinaryName)[keyof typeof BinaryName];

/** A compiled program, in place of its bytes. */
export interface Binary {
  name: BinaryName;
  /** Empty where nobody asks for it. */
  version: string;
  architecture: Architecture;
}

export interface File {
  content: Buffer;
  /** Permission bits. */
  mode: number;
  owner: string;
  group: string;
  binary?: Binary;
}

export interface Directory {
  mode: number;
  owner: string;
  group: string;
}
