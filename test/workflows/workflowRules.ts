/** Rules of this repository for its workflows, which no linter knows. Each returns what is wrong. */
import type { Job, Step, Workflow } from "./workflowFile.ts";

/** What the commands of a workflow may refer to. */
export interface Checkout {
  scripts: ReadonlySet<string>;
  hasFile(path: string): boolean;
  /** The workflow at a path, if there is one. */
  workflow(path: string): Workflow | undefined;
}

/** `uses:` with a commit and, after it, the release that the commit is. */
const PINNED = /^[\w.-]+\/[\w./-]+@[0-9a-f]{40}\s+# v\d+\.\d+\.\d+$/;
const LOCAL = /^\.\/[\w./-]+$/;

export function unpinnedActions(text: string, checkout: Checkout): string[] {
  return text.split("\n").flatMap((line) => {
    const uses = /^\s*(?:- )?uses:\s*(.*?)\s*$/.exec(line)?.[1];
    if (uses === undefined || PINNED.test(uses)) return [];
    if (!LOCAL.test(uses)) return [`not pinned by a commit with its release: ${uses}`];
    return checkout.hasFile(uses.endsWith(".yml") ? uses : `${uses}/action.yml`)
      ? []
      : [`no such action: ${uses}`];
  });
}

export function missingLimits({ permissions, jobs }: Workflow): string[] {
  const broad = (given: unknown) => typeof given === "string";
  return [
    ...(permissions === undefined || permissions === null ? ["no permissions"] : []),
    ...(broad(permissions) ? ["permissions of everything"] : []),
    ...Object.entries(jobs).flatMap(([name, job]) => [
      ...(broad(job.permissions) ? [`${name}: permissions of everything`] : []),
      // A job that calls a workflow may not have one: the limits are in that workflow.
      ...(typeof job["timeout-minutes"] === "number" || job.uses !== undefined
        ? []
        : [`${name}: no timeout-minutes`]),
    ]),
  ];
}

/** Expressions are pasted into a script before the shell sees it: whatever they hold is run. */
export function expressionsInScripts(steps: readonly Step[]): string[] {
  return steps
    .flatMap(({ run, with: inputs }) => [run, inputs?.["script"]])
    .filter((script) => typeof script === "string" && script.includes("${{"))
    .map((script) => `expression in a script: ${script}`);
}

export function keptCredentials(steps: readonly Step[]): string[] {
  return steps
    .filter(({ uses }) => uses?.startsWith("actions/checkout@"))
    .filter((step) => step.with?.["persist-credentials"] !== false)
    .map(() => "checkout without persist-credentials: false");
}

/** Secrets belong to the one step that needs them, and never to code that a stranger has written. */
export function exposedSecrets(workflow: Workflow): string[] {
  const holds = (value: unknown) => JSON.stringify(value ?? null).includes("secrets.");
  const on = JSON.stringify(workflow.on ?? null);
  const problems = holds(workflow.env) ? ["secret in the environment of all jobs"] : [];
  if (/pull_request_target|workflow_run/.test(on)) problems.push("runs a stranger's code with secrets");
  for (const [name, job] of Object.entries(workflow.jobs)) {
    if (holds(job.env)) problems.push(`${name}: secret in the environment of all steps`);
    if (job.secrets !== undefined) problems.push(`${name}: secrets for all of a called workflow`);
    const ownOnly = job.if?.includes("github.event.pull_request.head.repo.full_name == github.repository");
    if (on.includes("pull_request") && holds(job.steps) && !ownOnly) {
      problems.push(`${name}: secrets in pull requests of forks`);
    }
  }
  return problems;
}

export function unknownCommands(steps: readonly Step[], checkout: Checkout): string[] {
  const scripts = steps.flatMap(({ run }) => run ?? []).join("\n");
  const words = (pattern: RegExp) => [...scripts.matchAll(pattern)].map(([, word = ""]) => word);
  const npm = [...words(/\bnpm run ([\w:-]+)/g), ...words(/\bnpm (test|start)\b/g)];
  const files = words(/\b(?:bash|node) ([\w./-]+)/g);
  return [
    ...npm.filter((script) => !checkout.scripts.has(script)).map((script) => `no npm script ${script}`),
    ...files.filter((path) => !checkout.hasFile(path)).map((path) => `no file ${path}`),
  ];
}

const matrixText = (job: Job): string => JSON.stringify(job.strategy?.matrix ?? null);

/** Which stacks there are, the stack files say: one that a workflow does not know of would be left out without a word. */
export function fixedStacks({ jobs }: Workflow): string[] {
  return Object.entries(jobs).flatMap(([name, job]) => {
    const stacks = job.steps.flatMap(({ run = "" }) => [...run.matchAll(/--stack (\S+)/g)]);
    if (stacks.length === 0) return [];
    return [
      ...stacks.filter(([, stack]) => stack !== '"$STACK"').map(([option]) => `${name}: fixed ${option}`),
      ...(/fromJSON\(needs\.shards\.outputs\./.test(matrixText(job)) ? [] : [`${name}: fixed stacks`]),
    ];
  });
}

/** A stack in another one's network reads what that one's update has left. */
export function stacksBeforeTheirNetwork({ jobs }: Workflow): string[] {
  return Object.entries(jobs).flatMap(([name, job]) => {
    const environment = /\.(\w+)\.rest\b/.exec(matrixText(job))?.[1];
    if (environment === undefined) return [];
    const hasFirst = [...predecessors(jobs, name)].some((needed) => {
      const before = jobs[needed];
      return before !== undefined && matrixText(before).includes(`.${environment}.first`);
    });
    return hasFirst ? [] : [`${name}: does not wait for the stacks that have the networks`];
  });
}

/** Deletions need the program's hooks and must not be cut off; a look for drift must leave the program out. */
export function unsafeUpdates({ env, jobs }: Workflow): string[] {
  return Object.entries(jobs).flatMap(([name, job]) =>
    job.steps.flatMap((step) => {
      const runsProgram = { ...env, ...job.env, ...step.env }["PULUMI_RUN_PROGRAM"];
      const problems: string[] = [];
      if (/\bpulumi (?:up|destroy)\b/.test(step.run ?? "")) {
        if (runsProgram !== "true") problems.push(`${name}: hooks do not run without PULUMI_RUN_PROGRAM`);
        if (job.concurrency?.["cancel-in-progress"] !== false) problems.push(`${name}: can be interrupted`);
      }
      if (/\bpulumi refresh\b/.test(step.run ?? "") && runsProgram !== undefined) {
        problems.push(`${name}: compares with the program and not with the last deployment`);
      }
      return problems;
    }),
  );
}

/** Operations that change a stack keep out of its deployments' way, and work with what is deployed and not with main. */
export function collidingOperations({ jobs }: Workflow): string[] {
  return Object.entries(jobs).flatMap(([name, job]) => {
    const acts = job.steps.some(
      ({ run = "" }) => run.includes("tenant-edge") && /--(?:act|delete|purge)\b/.test(run),
    );
    if (!acts) return [];
    const { group = "", "cancel-in-progress": cancel, queue } = job.concurrency ?? {};
    const checkouts = job.steps.filter(({ uses }) => uses?.startsWith("actions/checkout@"));
    return [
      ...(/^deploy-|'deploy' \|\|/.test(group) ? [] : [`${name}: may run during a deployment`]),
      ...(cancel === false ? [] : [`${name}: can be interrupted`]),
      ...(queue === "max" ? [] : [`${name}: takes the place of a waiting deployment`]),
      ...(/ steps\.deployed\.outputs\.commit /.test(String(checkouts.at(-1)?.with?.["ref"]))
        ? []
        : [`${name}: deploys what main says`]),
    ];
  });
}

const CHECKS = "./.github/workflows/checks.yml";

/** What has to succeed before a job starts, in any number of steps. */
function predecessors(jobs: Workflow["jobs"], name: string, seen = new Set<string>()): Set<string> {
  for (const needed of jobs[name]?.needs ?? []) {
    if (seen.has(needed)) continue;
    seen.add(needed);
    predecessors(jobs, needed, seen);
  }
  return seen;
}

/** Nothing is deployed or released that has not passed the checks. */
export function uncheckedDeployments({ jobs }: Workflow): string[] {
  return Object.entries(jobs).flatMap(([name, job]) => {
    const goesOut = /\bpulumi (?:up|destroy)\b|\bgh release create\b/;
    if (!job.steps.some(({ run = "" }) => goesOut.test(run))) return [];
    const checked = [...predecessors(jobs, name)].some(
      (needed) => jobs[needed]?.uses === CHECKS && jobs[needed].if === undefined,
    );
    return checked ? [] : [`${name}: deploys without the checks`];
  });
}

/** With one of these, a job no longer waits for the success of those that it needs: then its condition has to. */
const STATUS_CHECK = /\b(?:always|cancelled|failure|success)\(/;

export function ignoredFailures({ jobs }: Workflow): string[] {
  return Object.entries(jobs).flatMap(([name, { if: condition = "", needs }]) => {
    if (!STATUS_CHECK.test(condition)) return [];
    const waits =
      condition.startsWith("${{ !cancelled() && ") &&
      needs.every((needed) => condition.includes(`needs.${needed}.result == 'success'`));
    return waits ? [] : [`${name}: runs after a failure`];
  });
}

/** What signs or publishes runs nothing that a dependency could have changed. */
export function signedByOthers({ jobs }: Workflow): string[] {
  return Object.entries(jobs).flatMap(([name, job]) => {
    const signs = level(job.permissions, "attestations") > 0;
    const runsCode = job.steps.some(({ run = "" }) => /\b(?:npm|npx|node|bash) /.test(run));
    return signs && runsCode ? [`${name}: signs, and runs code of dependencies`] : [];
  });
}

type Permissions = Record<string, unknown>;
const LEVELS = ["none", "read", "write"];
const level = (given: unknown, scope: string): number =>
  Math.max(0, LEVELS.indexOf(String((given as Permissions | null | undefined)?.[scope])));

/** A called workflow has to allow it, and gets at most what its caller has; when it asks for more, nothing starts. */
export function impossibleCalls({ permissions, jobs }: Workflow, checkout: Checkout): string[] {
  return Object.entries(jobs).flatMap(([name, job]) => {
    const called = job.uses === undefined ? undefined : checkout.workflow(job.uses);
    if (called === undefined) return [];
    const given = job.permissions ?? permissions;
    const asked = [called.permissions, ...Object.values(called.jobs).map((inner) => inner.permissions)];
    const missing = asked.flatMap((wanted) =>
      Object.keys(wanted ?? {}).filter((scope) => level(wanted, scope) > level(given, scope)),
    );
    return [
      ...(JSON.stringify(called.on ?? null).includes("workflow_call")
        ? []
        : [`${name}: ${job.uses} cannot be called`]),
      ...missing.map((scope) => `${name}: ${job.uses} needs the permission ${scope}`),
    ];
  });
}

/** All rules for a workflow. */
export function workflowProblems(workflow: Workflow, text: string, checkout: Checkout): string[] {
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);
  return [
    ...unpinnedActions(text, checkout),
    ...missingLimits(workflow),
    ...expressionsInScripts(steps),
    ...keptCredentials(steps),
    ...exposedSecrets(workflow),
    ...unknownCommands(steps, checkout),
    ...fixedStacks(workflow),
    ...stacksBeforeTheirNetwork(workflow),
    ...unsafeUpdates(workflow),
    ...collidingOperations(workflow),
    ...uncheckedDeployments(workflow),
    ...ignoredFailures(workflow),
    ...signedByOthers(workflow),
    ...impossibleCalls(workflow, checkout),
  ];
}
