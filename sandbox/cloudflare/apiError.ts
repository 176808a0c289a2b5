/** One entry of the `errors` list of an answer. `error_chain` tells why, as the DNS and header checks do. */
export interface ApiErrorEntry {
  code: number;
  message: string;
  error_chain?: { code: number; message: string }[];
}

/** A refusal: becomes an envelope with `success: false` and this HTTP status. */
export class ApiError extends Error {
  readonly status: number;
  readonly errors: readonly ApiErrorEntry[];

  constructor(status: number, ...errors: ApiErrorEntry[]) {
    super(errors.map((error) => `${error.message} (${error.code})`).join("; "));
    this.name = "ApiError";
    this.status = status;
    this.errors = errors;
  }
}

export function refuse(status: number, code: number, message: string): ApiError {
  return new ApiError(status, { code, message });
}

/** The path names no route or an identifier has not the form it must have. */
export function unroutable(path: string): ApiError {
  return new ApiError(
    404,
    { code: 7003, message: `Could not route to ${path}, perhaps your object identifier is invalid?` },
    { code: 7000, message: "No route for that URI" },
  );
}
