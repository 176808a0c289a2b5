/** All pinned images of all stacks, compared with what AWS has. */
import { type ImageCatalogue, readCatalogue } from "./catalogue.ts";
import type { ImagePin } from "./pins.ts";
import type { Stack, StackFiles } from "./stackFiles.ts";
import { type PinState, pinState } from "./state.ts";

export interface SurveyedPin {
  stack: Stack;
  pin: ImagePin;
  state: PinState;
}

export interface Survey {
  pins: SurveyedPin[];
  /** Why a stack is not in `pins`. */
  problems: { stack: string; message: string }[];
}

/** Where stacks have the same answers from AWS. */
const placeOf = ({ region, profile }: Stack): string => JSON.stringify([region, profile]);

/**
 * Asks every region once. One that does not answer does not keep the others from being asked.
 *
 * @param read default: AWS itself.
 */
export async function survey({ stacks, problems }: StackFiles, read = readCatalogue): Promise<Survey> {
  const places = Map.groupBy(stacks, placeOf);
  const catalogues = new Map<string, ImageCatalogue | string>();
  await Promise.all(
    [...places].map(async ([place, members]) => {
      const [{ region, profile } = { region: "", profile: undefined }] = members;
      const ids = members.flatMap(({ pins }) => pins.map(({ imageId }) => imageId));
      const answer = await read(region, profile, ids).catch((error: unknown) =>
        error instanceof Error ? error.message : String(error),
      );
      catalogues.set(place, answer);
    }),
  );
  const found: Survey = { pins: [], problems: [...problems] };
  for (const stack of stacks) {
    const catalogue = catalogues.get(placeOf(stack));
    if (typeof catalogue === "object") {
      found.pins.push(...stack.pins.map((pin) => ({ stack, pin, state: pinState(pin, catalogue) })));
    } else {
      found.problems.push({ stack: stack.name, message: catalogue ?? "AWS was not asked" });
    }
  }
  return found;
}
