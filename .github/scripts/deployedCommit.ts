/** Which commit an environment is at. */

interface Deployment {
  commitOid: string;
  latestStatus: { state: string } | null;
}

/** GitHub's `github.graphql`, as far as it is used here. */
export type Graphql = (
  query: string,
  variables: Record<string, string>,
) => Promise<{ repository: { deployments: { nodes: Deployment[] } } }>;

const QUERY = `query ($owner: String!, $repo: String!, $stack: String!) {
  repository(owner: $owner, name: $repo) {
    deployments(environments: [$stack], first: 50, orderBy: { field: CREATED_AT, direction: DESC }) {
      nodes { commitOid latestStatus { state } }
    }
  }
}`;

/**
 * The commit that deploy.yml has deployed last to a stack. What works on a stack between deployments works with that commit:
 * main may have what waits for its approval.
 *
 * @throws Error when there is none.
 */
export async function deployedCommit(
  graphql: Graphql,
  place: { owner: string; repo: string; stack: string },
): Promise<string> {
  const { repository } = await graphql(QUERY, place);
  const last = repository.deployments.nodes.find(({ latestStatus }) => latestStatus?.state === "SUCCESS");
  if (last === undefined) {
    throw new Error(`${place.stack} was not deployed by deploy.yml yet, or not in its last 50 attempts`);
  }
  return last.commitOid;
}
