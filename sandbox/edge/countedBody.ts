/** The body of an answer, whose bytes are counted while it goes to the visitor. */
export function countedBody(
  body: ReadableStream<Uint8Array> | null,
  count: (bytes: number) => void,
): ReadableStream<Uint8Array> | null {
  if (body === null) return null;
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      count(chunk.byteLength);
      controller.enqueue(chunk);
    },
  });
  return body.pipeThrough(counter);
}
