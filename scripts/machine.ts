/** The machine on which something was measured. */
import { cpus, totalmem } from "node:os";

/** Processors, memory and versions in one line. @param engine version of Pulumi. */
export function machineLine(engine: string): string {
  const processors = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${processors.length} x ${processors[0]?.model ?? "unknown processor"}, ${memory} GiB, Node ${process.versions.node}, Pulumi ${engine}`;
}
