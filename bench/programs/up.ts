/**
 * Run as a process of its own, as the command is: brings all stacks of an environment up, and prints the result as JSON.
 *
 * Arguments: the folder of Pulumi.yaml, the environment, `all` to run also those whose inputs are the same, and how many
 * at a time.
 */
import { upEnvironment } from "../../operations/shards/up/upEnvironment.ts";

const [directory, environment = "", which, parallel] = process.argv.slice(2);
const all = which === "all";
const result = await upEnvironment({ directory, environment, all, parallel: Number(parallel) });
process.stdout.write(JSON.stringify(result));
