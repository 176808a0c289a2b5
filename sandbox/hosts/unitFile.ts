/** The syntax of systemd's unit files: sections, settings, comments, continued lines. Manual page systemd.syntax(7). */

export class UnitFileError extends Error {
  constructor(problem: string) {
    super(problem);
    this.name = "UnitFileError";
  }
}

export interface Setting {
  section: string;
  key: string;
  value: string;
}

interface LogicalLine {
  /** Number of its first line, from 1. */
  number: number;
  text: string;
}

const COMMENT = /^\s*[#;]/;

/** Joins lines that end in a backslash; comments between them do not end the line. */
function logicalLines(text: string): LogicalLine[] {
  const lines: LogicalLine[] = [];
  let open: LogicalLine | undefined;
  for (const [index, line] of text.split("\n").entries()) {
    if (COMMENT.test(line)) continue;
    const continues = line.endsWith("\\");
    const part = continues ? `${line.slice(0, -1)} ` : line;
    open = open === undefined ? { number: index + 1, text: part } : { ...open, text: open.text + part };
    if (continues) continue;
    lines.push(open);
    open = undefined;
  }
  if (open !== undefined) lines.push(open);
  return lines.filter((line) => line.text.trim() !== "");
}

export class UnitFile {
  /** In the order of the file. */
  readonly settings: readonly Setting[];
  /** What systemd would log and ignore. */
  readonly warnings: readonly string[];

  private constructor(settings: readonly Setting[], warnings: readonly string[]) {
    this.settings = settings;
    this.warnings = warnings;
  }

  /** A file with its drop-ins after it. Throws UnitFileError for what makes systemd refuse a whole file. */
  static parse(...texts: string[]): UnitFile {
    const settings: Setting[] = [];
    const warnings: string[] = [];
    for (const text of texts) UnitFile.#read(text, settings, warnings);
    return new UnitFile(settings, warnings);
  }

  static #read(text: string, settings: Setting[], warnings: string[]): void {
    let section: string | undefined;
    for (const { number, text: line } of logicalLines(text)) {
      const trimmed = line.trim();
      if (trimmed.startsWith("[")) {
        section = /^\[([^[\]]+)\]$/.exec(trimmed)?.[1];
        if (section === undefined)
          throw new UnitFileError(`line ${number}: Invalid section header '${trimmed}'`);
        continue;
      }
      const [, key, value] = /^([^=]+?)\s*=\s*(.*)$/s.exec(trimmed) ?? [];
      if (section === undefined) warnings.push(`line ${number}: Assignment outside of section. Ignoring.`);
      else if (key === undefined || value === undefined)
        warnings.push(`line ${number}: Missing '=', ignoring line.`);
      else settings.push({ section, key, value: value.trim() });
    }
  }

  /** All values of a setting in their order; an empty one takes back those before it. */
  all(section: string, key: string): string[] {
    const values = this.settings
      .filter((setting) => setting.section === section && setting.key === key)
      .map((setting) => setting.value);
    return values.slice(values.lastIndexOf("") + 1);
  }

  /** The value of a setting that has one. */
  last(section: string, key: string): string | undefined {
    return this.all(section, key).at(-1);
  }

  /** The words of all values of a setting that is a list, such as `After=`. */
  words(section: string, key: string): string[] {
    return this.all(section, key).flatMap((value) => value.split(/\s+/));
  }

  /** Throws UnitFileError when it is no boolean. Default when it is not set. */
  boolean(section: string, key: string, byDefault: boolean): boolean {
    const value = this.last(section, key);
    if (value === undefined) return byDefault;
    if (/^(1|yes|y|true|t|on)$/i.test(value)) return true;
    if (/^(0|no|n|false|f|off)$/i.test(value)) return false;
    throw new UnitFileError(`Failed to parse boolean value of ${key}=: ${value}`);
  }
}
