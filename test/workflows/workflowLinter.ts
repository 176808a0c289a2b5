/** GitHub's own language service, told the inputs of the actions that the workflows use. */
import type { ActionMetadata, ActionReference } from "@actions/languageservice/action";
import { registerLogger } from "@actions/languageservice/log";
import { validate } from "@actions/languageservice/validate";
import { TextDocument } from "vscode-languageserver-textdocument";
import { z } from "zod";
import actionInputs from "./actionInputs.json" with { type: "json" };

/** From the `action.yml` of the pinned releases, or of the newest release before them. */
const ACTIONS = z
  .record(z.string(), z.object({ required: z.array(z.string()), optional: z.array(z.string()) }))
  .parse(actionInputs);

/** A step of the scale that starts with 1, "Error"; 3 is "Information". */
const INFORMATION = 3;

function metadata({ owner, name }: ActionReference): ActionMetadata | undefined {
  const known = ACTIONS[`${owner}/${name}`];
  if (known === undefined) return undefined;
  const inputs = (names: string[], required: boolean) =>
    Object.fromEntries(names.map((input) => [input, { description: "", required }]));
  return {
    name,
    description: "",
    inputs: { ...inputs(known.required, true), ...inputs(known.optional, false) },
  };
}

/** The service reports its own failures to this alone, and then finds nothing. */
const failures: string[] = [];
const ignore = () => {};
registerLogger({ error: (message) => failures.push(message), warn: ignore, info: ignore, log: ignore });

let documents = 0;

/** What is wrong with a workflow or action, as `line: message`. @param path its last part says which of the two it is. */
export async function lint(path: string, text: string): Promise<string[]> {
  documents += 1;
  // The service keeps what it has read by its address, whatever the version.
  const document = TextDocument.create(`file:///${documents}/${path}`, "yaml", 1, text);
  const diagnostics = await validate(document, {
    actionsMetadataProvider: { fetchActionMetadata: async (action) => metadata(action) },
  });
  return [
    ...failures.splice(0),
    ...diagnostics
      .filter(({ severity }) => severity === undefined || severity < INFORMATION)
      .map(({ range, message }) => `${range.start.line + 1}: ${message}`),
  ];
}
