/** The token that a connector presents: base64 of JSON with account, tunnel and secret, keys in any order. */
import { z } from "zod";

export interface TunnelToken {
  accountId: string;
  tunnelId: string;
  /** Base64, exactly as the tunnel was given it. */
  secret: string;
}

const payload = z.object({ a: z.string().min(1), t: z.uuid(), s: z.base64().min(1) });

export function encodeTunnelToken(token: TunnelToken): string {
  return Buffer.from(JSON.stringify({ a: token.accountId, t: token.tunnelId, s: token.secret })).toString(
    "base64",
  );
}

/** Undefined when the text is no tunnel token. */
export function decodeTunnelToken(text: string): TunnelToken | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  try {
    const { a, t, s } = payload.parse(JSON.parse(Buffer.from(text, "base64").toString("utf8")));
    return { accountId: a, tunnelId: t, secret: s };
  } catch {
    return undefined;
  }
}

const SECRET_BYTES = 32;

/** Whether the text is base64 of at least 32 bytes. */
export function isTunnelSecret(text: string): boolean {
  return z.base64().safeParse(text).success && Buffer.from(text, "base64").length >= SECRET_BYTES;
}
