/** What the workflows write on pull requests and into issues. */
import { beforeEach, describe, expect, it } from "vitest";
import { driftSummary, reportDrift } from "../../.github/scripts/driftIssue.ts";
import { type Comment, codeBlock, type Issue, type Paginate } from "../../.github/scripts/issueApi.ts";
import { postPreview, previewComment } from "../../.github/scripts/previewComment.ts";

const REPOSITORY = { owner: "example", repo: "tenants" };

/** Printed by Pulumi 3.255.0 for one resource that is gone and one that was changed, after a provider's error. */
const DRIFT = `Previewing refresh (prod):

 ~  pulumi:pulumi:Stack tenant-edge-prod refreshing
    pulumi:pulumi:Stack tenant-edge-prod running
 ~  aws:ssm:Parameter acme-tunnel-token refreshing
 -  cloudflare:index:DnsRecord acme-dns-0 delete
 ~  aws:ssm:Parameter acme-tunnel-token update [diff: ~tags]
 ~  aws:ec2:SecurityGroup acme-sg update error: rule canary-value is not known
    pulumi:pulumi:Stack tenant-edge-prod
Diagnostics:
  aws:ssm:Parameter (acme-tunnel-token):
    error: the value canary-value is not as expected
Resources:
    ~ 1 to update
    - 1 to delete
    2 changes. 15 unchanged

error: no changes were expected for refresh but changes were proposed
`;

/** A repository's issues and comments, as far as the scripts go. */
class FakeIssues {
  readonly issues: (Issue & { body: string; state: string; creator: string })[] = [];
  readonly comments: (Comment & { issue: number; body: string })[] = [];

  add(title: string, creator: string, extra: Partial<Issue> = {}) {
    this.issues.push({
      number: this.issues.length + 1,
      title,
      body: "",
      state: "open",
      creator,
      ...extra,
    });
  }

  readonly paginate = (async (list: (args: unknown) => Promise<unknown>, args: unknown) =>
    list(args)) as Paginate;

  readonly create = async ({ title, body }: { title: string; body: string }) => {
    this.add(title, "github-actions[bot]");
    Object.assign(this.issues.at(-1) ?? {}, { body });
  };
  readonly update = async ({ issue_number, ...change }: { issue_number: number }) => {
    const { body, state } = change as { body?: string; state?: string };
    Object.assign(this.issues[issue_number - 1] ?? {}, { ...(body && { body }), ...(state && { state }) });
  };
  readonly listForRepo = async ({ state, creator }: { state: string; creator: string }) =>
    this.issues.filter((issue) => issue.state === state && issue.creator === creator);
  readonly createComment = async ({ issue_number, body }: { issue_number: number; body: string }) => {
    this.comments.push({ id: this.comments.length + 1, issue: issue_number, body, user: { type: "Bot" } });
  };
  readonly updateComment = async ({ comment_id, body }: { comment_id: number; body: string }) => {
    Object.assign(this.comments[comment_id - 1] ?? {}, { body });
  };
  readonly listComments = async ({ issue_number }: { issue_number: number }) =>
    this.comments.filter(({ issue }) => issue === issue_number);
}

let github: FakeIssues;
beforeEach(() => {
  github = new FakeIssues();
});

describe("drift", () => {
  const report = (stack: string, drifted: boolean) =>
    reportDrift(github, github.paginate, {
      ...REPOSITORY,
      stack,
      drifted,
      output: DRIFT,
      runUrl: "https://example.com/run",
    });

  it("is summarised by resources and properties, without values", () => {
    expect(driftSummary(DRIFT).split("\n")).toEqual([
      " -  cloudflare:index:DnsRecord acme-dns-0 delete",
      " ~  aws:ssm:Parameter acme-tunnel-token update [diff: ~tags]",
      " ~  aws:ec2:SecurityGroup acme-sg update",
      "    ~ 1 to update",
      "    - 1 to delete",
      "    2 changes. 15 unchanged",
    ]);
  });

  it("opens one issue per stack and keeps it", async () => {
    await report("prod", true);
    await report("staging", true);
    await report("prod", true);
    expect(github.issues.map(({ title }) => title)).toEqual([
      "Drift: prod is not as it was deployed",
      "Drift: staging is not as it was deployed",
    ]);
    expect(github.issues[0]?.body).toContain("acme-dns-0 delete");
    expect(github.issues[0]?.body).not.toContain("canary-value");
  });

  it("that is gone closes the stack's issue and no other", async () => {
    await report("prod", true);
    await report("staging", true);
    await report("prod", false);
    expect(github.issues.map(({ state }) => state)).toEqual(["closed", "open"]);
    await report("prod", true);
    expect(github.issues.map(({ state }) => state)).toEqual(["closed", "open", "open"]);
  });

  it("that was never there touches nothing", async () => {
    await report("prod", false);
    expect(github.issues).toEqual([]);
  });

  it("leaves issues of people and pull requests alone", async () => {
    const title = "Drift: prod is not as it was deployed";
    github.add(title, "somebody");
    github.add(title, "github-actions[bot]", { pull_request: {} });
    await report("prod", false);
    expect(github.issues.map(({ state }) => state)).toEqual(["open", "open"]);
    await report("prod", true);
    expect(github.issues.map(({ body }) => body === "")).toEqual([true, true, false]);
  });
});

describe("a preview", () => {
  const post = (stack: string, output: string, succeeded = true) =>
    postPreview(github, github.paginate, { ...REPOSITORY, pullRequest: 7, stack, succeeded, output });

  it("is one comment per stack, which later runs edit", async () => {
    await post("staging", "first");
    await post("prod", "first");
    await post("staging", "second");
    expect(github.comments).toHaveLength(2);
    expect(github.comments[0]?.body).toContain("second");
    expect(github.comments[0]?.body).not.toContain("first");
  });

  it("never edits a person's comment", async () => {
    const body = previewComment({ stack: "staging", succeeded: true, output: "quoted" });
    github.comments.push({ id: 1, issue: 7, body, user: { type: "User" } });
    await post("staging", "new");
    expect(github.comments.map((comment) => comment.body.includes("quoted"))).toEqual([true, false]);
  });

  it("that failed says so", () => {
    expect(previewComment({ stack: "prod", succeeded: false, output: "x" })).toContain("of prod failed");
  });

  it("fits into a comment with its end, where summary and errors are", () => {
    const body = previewComment({
      stack: "prod",
      succeeded: true,
      output: `${"x".repeat(200_000)}\nthe end`,
    });
    expect(body.length).toBeLessThan(65_536);
    expect(body).toContain("the end");
    expect(body).toContain("cut off");
  });

  it("cannot leave its code block", () => {
    const block = codeBlock("a\n```\n# heading\n````", "diff");
    expect(block.startsWith("`````diff\n")).toBe(true);
    expect(block.endsWith("\n`````")).toBe(true);
  });
});
