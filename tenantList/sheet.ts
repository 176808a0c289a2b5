/** A text of YAML by its lines, and the edits that are to be made to it. */

interface Edit {
  from: number;
  to: number;
  text: string;
}

/** An edit that this way of editing cannot make. */
export class EditError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "EditError";
  }
}

/** All offsets are of the text as it was given; it ends in a line break. */
export class Sheet {
  readonly text: string;
  readonly eol: string;
  /** Whether lists stand deeper than their keys. */
  readonly indentSeq: boolean;
  readonly #edits: Edit[] = [];

  constructor(text: string, indentSeq: boolean) {
    this.text = text;
    this.eol = text.includes("\r\n") ? "\r\n" : "\n";
    this.indentSeq = indentSeq;
  }

  /** Of several edits at one place, the first comes first. */
  replace(from: number, to: number, text: string): void {
    this.#edits.push({ from, to, text });
  }

  /** @throws EditError when edits overlap. */
  result(): string {
    const edits = this.#edits.toSorted((left, right) => left.from - right.from || left.to - right.to);
    let result = "";
    let done = 0;
    for (const { from, to, text } of edits) {
      if (from < done) throw new EditError("two edits overlap");
      result += this.text.slice(done, from) + text;
      done = to;
    }
    return result + this.text.slice(done);
  }

  lineStart(offset: number): number {
    return this.text.lastIndexOf("\n", offset - 1) + 1;
  }

  /** Where the line after that of the offset begins. */
  nextLine(offset: number): number {
    const end = this.text.indexOf("\n", offset);
    return end === -1 ? this.text.length : end + 1;
  }

  column(offset: number): number {
    return offset - this.lineStart(offset);
  }

  /** Whether nothing but space stands before the offset on its line. */
  beginsLine(offset: number): boolean {
    return this.text.slice(this.lineStart(offset), offset).trim() === "";
  }

  /** Where the comment directly above begins that belongs to what begins here; else where its line does. */
  startWithComment(offset: number): number {
    const column = this.column(offset);
    let start = this.lineStart(offset);
    while (start > 0) {
      const above = this.lineStart(start - 1);
      const indent = this.#commentIndent(above);
      if (indent === undefined || indent > column) break;
      start = above;
    }
    return start;
  }

  /** The line after what ends here, and after the comments right below that are indented deeper than `column`. */
  endWithComments(offset: number, column: number): number {
    let end = this.nextLine(offset);
    while (end < this.text.length) {
      const indent = this.#commentIndent(end);
      if (indent === undefined || indent <= column) break;
      end = this.nextLine(end);
    }
    return end;
  }

  /** Removes whole lines, and the empty ones above when there are others below. */
  removeLines(from: number, to: number): void {
    let start = from;
    while (start > 0 && this.isEmptyLine(this.lineStart(start - 1)) && this.isEmptyLine(to)) {
      start = this.lineStart(start - 1);
    }
    this.replace(start, to, "");
  }

  /** Whether the line that begins here is empty, or the text is at its end. */
  isEmptyLine(start: number): boolean {
    return this.text.slice(start, this.nextLine(start)).trim() === "";
  }

  /** Lines, each indented, each with its end. */
  lines(lines: readonly string[], indent: number): string {
    return lines.map((line) => `${" ".repeat(indent)}${line}${this.eol}`).join("");
  }

  #commentIndent(lineStart: number): number | undefined {
    const line = this.text.slice(lineStart, this.nextLine(lineStart));
    const indent = line.length - line.trimStart().length;
    return line[indent] === "#" ? indent : undefined;
  }
}
