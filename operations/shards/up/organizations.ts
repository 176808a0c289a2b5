/** In which organization of Pulumi Cloud the stacks of an environment are. Pure functions. */
import { shortStackName } from "../../../naming/shortStackName.ts";
import { ErrorCode, OperationError } from "../../errors.ts";

/** `acme` of `acme/prod`; empty for a stack of the organization that is selected, or of a backend without any. */
const organizationOf = (stack: string): string => (stack.includes("/") ? (stack.split("/")[0] ?? "") : "");

/**
 * Why these stacks cannot be run by their bare names: those are of the organization that is selected, where they would be
 * made anew. The engine lists stacks of all organizations, and leaves the selected one out of their names.
 * Source: pulumi, `pkg/backend/httpstate/backend.go`, `cloudBackendReference.String`.
 *
 * @param listed of this project, as the engine names them. @param stacks bare names.
 */
export function organizationProblem(
  listed: readonly string[],
  stacks: readonly string[],
): OperationError | undefined {
  const found = listed.filter((name) => stacks.includes(shortStackName(name)));
  const organizations = new Set(found.map(organizationOf));
  const elsewhere = [...organizations].find((organization) => organization !== "");
  if (elsewhere === undefined) return undefined;
  const isOne = organizations.size === 1;
  const where = isOne
    ? "another organization of Pulumi Cloud than the selected one"
    : "several organizations";
  return new OperationError(
    ErrorCode.NotSetUp,
    `the stacks are in ${where}: ${found.join(", ")}; nothing was changed`,
    {
      ways: isOne
        ? [`pulumi org set-default ${elsewhere}, then run it again`]
        : [
            "rename or remove those that are not of this environment: pulumi stack rename, pulumi stack rm",
            "then select the organization of the others: pulumi org set-default",
          ],
    },
  );
}
