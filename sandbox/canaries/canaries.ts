/**
 * Every secret of a sandbox is a canary: looked for in all that can be read of it.
 *
 * From its opening on, a watch collects the secrets that are made, what the emulated clouds keep in the open, what
 * processes print and have as arguments and environment, and what servers answer. A find names the secret's kind and its
 * place, never the secret.
 */
import { stripVTControlCharacters } from "node:util";
import { AnswerWatch } from "./answers.ts";
import { clothe, SHORTEST } from "./clothing.ts";
import { onOpenText } from "./documents.ts";
import { filesBelow } from "./files.ts";
import { PatternSearch } from "./patternSearch.ts";
import { ProcessText, ProcessWatch } from "./processes.ts";
import { DEPLOYER_KINDS, onSecret, type SecretKind } from "./secrets.ts";

export interface CanaryFind {
  kind: SecretKind;
  /** `plain`, `base64`, … */
  clothing: string;
  place: string;
}

/** What one kind of place had. */
export interface CanaryCount {
  place: string;
  /** Texts that were searched. */
  texts: number;
  /** Those of them in which nothing was found. */
  clean: number;
  finds: number;
}

export interface CanaryReport {
  finds: CanaryFind[];
  /** By kind of place. */
  counts: CanaryCount[];
  /** Secrets that were looked for. */
  secrets: number;
  /** Bytes that were searched. */
  bytes: number;
}

/** The message has a line for each find. */
export class CanariesFoundError extends Error {
  override readonly name = "CanariesFoundError";
  readonly finds: readonly CanaryFind[];

  constructor(finds: readonly CanaryFind[]) {
    const lines = finds.map(({ kind, clothing, place }) => `  ${kind} (${clothing}) in ${place}`);
    super(`secrets were found where none may be:\n${[...new Set(lines)].sort().join("\n")}`);
    this.finds = finds;
  }
}

interface Place {
  kind: string;
  name: string;
  bytes: Buffer;
  /** Kinds of secrets that may be there. */
  mayHave: (kind: SecretKind) => boolean;
}

const NONE = () => false;
const DEPLOYERS = (kind: SecretKind) => DEPLOYER_KINDS.has(kind);
const TENANTS = (kind: SecretKind) => !DEPLOYER_KINDS.has(kind);

/** What terminals, tables and wrapped lines put between the characters of a word, JSON's escapes of it included. */
const BETWEEN = /[\s│|]|\\[nrt]/g;
/** Larger texts are states and plans, which are in one piece. */
const LARGEST_PRINTED = 4 * 1024 * 1024;

export class Canaries {
  readonly #kinds = new Map<string, SecretKind>();
  readonly #open = new Map<string, Set<string>>();
  readonly #processes = new ProcessWatch();
  readonly #answers = new AnswerWatch();
  readonly #allowed: { place: RegExp; mayHave: Place["mayHave"] }[] = [];
  readonly #given: Place[] = [];
  readonly #stops = [
    onSecret(({ kind, value }) => this.add(kind, value)),
    onOpenText((place, text) => {
      const texts = this.#open.get(place);
      if (texts === undefined) this.#open.set(place, new Set([text]));
      else texts.add(text);
    }),
  ];

  /** A secret that the sandbox does not make itself. One that is too short to be told from chance is not looked for. */
  add(kind: SecretKind, value: string): void {
    if (value.length < SHORTEST) return;
    // What a parameter holds is known by what it is; what was made for a deployer is an API token first.
    if (!this.#kinds.has(value) || DEPLOYER_KINDS.has(kind)) this.#kinds.set(value, kind);
  }

  /** Of each secret that is looked for, its kind. */
  kinds(): SecretKind[] {
    return [...this.#kinds.values()];
  }

  /** A text that only the caller has. */
  record(place: string, text: string): void {
    this.#given.push({ kind: "texts", name: place, bytes: Buffer.from(text), mayHave: NONE });
  }

  /** Answers of this server to `fetch` of this process are searched from now on. */
  watchAnswers(url: string): void {
    this.#answers.add(url);
  }

  /**
   * Places (`stdout of node service-token`, `answer 200 to POST /v1/tenants`) that may have such secrets: for the test that
   * asks for them. Default of `kinds`: all but the deployer's.
   */
  mayShow(place: RegExp, kinds?: readonly SecretKind[]): void {
    this.#allowed.push({ place, mayHave: kinds === undefined ? TENANTS : (kind) => kinds.includes(kind) });
  }

  /** @param folder also its files are searched, but for those of `leaves`. */
  search(folder?: string, leaves: (path: string) => boolean = NONE): CanaryReport {
    const patterns = new PatternSearch<{ kind: SecretKind; clothing: string }>();
    for (const [value, kind] of this.#kinds) {
      for (const { clothing, text } of clothe(value)) patterns.add(text, { kind, clothing });
    }
    const finds: CanaryFind[] = [];
    const counts = new Map<string, CanaryCount>();
    let searched = 0;
    for (const { kind: place, name, bytes, mayHave } of this.#places(folder, leaves)) {
      const count = counts.get(place) ?? { place, texts: 0, clean: 0, finds: 0 };
      counts.set(place, count);
      count.texts += 1;
      searched += bytes.length;
      const before = finds.length;
      for (const { kind, clothing } of findIn(patterns, bytes)) {
        if (mayHave(kind) || this.#isAllowed(kind, name)) continue;
        count.finds += 1;
        finds.push({ kind, clothing, place: name });
      }
      if (finds.length === before) count.clean += 1;
    }
    return { finds, counts: [...counts.values()], secrets: this.#kinds.size, bytes: searched };
  }

  /** Nothing is collected from then on; what was can still be searched, but for files that processes wrote. */
  stop(): void {
    for (const stop of this.#stops) stop();
    this.#processes.stop();
    this.#answers.stop();
  }

  #isAllowed(kind: SecretKind, name: string): boolean {
    return this.#allowed.some(({ place, mayHave }) => place.test(name) && mayHave(kind));
  }

  *#places(folder: string | undefined, leaves: (path: string) => boolean): Generator<Place> {
    yield* this.#given;
    for (const [place, texts] of this.#open) {
      for (const text of texts)
        yield { kind: "clouds", name: place, bytes: Buffer.from(text), mayHave: NONE };
    }
    for (const { what, command, asksForSecrets, read } of this.#processes.texts()) {
      const mayHave =
        what === ProcessText.Environment
          ? DEPLOYERS
          : what === ProcessText.Output && asksForSecrets
            ? TENANTS
            : NONE;
      yield { kind: what, name: `${what} of ${command}`, bytes: read(), mayHave };
    }
    for (const { request, status, bytes } of this.#answers.answers()) {
      yield { kind: "answers", name: `answer ${status} to ${request}`, bytes, mayHave: NONE };
    }
    if (folder === undefined) return;
    for (const { path, bytes } of filesBelow(folder, leaves)) {
      yield { kind: "files", name: path, bytes, mayHave: NONE };
    }
  }
}

function* findIn<T>(patterns: PatternSearch<T>, bytes: Buffer): Iterable<T> {
  const found = patterns.find(bytes);
  if (bytes.length <= LARGEST_PRINTED) {
    const joined = stripVTControlCharacters(bytes.toString("utf8")).replaceAll(BETWEEN, "");
    for (const one of patterns.find(Buffer.from(joined))) found.add(one);
  }
  yield* found;
}
