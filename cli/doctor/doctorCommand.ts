/** `tenant-edge doctor`: what is missing, and what to do about it. */
import { resolve } from "node:path";
import type { Command } from "commander";
import { parse } from "yaml";
import { printableLine } from "../../naming/printable.ts";
import { withDeadline } from "../deadline.ts";
import { exampleText } from "../exampleText.ts";
import { ExitCode } from "../exitCodes.ts";
import type { Finish } from "../finish.ts";
import { type Colours, chosenStack, coloursFor, type GlobalOptions } from "../globalOptions.ts";
import type { Surroundings } from "../surroundings.ts";
import { type CheckGroup, type Finding, State } from "./check.ts";
import { machineChecks } from "./machine.ts";
import { type Project, projectChecks, readProject } from "./project.ts";
import { runChecks } from "./runChecks.ts";
import { storageChecks } from "./storage.ts";

const COLOURS = { ok: "green", warning: "yellow", missing: "red" } as const satisfies Record<State, string>;

/** One line each, and what to do below it. */
export function findingsText(findings: readonly Finding[], colours: Colours): string {
  const longest = Math.max(...findings.map(({ group, check }) => group.length + check.length + 2));
  return findings
    .flatMap(({ group, check, state, detail, ways }) => [
      `${colours[COLOURS[state]](state.padEnd(State.Missing.length))}  ${`${group}: ${check}`.padEnd(longest)}  ${detail}`,
      ...ways.map((way) => `           - ${printableLine(way)}`),
    ])
    .join("\n");
}

/** All values of a stack file that is known to be YAML. */
function configOf(text: string): Record<string, unknown> {
  return (parse(text) as { config?: Record<string, unknown> }).config ?? {};
}

/** Checks of the clouds, for a stack file that says which. */
async function cloudChecks(project: Project, env: NodeJS.ProcessEnv): Promise<CheckGroup[]> {
  const { file, settings, region } = project;
  if (file === undefined || settings === undefined) return [];
  const [{ CloudflareApi }, { sharedBudget }, { cloudflareChecks }, { AwsClients }, { awsChecks }, backend] =
    await Promise.all([
      import("../../clients/cloudflareApi.ts"),
      import("../../clients/sharedBudget.ts"),
      import("./cloudflare.ts"),
      import("../../clients/awsClients.ts"),
      import("./aws.ts"),
      import("./backend.ts"),
    ]);
  const values = configOf(file.text);
  const listed = values["cloudflare:apiToken"];
  // What is no plain text is encrypted.
  const apiToken =
    typeof listed === "object"
      ? await backend.secretSetting(project, "cloudflare:apiToken", env)
      : (file.provider("cloudflare:apiToken") ?? env["CLOUDFLARE_API_TOKEN"]);
  const baseUrl = file.provider("cloudflare:baseUrl") ?? env["CLOUDFLARE_BASE_URL"];
  const allowedAccounts = JSON.stringify(values["aws:allowedAccountIds"] ?? []).match(/\d{12}/g) ?? [];
  return [
    cloudflareChecks(
      new CloudflareApi(
        { apiToken: apiToken || undefined, baseUrl },
        sharedBudget(apiToken || undefined, settings.cloudflareLimit, env),
      ),
      settings,
    ),
    awsChecks(new AwsClients(region, env), { region, environment: settings.environment, allowedAccounts }),
  ];
}

export async function examine(
  directory: string,
  stack: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Finding[]> {
  const { backendChecks } = await import("./backend.ts");
  const project = await readProject(directory, stack, env, signal);
  const groups = [
    machineChecks(env),
    projectChecks(project),
    backendChecks(project, env),
    ...(await cloudChecks(project, env)),
    storageChecks(directory, env),
  ];
  return runChecks(groups, signal);
}

export function addDoctorCommand(program: Command, surroundings: Surroundings, finish: Finish): void {
  program
    .command("doctor")
    .description("Check engine, Node, credentials, permissions, zone and quotas, and say what is missing")
    .addHelpText(
      "after",
      `${exampleText("doctor", [
        ["--stack prod", "writes nothing but a file where data is kept, and removes it"],
        ["--stack prod --json", "for a monitor; exit code 7 when something is missing"],
      ])}`,
    )
    .action(async (_: object, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>();
      const { stdout, env } = surroundings;
      const directory = resolve(surroundings.directory, options.cwd ?? ".");
      const stack = chosenStack(options, directory, env);
      const findings = await withDeadline(options.timeout, surroundings.signal, (signal) =>
        examine(directory, stack, env, signal),
      );
      const isWell = findings.every(({ state }) => state !== State.Missing);
      stdout.write(
        options.json
          ? `${JSON.stringify({ ok: isWell, findings }, null, 2)}\n`
          : `${findingsText(findings, coloursFor(stdout, options, env))}\n`,
      );
      finish(isWell ? ExitCode.done : ExitCode.found);
    });
}
