/** The comment on a pull request that says what it would change in a stack: one per stack, edited by later runs. */
import { type Comment, codeBlock, type IssueApi, type Paginate, type Repository } from "./issueApi.ts";

/** GitHub refuses longer comments than 65,536 characters. */
const LONGEST_OUTPUT = 60_000;

export interface Preview {
  stack: string;
  succeeded: boolean;
  /** What `pulumi preview --diff` printed; it masks secrets itself. */
  output: string;
}

const mark = (stack: string): string => `<!-- tenant-edge preview of ${stack} -->`;

export function previewComment({ stack, succeeded, output }: Preview): string {
  const text = output.trim();
  // The end has the summary and the errors.
  const shown = text.length > LONGEST_OUTPUT ? text.slice(-LONGEST_OUTPUT) : text;
  const cut = shown === text ? [] : ["The beginning is cut off; the job's log has all of it.", ""];
  return [
    mark(stack),
    `### \`pulumi preview\` of ${stack}${succeeded ? "" : " failed"}`,
    "",
    ...cut,
    `<details${succeeded ? "" : " open"}><summary>What this would change</summary>`,
    "",
    codeBlock(shown, "diff"),
    "",
    "</details>",
  ].join("\n");
}

/** Posts the comment, or edits the one that an earlier run has posted. */
export async function postPreview(
  issues: Pick<IssueApi, "createComment" | "updateComment" | "listComments">,
  paginate: Paginate,
  { owner, repo, pullRequest, ...preview }: Preview & Repository & { pullRequest: number },
): Promise<void> {
  const onPullRequest = { owner, repo, issue_number: pullRequest };
  const body = previewComment(preview);
  const comments = await paginate<Parameters<IssueApi["listComments"]>[0], Comment>(issues.listComments, {
    ...onPullRequest,
    per_page: 100,
  });
  const earlier = comments.find(
    (comment) => comment.user?.type === "Bot" && comment.body?.startsWith(mark(preview.stack)),
  );
  if (earlier === undefined) await issues.createComment({ ...onPullRequest, body });
  else await issues.updateComment({ owner, repo, comment_id: earlier.id, body });
}
