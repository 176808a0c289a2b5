/** The command line of the service manager. Manual page systemctl(1). */
import { UnitState } from "./hostReport.ts";
import type { CommandResult } from "./machine.ts";
import { ExitError, Failure } from "./programs/program.ts";
import type { JobFailure } from "./service.ts";
import type { Systemd } from "./systemd.ts";
import { SystemctlError } from "./unitTable.ts";

const NOT_ACTIVE = 3;
const OPTIONS = ["--no-block", "--now", "--quiet", "-q"];

const REASONS: Record<JobFailure, string> = {
  [Failure.exitCode]: "failed because the control process exited with error code",
  [Failure.timeout]: "failed because a timeout was exceeded",
  [Failure.resources]: "failed because of unavailable resources or another system error",
  canceled: "canceled",
};

function jobProblems(failures: ReadonlyMap<string, JobFailure>): string {
  return [...failures]
    .map(
      ([name, failure]) =>
        `Job for ${name} ${REASONS[failure]}.\n` +
        (failure === "canceled"
          ? ""
          : `See "systemctl status ${name}" and "journalctl -xeu ${name}" for details.\n`),
    )
    .join("");
}

function fullName(name: string): string {
  const unitName = name.includes(".") ? name : `${name}.service`;
  if (/\.(service|timer)$/.test(unitName)) return unitName;
  throw new SystemctlError(`the sandbox emulates services and timers only, not ${name}`);
}

interface Call {
  verb: string;
  units: string[];
  isNow: boolean;
  isQuiet: boolean;
}

type Jobs = Promise<ReadonlyMap<string, JobFailure>>;

async function run(systemd: Systemd, { verb, units, isNow }: Call): Jobs {
  const none = new Map<string, JobFailure>();
  switch (verb) {
    case "start":
      return systemd.start(units);
    case "restart":
      return systemd.restart(units);
    case "try-restart":
      return systemd.restart(units.filter((name) => systemd.state(name) === UnitState.active));
    case "reload-or-restart":
      return systemd.reloadOrRestart(units);
    case "stop":
      await systemd.stop(units);
      return none;
    case "enable":
      systemd.enable(units);
      return isNow ? systemd.start(units) : none;
    case "disable":
      systemd.disable(units);
      if (isNow) await systemd.stop(units);
      return none;
    case "reset-failed":
      systemd.resetFailed(units);
      return none;
    default:
      throw new SystemctlError(`Unknown command verb '${verb}', or one that the sandbox does not emulate.`);
  }
}

function isActive(systemd: Systemd, { units, isQuiet }: Call): CommandResult {
  const states = units.map((name) => systemd.state(name));
  const exitCode = states.includes(UnitState.active) ? 0 : NOT_ACTIVE;
  return { stdout: isQuiet ? "" : states.map((state) => `${state}\n`).join(""), stderr: "", exitCode };
}

const SUCCESS: CommandResult = { stdout: "", stderr: "", exitCode: 0 };

async function answer(
  systemd: Systemd,
  words: readonly string[],
  signal: AbortSignal,
): Promise<CommandResult> {
  const options = words.filter((word) => word.startsWith("-"));
  const [verb = "list-units", ...names] = words.filter((word) => !word.startsWith("-"));
  const unknown = options.find((option) => !OPTIONS.includes(option));
  if (unknown !== undefined) throw new SystemctlError(`systemctl: unrecognized option '${unknown}'`);
  if (verb === "daemon-reload" && names.length === 0) return SUCCESS;
  if (names.length === 0 && verb !== "reset-failed") throw new SystemctlError("Too few arguments.");
  const call = { verb, units: names.map(fullName), isNow: options.includes("--now"), isQuiet: false };
  const jobs = run(systemd, call);
  if (options.includes("--no-block")) return withoutWaiting(jobs);
  const stopped = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  const failures = await Promise.race([jobs, stopped]);
  if (failures.size === 0) return SUCCESS;
  const problems = [...failures.keys()].map((name) => `${name}: ${systemd.problem(name) ?? "failed"}`);
  return { stdout: "", stderr: jobProblems(failures), exitCode: 1, detail: problems.join("; ") };
}

/** What is wrong at once is told; the rest shows in the journal. */
async function withoutWaiting(jobs: Jobs): Promise<CommandResult> {
  jobs.catch(() => {});
  await Promise.race([jobs, new Promise((resolve) => setImmediate(resolve))]);
  return SUCCESS;
}

/** What `systemctl` with these words prints and returns. Rejects when the signal is aborted. */
export async function systemctl(
  systemd: Systemd,
  words: readonly string[],
  signal: AbortSignal,
): Promise<CommandResult> {
  try {
    if (words[0] === "is-active") {
      const isQuiet = words.some((word) => word === "--quiet" || word === "-q");
      const units = words.slice(1).filter((word) => !word.startsWith("-"));
      return isActive(systemd, { verb: "is-active", units: units.map(fullName), isNow: false, isQuiet });
    }
    return await answer(systemd, words, signal);
  } catch (error) {
    if (error instanceof SystemctlError)
      return { stdout: "", stderr: `${error.message}\n`, exitCode: error.exitCode };
    if (error instanceof ExitError) return { stdout: "", stderr: `${error.message}\n`, exitCode: 1 };
    throw error;
  }
}
