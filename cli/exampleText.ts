/** Arguments, and what they do. */
export type Examples = readonly (readonly [string, string])[];

/** For the end of a command's help. */
export function exampleText(name: string, examples: Examples): string {
  const lines = examples.map(([args, what]) => `  # ${what}\n  tenant-edge ${name} ${args}`.trimEnd());
  return `\nExamples:\n${lines.join("\n")}`;
}
