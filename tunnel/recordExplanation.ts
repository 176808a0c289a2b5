/** What to tell an operator whose record Cloudflare refuses because the hostname is taken. */
import { type ErrorHookArgs, log } from "@pulumi/pulumi";

/** "A record with that host already exists", and "an identical record already exists". */
const TAKEN = /"code":\s*(?:81053|81057|81058)\b/;

export function takenExplanation(newestError: string, hostname: string): string | undefined {
  if (!TAKEN.test(newestError)) return undefined;
  return (
    `${hostname} has a record already. If another tenant of this stack has (or had) the hostname, take it from that tenant ` +
    "in an update of its own first, and give it to this one in the next. Otherwise somebody made the record by hand, or " +
    "a public hostname in the dashboard did: delete it there, or give the tenant another subdomain."
  );
}

/** Error hook: explains, and never tries again. */
export async function explainTaken({ errors, name, newInputs }: ErrorHookArgs): Promise<boolean> {
  const explanation = takenExplanation(errors[0] ?? "", String(newInputs?.["name"] ?? "The hostname"));
  if (explanation !== undefined) await log.error(`${name}: ${explanation}`);
  return false;
}
