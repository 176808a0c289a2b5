/** Values of unit settings: quoted words, time spans, specifiers, variables. Manual pages systemd.syntax(7), systemd.time(7). */
import { UnitFileError } from "./unitFile.ts";

const ESCAPES: Record<string, string> = { n: "\n", t: "\t", s: " ", "\\": "\\", '"': '"', "'": "'" };

/** Splits at white space outside of quotes. Throws UnitFileError on an open quote or an unknown escape. */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (character === "\\") {
      index += 1;
      const escaped = ESCAPES[text.charAt(index)];
      if (escaped === undefined) throw new UnitFileError(`Invalid escape sequences in line: ${text}`);
      word = (word ?? "") + escaped;
    } else if (quote === undefined && /\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (quote === character) quote = undefined;
    else if (quote === undefined && /["']/.test(character)) {
      quote = character;
      word ??= "";
    } else word = (word ?? "") + character;
  }
  if (quote !== undefined) throw new UnitFileError(`Unbalanced quoting: ${text}`);
  if (word !== undefined) words.push(word);
  return words;
}

const SECONDS: Record<string, number> = {
  us: 1e-6,
  ms: 1e-3,
  s: 1,
  sec: 1,
  second: 1,
  seconds: 1,
  m: 60,
  min: 60,
  minute: 60,
  minutes: 60,
  h: 3600,
  hr: 3600,
  hour: 3600,
  hours: 3600,
  d: 86_400,
  day: 86_400,
  days: 86_400,
};

/** Seconds of a time span as `90`, `1min 30s` or `infinity`. Throws UnitFileError on anything else. */
export function parseTimeSpan(text: string): number {
  if (text === "infinity") return Number.POSITIVE_INFINITY;
  if (!/^(\d+(\.\d+)?\s*[a-z]*\s*)+$/.test(text))
    throw new UnitFileError(`Failed to parse time span: ${text}`);
  return [...text.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]*)/g)].reduce((sum, [, number, unit]) => {
    const seconds = unit === "" ? 1 : SECONDS[unit ?? ""];
    if (seconds === undefined) throw new UnitFileError(`Failed to parse time span: ${text}`);
    return sum + Number(number) * seconds;
  }, 0);
}

/** Where the processes of a unit find their credentials. */
export function credentialsDirectory(unitName: string): string {
  return `/run/credentials/${unitName}`;
}

/** Replaces `%n` and the like. Throws UnitFileError for a specifier that the sandbox does not know. */
export function resolveSpecifiers(text: string, unitName: string, user: string): string {
  const withoutType = unitName.replace(/\.[a-z]+$/, "");
  const [prefix = "", instance = ""] = withoutType.split(/@(.*)/s);
  const values: Record<string, string> = {
    "%": "%",
    n: unitName,
    N: withoutType,
    p: prefix,
    i: instance,
    I: instance,
    d: credentialsDirectory(unitName),
    t: "/run",
    S: "/var/lib",
    C: "/var/cache",
    L: "/var/log",
    E: "/etc",
    T: "/tmp",
    u: user,
  };
  return text.replaceAll(/%(.?)/g, (_, specifier: string) => {
    const value = values[specifier];
    if (value === undefined) throw new UnitFileError(`Failed to resolve unit specifiers in ${text}`);
    return value;
  });
}

/** `${NAME}` is replaced inside a word; a word that is `$NAME` becomes the words of the value. */
export function expandVariables(word: string, environment: Readonly<Record<string, string>>): string[] {
  const [, whole] = /^\$([A-Za-z_]\w*)$/.exec(word) ?? [];
  if (whole !== undefined) return (environment[whole] ?? "").split(/\s+/).filter((part) => part !== "");
  return [word.replaceAll(/\$\{([A-Za-z_]\w*)\}/g, (_, name: string) => environment[name] ?? "")];
}
