/** What one part of the bench is given and gives back. */
import type { Engine } from "../sandbox/engine/engine.ts";
import type { Figure } from "./figure.ts";

export interface BenchOptions {
  engine: Engine;
  /** How often what is quick is measured; what takes minutes is measured less often. */
  repetitions: number;
  /** In one shard. */
  tenants: number;
  /** Of the largest environment. */
  shards: number;
  /** Shows how far it is. */
  report(line: string): void;
}

export interface BenchPart {
  /** Heading of its figures. */
  title: string;
  run(options: BenchOptions): Promise<Figure[]>;
}
