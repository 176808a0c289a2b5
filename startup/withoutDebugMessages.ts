/**
 * Imported at the start: the Pulumi SDK's debug messages go nowhere. They quote the engine's answers with every secret in
 * clear, and the engine shows them with `--debug` and writes them to its log from `-v=3` on. Each would also be a call.
 */
import { log } from "@pulumi/pulumi";

Object.assign(log, { debug: () => Promise.resolve() });
