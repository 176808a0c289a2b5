/** Whether this machine has what runs the program. */
import { execa } from "execa";
import { type Check, type CheckGroup, missing, ok } from "./check.ts";

export const OLDEST_NODE = "22.18.0";
/** Engine and SDK are released together: ten minor releases are the distance that is accepted. */
export const OLDEST_ENGINE = "3.245.0";

function isOlder(version: string, oldest: string): boolean {
  return version.localeCompare(oldest, "en", { numeric: true }) < 0;
}

function nodeCheck(version: string): Check {
  return {
    name: "Node",
    run: () =>
      isOlder(version, OLDEST_NODE)
        ? missing(`${version} is too old`, `Install Node ${OLDEST_NODE} or newer: https://nodejs.org`)
        : ok(version),
  };
}

function engineCheck(env: NodeJS.ProcessEnv): Check {
  const install = `Install Pulumi ${OLDEST_ENGINE} or newer: https://www.pulumi.com/docs/install/`;
  return {
    name: "Pulumi engine",
    async run(signal) {
      const { stdout, failed, code } = await execa("pulumi", ["version"], {
        env: { ...env, PULUMI_SKIP_UPDATE_CHECK: "1" },
        extendEnv: false,
        stdin: "ignore",
        reject: false,
        cancelSignal: signal,
      });
      if (code === "ENOENT") return missing("there is no pulumi on the PATH", install);
      const version = /^v?(\d+\.\d+\.\d+)/.exec(stdout.trim())?.[1];
      if (failed || version === undefined) return missing("`pulumi version` does not answer", install);
      return isOlder(version, OLDEST_ENGINE) ? missing(`${version} is too old`, install) : ok(version);
    },
  };
}

export function machineChecks(env: NodeJS.ProcessEnv, nodeVersion = process.versions.node): CheckGroup {
  return { name: "machine", checks: [nodeCheck(nodeVersion), engineCheck(env)] };
}
