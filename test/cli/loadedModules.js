/** Preloaded into a process: prints the address of every module that it has loaded, as JSON to stderr at its end. */
import { registerHooks } from "node:module";

const loaded = [];
registerHooks({
  load(url, context, next) {
    loaded.push(url);
    return next(url, context);
  },
});
process.on("exit", () => process.stderr.write(JSON.stringify(loaded)));
