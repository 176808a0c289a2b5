/** How a pinned image stands to the newest one. */
import type { ImageCatalogue, ImageFacts } from "./catalogue.ts";
import { type ImageArchitecture, imageArchitectureOf } from "./imageArchitecture.ts";
import type { ImagePin, ImageUse } from "./pins.ts";

export const ImageState = {
  /** It is the newest, or was published after it. */
  upToDate: "up to date",
  behind: "behind",
  /** Published by somebody else than Amazon: nothing to compare it with. */
  own: "own image",
  /** No host can be made from it any more. */
  gone: "gone",
  /** None of the hosts can be made from it: their instance types are of the other architecture. */
  misfit: "wrong architecture",
} as const;
export type ImageState = (typeof ImageState)[keyof typeof ImageState];

/** A host whose instance type is of another architecture than the image. */
export interface Misfit extends ImageUse {
  /** Of the instance type. */
  architecture: ImageArchitecture;
  /** The newest image for it. */
  newestId: string;
}

export interface PinState {
  state: ImageState;
  /** Architecture that `newest` is of: that of the hosts, and of the pinned image if some of them have it. */
  architecture: ImageArchitecture;
  /** `undefined` when it is gone. */
  pinned: ImageFacts | undefined;
  newest: { id: string; creationDate: string | undefined };
  /** Whole days between the publication of the two; only for one that is behind. */
  daysBehind: number | undefined;
  /** Hosts that cannot be made from the image. */
  misfits: Misfit[];
}

const DAY = 86_400_000;

function daysBetween(from: string | undefined, to: string | undefined): number | undefined {
  if (from === undefined || to === undefined) return undefined;
  return (Date.parse(to) - Date.parse(from)) / DAY;
}

function stateOf(imageId: string, newest: string, pinned: ImageFacts | undefined, days: number | undefined) {
  if (imageId === newest) return ImageState.upToDate;
  if (pinned === undefined) return ImageState.gone;
  if (!pinned.amazon) return ImageState.own;
  return days !== undefined && days < 0 ? ImageState.upToDate : ImageState.behind;
}

/** @param catalogue of the stack's region; it was asked for the pinned image. */
export function pinState({ imageId, uses }: ImagePin, catalogue: ImageCatalogue): PinState {
  const pinned = catalogue.images.get(imageId);
  const hosts = uses.map((use): Misfit => {
    const architecture = imageArchitectureOf(use.instanceType);
    return { ...use, architecture, newestId: catalogue.newest[architecture] };
  });
  const misfits =
    pinned === undefined ? [] : hosts.filter((host) => host.architecture !== pinned.architecture);
  const fitting = hosts.find((host) => !misfits.includes(host));
  const architecture = fitting?.architecture ?? imageArchitectureOf(uses[0].instanceType);
  const id = catalogue.newest[architecture];
  const creationDate = catalogue.images.get(id)?.creationDate;
  const days = daysBetween(pinned?.creationDate, creationDate);
  const state = fitting === undefined ? ImageState.misfit : stateOf(imageId, id, pinned, days);
  return {
    state,
    architecture,
    pinned,
    newest: { id, creationDate },
    daysBehind: state === ImageState.behind && days !== undefined ? Math.floor(days) : undefined,
    misfits,
  };
}

/** Whether somebody has something to do: a newer image, one that is gone, or one that hosts cannot be made from. */
export function needsAttention({ state, misfits }: PinState): boolean {
  return state === ImageState.behind || state === ImageState.gone || misfits.length > 0;
}
