import { randomBytes, randomInt } from "node:crypto";
import { noteSecret, SecretKind } from "../../canaries/secrets.ts";
import type { Properties, Resource, ResourceType } from "../resourceType.ts";
import { lengthFailures } from "./length.ts";

const CHARACTERS = {
  lower: "abcdefghijklmnopqrstuvwxyz",
  upper: "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
  numeric: "0123456789",
  special: "!@#$%&*()-_=+[]{}<>:?",
} as const;
type CharacterClass = keyof typeof CHARACTERS;

const CLASSES: readonly CharacterClass[] = ["lower", "upper", "numeric", "special"];

/** What the real provider gives every password as its id: the value itself must not stand there. */
const ID = "none";

/** `random.RandomPassword`: made once, kept in the state, never read from anywhere. */
export const randomPasswordType: ResourceType<undefined> = {
  token: "random:index/randomPassword:RandomPassword",
  replaceOn: [
    "keepers",
    "length",
    "lower",
    "minLower",
    "minNumeric",
    "minSpecial",
    "minUpper",
    "number",
    "numeric",
    "overrideSpecial",
    "special",
    "upper",
  ],
  secretOutputs: ["bcryptHash", "result"],
  plannedDefaults: {
    lower: true,
    minLower: 0,
    minNumeric: 0,
    minSpecial: 0,
    minUpper: 0,
    number: true,
    numeric: true,
    special: true,
    upper: true,
  },
  check: lengthFailures,

  async create(_client, inputs) {
    const result = password(inputs);
    noteSecret(SecretKind.Password, result);
    return resourceOf(result, inputs);
  },

  /** An import's id is the password; what is in the state stays as it is. */
  async read(_client, id, state) {
    return resourceOf(state["result"] ?? id, state);
  },
};

function pick(characters: string, count: number): string[] {
  return Array.from({ length: count }, () => characters[randomInt(characters.length)] ?? "");
}

function password(inputs: Properties): string {
  const charactersOf = (name: CharacterClass): string =>
    name === "special" ? (inputs["overrideSpecial"] ?? CHARACTERS.special) : CHARACTERS[name];
  const minimum = {
    lower: "minLower",
    upper: "minUpper",
    numeric: "minNumeric",
    special: "minSpecial",
  } as const;
  const required = CLASSES.flatMap((name) => pick(charactersOf(name), Number(inputs[minimum[name]] ?? 0)));
  const allowed = CLASSES.filter((name) => inputs[name] !== false)
    .map(charactersOf)
    .join("");
  const characters = [...required, ...pick(allowed, Number(inputs["length"]) - required.length)];
  for (let last = characters.length - 1; last > 0; last -= 1) {
    const other = randomInt(last + 1);
    [characters[last], characters[other]] = [characters[other] ?? "", characters[last] ?? ""];
  }
  return characters.join("");
}

function resourceOf(result: string, inputs: Properties): Resource {
  const { bcryptHash, ...given } = inputs;
  return {
    id: ID,
    // A stand-in: it looks like a hash and is none. Nothing here compares passwords.
    outputs: {
      ...given,
      result,
      bcryptHash: bcryptHash ?? `$2a$10$${randomBytes(40).toString("hex").slice(0, 53)}`,
    },
  };
}
