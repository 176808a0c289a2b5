/** The last part of `organization/project/stack`, after which a stack's file is called: `prod` of `acme/edge/prod`. */
export function shortStackName(stack: string): string {
  return stack.slice(stack.lastIndexOf("/") + 1);
}
