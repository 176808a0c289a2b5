/** Waits for work, but no longer than so. */

/** @param signal cuts the bound short. */
export async function within(
  work: Promise<unknown>,
  milliseconds: number,
  signal?: AbortSignal,
): Promise<void> {
  const bound = new AbortController();
  const timer = setTimeout(() => bound.abort(), milliseconds);
  const stop = AbortSignal.any([bound.signal, ...(signal === undefined ? [] : [signal])]);
  const stopped = new Promise((resolve) => {
    if (stop.aborted) resolve(undefined);
    else stop.addEventListener("abort", resolve, { once: true });
  });
  await Promise.race([work, stopped]);
  clearTimeout(timer);
}
