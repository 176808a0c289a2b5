/** User data as EC2 takes it: base64 of at most 16 KB. */
import { invalidParameterValue } from "../refusals.ts";

/** Bytes before base64. */
const MAXIMUM_BYTES = 16_384;

/** Throws AWS's refusal for user data that is not base64 or too long. */
export function checkUserData(base64: string): void {
  if (!/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(base64)) {
    throw invalidParameterValue("Invalid BASE64 encoding of user data.");
  }
  if (Buffer.from(base64, "base64").length > MAXIMUM_BYTES) {
    throw invalidParameterValue(`User data is limited to ${MAXIMUM_BYTES} bytes`);
  }
}

export function decodeUserData(base64: string | undefined): string {
  return Buffer.from(base64 ?? "", "base64").toString("utf8");
}
