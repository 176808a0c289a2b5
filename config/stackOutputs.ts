/** What stacks say of themselves: the outputs of their last update. */
import { getOrganization, getProject, runtime } from "@pulumi/pulumi";

/** The engine's own function; unlike a StackReference it leaves no resource in the stack. */
const READ_OUTPUTS = "pulumi:pulumi:readStackOutputs";

/** The same of every resource in a stack's state, by URN. */
const READ_RESOURCES = "pulumi:pulumi:readStackResourceOutputs";

export type StackOutputs = Readonly<Record<string, unknown>>;

/** @param stack its name, of this project and organization unless it says another. */
export function fullStackName(stack: string): string {
  return stack.includes("/") ? stack : `${getOrganization()}/${getProject()}/${stack}`;
}

/**
 * While the engine writes the running stack's state, that stack's own outputs cannot be read.
 *
 * @param stack its name in full. @returns none for one that exists and holds nothing.
 * @throws Error when it does not exist or cannot be read.
 */
export async function readStackOutputs(stack: string): Promise<StackOutputs> {
  const { outputs } = await runtime.invoke(READ_OUTPUTS, { name: stack }, {});
  return outputs ?? {};
}

/** What the state has of another stack, also after an update that failed half-way: by URN, `type` and `outputs`. */
export async function readStackResources(stack: string): Promise<Readonly<Record<string, unknown>>> {
  const { outputs } = await runtime.invoke(READ_RESOURCES, { stackName: stack }, {});
  return outputs ?? {};
}

/** Whether the outputs could not be read because there is no such stack. */
export function isUnknownStack(error: unknown): boolean {
  return error instanceof Error && error.message.includes("unknown stack");
}
