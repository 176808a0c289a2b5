/** What to tell an operator whose record Cloudflare refuses because the hostname is taken. */
export const TAKEN_ADVICE =
  "If another tenant of this stack has (or had) the hostname, take it from that tenant in an update of its own first, and " +
  "give it to this one in the next. Otherwise somebody made the record by hand, or a public hostname in the dashboard " +
  "did: delete it there, or give the tenant another subdomain.";
