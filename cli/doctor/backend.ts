/** Where state and secrets are kept. */
import type { Stack } from "@pulumi/pulumi/automation/stack.js";
import {
  EMPTY_PASSPHRASE,
  hasPassphrase,
  isPassphraseEmpty,
  keyServiceOf,
  TO_ENCRYPT,
} from "../../config/statePassphrase.ts";
import type { CheckGroup, Verdict } from "./check.ts";
import { missing, ok, warning } from "./check.ts";
import type { Project } from "./project.ts";

/** The engine is a process of its own for each question. */
const TIMEOUT = 60_000;

const NO_STACK = /no stack named \S+ found/;

/** The engine's own words: messages of the Automation API also quote all that it printed, which may be secret. */
export function engineError(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const said = /^[ \t]*(?:stderr: )?error: (.+)$/m.exec(text)?.[1];
  return said ?? text.split("\n", 1)[0] ?? "";
}

function explain(error: unknown): Verdict {
  const said = engineError(error);
  if (/passphrase|decrypt|secrets? provider|kms/i.test(said)) {
    return missing(
      said,
      "Set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE, or get access to the stack's KMS key.",
    );
  }
  return missing(said, "`pulumi login` says where the state is; `pulumi whoami --verbose` shows it.");
}

async function workspaceOf({ directory }: Project, env: NodeJS.ProcessEnv) {
  const { LocalWorkspace } = await import("@pulumi/pulumi/automation/localWorkspace.js");
  const defined = Object.entries(env).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  );
  return LocalWorkspace.create({ workDir: directory, envVars: Object.fromEntries(defined) });
}

async function selected(project: Project, env: NodeJS.ProcessEnv): Promise<Stack> {
  const { Stack } = await import("@pulumi/pulumi/automation/stack.js");
  return Stack.select(project.stack, await workspaceOf(project, env));
}

/** The value of an encrypted setting, or undefined when it cannot be had. */
export async function secretSetting(
  project: Project,
  key: string,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  return (await (await selected(project, env)).getConfig(key).catch(() => undefined))?.value;
}

/** What encrypts the secrets, which can be decrypted here. */
async function encryption({ file }: Project): Promise<Verdict> {
  const text = file?.text ?? "";
  if (await isPassphraseEmpty(text)) return missing(EMPTY_PASSPHRASE, ...TO_ENCRYPT);
  const by = keyServiceOf(text) ?? (hasPassphrase(text) ? "a passphrase" : undefined);
  return ok(by === undefined ? "can be decrypted" : `encrypted by ${by}, can be decrypted`);
}

export function backendChecks(project: Project, env: NodeJS.ProcessEnv): CheckGroup {
  return {
    name: "state",
    timeout: TIMEOUT,
    explain,
    first: {
      name: "backend",
      async run() {
        const who = await (await workspaceOf(project, env)).whoAmI();
        return ok(`${who.url ?? "reachable"}, as ${who.user}`);
      },
    },
    checks: [
      {
        name: "stack",
        async run() {
          const { stack } = project;
          const stacks = await (await workspaceOf(project, env)).listStacks();
          const name = stack.split("/").at(-1);
          const found = stacks.find(
            (candidate) => candidate.name === stack || candidate.name.split("/").at(-1) === name,
          );
          if (found === undefined) {
            return warning(
              `${stack} is not there yet`,
              "The first `tenant-edge enroll` makes it, as `pulumi up` does.",
            );
          }
          return ok(found.lastUpdate === undefined ? "never updated" : `last update ${found.lastUpdate}`);
        },
      },
      {
        name: "secrets",
        async run() {
          try {
            // Reads what is encrypted, and forgets it.
            await (await selected(project, env)).outputs();
            return await encryption(project);
          } catch (error) {
            if (NO_STACK.test(engineError(error))) return ok("there are none yet");
            throw error;
          }
        },
      },
    ],
  };
}
