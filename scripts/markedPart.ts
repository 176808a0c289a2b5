/** A part of a page that a script writes, between two comments that readers do not see. */

export interface Marks {
  /** What the part is, for example `config reference`. */
  name: string;
  /** What makes it anew, for example `npm run generate`. */
  command: string;
}

/**
 * The page with that part made anew.
 *
 * @param file whose page it is, for the error. @throws Error when the comments around the part are gone.
 */
export function withMarkedPart(page: string, file: string, { name, command }: Marks, part: string): string {
  const [first, last] = [`<!-- ${name}: begin (${command}) -->`, `<!-- ${name}: end -->`];
  const begin = page.indexOf(first);
  const end = page.indexOf(last);
  if (begin < 0 || end < begin) throw new Error(`${file} has to have the lines "${first}" and "${last}"`);
  return `${page.slice(0, begin + first.length)}\n\n${part}\n\n${page.slice(end)}`;
}
