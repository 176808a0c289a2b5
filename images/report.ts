/** The survey of images, for people and for machines. */
import Table from "cli-table3";
import { ImageState, type Misfit, needsAttention, type PinState } from "./state.ts";
import type { Survey, SurveyedPin } from "./survey.ts";

const dayOf = (date: string | undefined): string => date?.slice(0, 10) ?? "date unknown";

function hostOf({ tenantId, instanceType }: Misfit): string {
  return tenantId === undefined ? instanceType : `${instanceType} of ${tenantId}`;
}

function status({ state, pinned, daysBehind, misfits }: PinState): string {
  const lines: string[] = [];
  if (state === ImageState.behind) {
    lines.push(
      daysBehind === undefined ? state : `${state} by ${daysBehind} ${daysBehind === 1 ? "day" : "days"}`,
    );
  } else if (state === ImageState.own) {
    lines.push(`${state}, by ${pinned?.ownerId ?? "another account"}`);
  } else if (state === ImageState.gone) {
    lines.push(`${state}: a replacement of the host`, "for any other reason would fail");
  } else lines.push(state);
  for (const misfit of misfits) {
    lines.push(
      `${hostOf(misfit)} is ${misfit.architecture},`,
      `the image ${pinned?.architecture ?? "is not"}`,
    );
  }
  return lines.join("\n");
}

function table(pins: readonly SurveyedPin[]): string {
  const shown = new Table({
    head: ["stack", "region", "architecture", "pinned at", "pinned image", "newest image", ""],
    style: { head: [], border: [] },
  });
  for (const { stack, pin, state } of pins) {
    const { pinned, newest } = state;
    shown.push([
      stack.name,
      stack.region,
      state.architecture,
      pin.tenantId === undefined ? pin.path : `${pin.path}\n(${pin.tenantId})`,
      pinned === undefined ? pin.imageId : `${pin.imageId}\n${dayOf(pinned.creationDate)}`,
      `${newest.id}\n${dayOf(newest.creationDate)}`,
      status(state),
    ]);
  }
  return shown.toString();
}

/** What writes a value that has no line of its own yet. */
function command(stack: string, path: string, imageId: string): string {
  return `pulumi config set --stack ${stack} --path '${path}' ${imageId}`;
}

/** What to write, and where. Nothing for an own image: only its owner knows the next one. */
function correction({ stack, pin, state }: SurveyedPin): string[] {
  const { architecture, newest, pinned } = state;
  if (!needsAttention(state)) return [];
  if (pinned !== undefined && !pinned.amazon) {
    return [`${stack.file}, ${pin.path}: an own image of the architecture ${architecture}`];
  }
  const partial = state.state === ImageState.misfit ? [] : state.misfits;
  const lines = partial.map(({ ownPath = "", newestId }) => command(stack.name, ownPath, newestId));
  if (state.state === ImageState.upToDate) return lines;
  const line = stack.lineWith(pin, newest.id);
  const written =
    line === undefined
      ? command(stack.name, pin.path, newest.id)
      : `${stack.file}:${line.number}\n${line.text}`;
  return [written, ...lines];
}

/** An image that cannot be seen has one of several causes, which AWS does not tell apart. */
const GONE =
  "gone: with these credentials no image of that id can be launched. It was deregistered, belongs to another account\n" +
  "that does not share it, or is not among the account's allowed AMIs.";

/** A table, and the lines that would bring the stacks up to date. */
export function textReport({ pins }: Survey): string {
  if (pins.length === 0) return "No stack that could be looked at pins an image.";
  const corrections = pins.flatMap(correction);
  if (corrections.length === 0) return `${table(pins)}\n\nNothing to do.`;
  return [
    table(pins),
    ...(pins.some(({ state }) => state.state === ImageState.gone) ? [GONE] : []),
    "To write into the stack files (nothing has been changed):",
    ...corrections,
    "The next `pulumi up` then replaces the hosts of these stacks with no gap: an old one goes when the new one\n" +
      "is connected. Until then both count against the account's quota of vCPUs.",
  ].join("\n\n");
}

/** The same as JSON. The keys stay as they are; new ones may come. */
export function jsonReport({ pins, problems }: Survey): string {
  const images = pins.map(({ stack, pin, state }) => ({
    stack: stack.name,
    file: stack.file,
    line: stack.lineWith(pin, state.newest.id)?.number,
    path: pin.path,
    tenant: pin.tenantId,
    region: stack.region,
    architecture: state.architecture,
    state: state.state,
    daysBehind: state.daysBehind,
    needsAttention: needsAttention(state),
    pinned: { id: pin.imageId, ...state.pinned },
    newest: state.newest,
    misfits: state.misfits,
  }));
  return JSON.stringify({ images, problems }, null, 2);
}
