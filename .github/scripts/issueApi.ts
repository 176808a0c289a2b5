/** The part of GitHub's issue API that the workflows use, with the shapes of `github.rest.issues` in github-script. */

export interface Repository {
  owner: string;
  repo: string;
}

export interface Issue {
  number: number;
  title: string;
  /** Issues only: pull requests are listed among them. */
  pull_request?: unknown;
}

export interface Comment {
  id: number;
  body?: string | undefined;
  user?: { type?: string | undefined } | null;
}

export interface IssueApi {
  create(args: Repository & { title: string; body: string }): Promise<unknown>;
  update(
    args: Repository & { issue_number: number; body?: string; state?: "open" | "closed" },
  ): Promise<unknown>;
  createComment(args: Repository & { issue_number: number; body: string }): Promise<unknown>;
  updateComment(args: Repository & { comment_id: number; body: string }): Promise<unknown>;
  listForRepo(args: Repository & { state: "open"; creator: string; per_page: number }): Promise<unknown>;
  listComments(args: Repository & { issue_number: number; per_page: number }): Promise<unknown>;
}

/** `github.paginate`: all items of all pages of a list. */
export type Paginate = <Args, Item>(list: (args: Args) => Promise<unknown>, args: Args) => Promise<Item[]>;

/** Text as a code block whose fence no line of the text can close. */
export function codeBlock(text: string, language: string): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = "`".repeat(Math.max(3, longest + 1));
  return `${fence}${language}\n${text}\n${fence}`;
}
