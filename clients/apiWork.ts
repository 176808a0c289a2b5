/** For what calls of an API are made: known to whatever is called from within, so that nobody has to hand it on. */
import { AsyncLocalStorage } from "node:async_hooks";

export interface ApiWork {
  /** Shows a line to whoever waits. */
  tell: (text: string) => void;
  /** Leaves a part of the budget to what somebody waits for. */
  isBackground: boolean;
}

const works = new AsyncLocalStorage<ApiWork>();

export const currentWork = (): ApiWork | undefined => works.getStore();

/** Runs work that somebody waits for. */
export function announcing<T>(tell: (text: string) => void, run: () => T): T {
  return works.run({ tell, isBackground: false }, run);
}

/** Runs work that may wait, within another or by itself. */
export function inBackground<T>(run: () => T): T {
  return works.run({ tell: currentWork()?.tell ?? (() => {}), isBackground: true }, run);
}
