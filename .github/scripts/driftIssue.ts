/** The issue about a stack's drift: opened when there is some, kept up to date, closed when there is none. */
import { codeBlock, type Issue, type IssueApi, type Paginate, type Repository } from "./issueApi.ts";

/** Whose issues are looked at: an issue of the same title by anybody else is not touched. */
const AUTHOR = "github-actions[bot]";

/** ` ~  aws:ec2:Instance acme-instance update [diff: ~ami]`, as the CLI prints a resource that is not as it was. */
const CHANGE =
  /^\s*(?:~|-|\+|\+-|-\+|\+\+|--)\s+[^\s:]+:\S+ \S+ (?:create|update|delete|replace)\b(?: \[diff: [^\]]*\])?/;
/** `    ~ 1 to update` and `    2 changes. 2 unchanged`, at the end. */
const COUNT = /^\s+(?:[~+-]{1,2} \d+ to [a-z]+|\d+ changes?\.(?: \d+ unchanged)?)$/;

const LONGEST_SUMMARY = 50_000;

export interface DriftCheck {
  stack: string;
  drifted: boolean;
  /** What `pulumi refresh --preview-only` printed. */
  output: string;
  /** The run that has the whole output. */
  runUrl: string;
}

/** Which resources and properties differ. Everything else is left out, above all errors, which may quote values. */
export function driftSummary(output: string): string {
  const lines = output.split("\n").flatMap((line) => {
    const [change] = CHANGE.exec(line) ?? COUNT.exec(line) ?? [];
    return change === undefined ? [] : [change.trimEnd()];
  });
  return lines.join("\n").slice(0, LONGEST_SUMMARY);
}

const title = (stack: string): string => `Drift: ${stack} is not as it was deployed`;

function issueBody({ stack, output, runUrl }: DriftCheck): string {
  return [
    `Something was changed at Cloudflare or AWS behind the program's back (stack ${stack}).`,
    "",
    codeBlock(driftSummary(output), "diff"),
    "",
    "`-` was deleted there, `~` was changed there. A deployment that ran at the same time can look like this.",
    `To undo the changes: \`pulumi up --refresh --stack ${stack}\`. To keep them: bring the stack file in line, then the same.`,
    "",
    `Last seen by ${runUrl}. The issue closes itself when a later check finds nothing.`,
  ].join("\n");
}

/** Opens, updates or closes the stack's one issue. */
export async function reportDrift(
  issues: Pick<IssueApi, "create" | "update" | "createComment" | "listForRepo">,
  paginate: Paginate,
  { owner, repo, ...check }: DriftCheck & Repository,
): Promise<void> {
  const open = await paginate<Parameters<IssueApi["listForRepo"]>[0], Issue>(issues.listForRepo, {
    owner,
    repo,
    state: "open",
    creator: AUTHOR,
    per_page: 100,
  });
  const issue = open.find((one) => one.pull_request === undefined && one.title === title(check.stack));
  if (check.drifted) {
    const body = issueBody(check);
    if (issue === undefined) await issues.create({ owner, repo, title: title(check.stack), body });
    else await issues.update({ owner, repo, issue_number: issue.number, body });
  } else if (issue !== undefined) {
    const on = { owner, repo, issue_number: issue.number };
    await issues.createComment({ ...on, body: `No drift any more: ${check.runUrl}` });
    await issues.update({ ...on, state: "closed" });
  }
}
