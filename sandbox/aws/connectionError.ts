/** A call that got no answer: whether it took effect nobody knows. */
export class AwsConnectionError extends Error {
  override readonly name = "AwsConnectionError";
}
