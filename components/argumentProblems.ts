/**
 * Refuses a component's arguments; call it before `super`, so that nothing is registered.
 *
 * @param problems each names an argument and says what is allowed. @throws Error with all of them, unless there are none.
 */
export function refuseProblems(component: string, name: string, problems: readonly string[]): void {
  if (problems.length > 0) throw new Error(`${component} ${name}: ${problems.join("; ")}`);
}
