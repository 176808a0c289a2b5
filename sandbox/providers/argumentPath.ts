/** Paths of arguments as the engine writes them: `config.ingresses[0].service`, `tags["a.b"]`. */

export type PathStep = string | number;

export function childPath(path: string, step: PathStep): string {
  if (typeof step === "number") return `${path}[${step}]`;
  if (!/^[A-Za-z_$][\w$-]*$/.test(step)) return `${path}[${JSON.stringify(step)}]`;
  return path === "" ? step : `${path}.${step}`;
}

/** The steps of a path; `*` (any element) stays a step of its own. */
export function parsePath(path: string): PathStep[] {
  return [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+|\*)\]|([^.[\]]+)/g)].map((match) => {
    const [, quoted, index, name] = match;
    if (quoted !== undefined) return JSON.parse(`"${quoted}"`) as string;
    if (index !== undefined) return index === "*" ? "*" : Number(index);
    return name ?? "";
  });
}

/** The path with every index taken out: `policies[0].effect` to `policies[].effect`. */
export function anyIndex(path: string): string {
  return path.replaceAll(/\[\d+\]/g, "[]");
}
