/** Which commit a stack is at. */

interface Deployment {
  commitOid: string;
  statuses: { nodes: { state: string; environmentUrl: string | null }[] };
}

interface Page {
  nodes: Deployment[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

/** GitHub's `github.graphql`, as far as it is used here. */
export type Graphql = (
  query: string,
  variables: Record<string, string | null>,
) => Promise<{ repository: { deployments: Page } }>;

const QUERY = `query ($owner: String!, $repo: String!, $environment: String!, $after: String) {
  repository(owner: $owner, name: $repo) {
    deployments(environments: [$environment], first: 100, after: $after, orderBy: { field: CREATED_AT, direction: DESC }) {
      nodes { commitOid statuses(first: 20) { nodes { state environmentUrl } } }
      pageInfo { hasNextPage endCursor }
    }
  }
}`;

/** A hundred stacks are one page for each commit. */
const MOST_PAGES = 10;

export interface DeployedStack {
  owner: string;
  repo: string;
  environment: string;
  stack: string;
}

/**
 * Whether it brought the stack there. Its last status may be another one: GitHub calls a deployment inactive as soon as the
 * next one to the environment succeeds, which may be that of another stack.
 */
function hasDeployed({ statuses }: Deployment, { stack, environment }: DeployedStack): boolean {
  return statuses.nodes.some(({ state, environmentUrl }) => {
    if (state !== "SUCCESS") return false;
    // Earlier versions of deploy.yml gave no address, and deployed one stack to each environment.
    return environmentUrl ? environmentUrl.endsWith(`/Pulumi.${stack}.yaml`) : stack === environment;
  });
}

/**
 * The commit that deploy.yml has deployed last to a stack. What works on a stack between deployments works with that commit:
 * main may have what waits for its approval.
 *
 * @throws Error when there is none.
 */
export async function deployedCommit(graphql: Graphql, deployed: DeployedStack): Promise<string> {
  const { owner, repo, environment, stack } = deployed;
  let after: string | null = null;
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const { repository } = await graphql(QUERY, { owner, repo, environment, after });
    const { nodes, pageInfo }: Page = repository.deployments;
    const last = nodes.find((deployment) => hasDeployed(deployment, deployed));
    if (last !== undefined) return last.commitOid;
    if (!pageInfo.hasNextPage) break;
    after = pageInfo.endCursor;
  }
  throw new Error(
    `${stack} was not deployed by deploy.yml yet, or not in the last ${MOST_PAGES * 100} attempts of its environment`,
  );
}
