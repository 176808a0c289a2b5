/** `tenant-edge:tags`: what every AWS service that gets them accepts (IAM and SSM are stricter than EC2). */
import { z } from "zod";
import { text } from "./fields.ts";

/** AWS allows 50 on a resource; the rest is for ours and for those that the account adds by itself. */
export const TAG_LIMIT = 40;

/** In any case: AWS refuses `AWS:` too, and IAM takes keys that differ only in case for the same. */
const RESERVED_PREFIX = /^(?:aws|tenant-edge):/i;

const CHARACTERS = "letters, digits, spaces and _ . : / = + - @";

const tagKey = text(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u, `1 to 128 characters: ${CHARACTERS}`).refine(
  (key) => !RESERVED_PREFIX.test(key),
  { error: "a key that begins neither with aws: (AWS keeps it) nor with tenant-edge: (our own tags)" },
);
const tagValue = text(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u, `at most 256 characters: ${CHARACTERS}`);

export const tagsSchema = z
  .record(tagKey, tagValue)
  .refine((tags) => Object.keys(tags).length <= TAG_LIMIT, { error: `at most ${TAG_LIMIT} tags` })
  .meta({ maxProperties: TAG_LIMIT });
