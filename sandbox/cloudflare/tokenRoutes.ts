import type { Hono } from "hono";
import { refuse } from "./apiError.ts";
import { type ApiEnvironment, onAccount } from "./authentication.ts";
import { booleanQuery, paginate, succeed } from "./envelope.ts";
import { Level, PERMISSION_GROUPS } from "./permissionGroups.ts";
import { readBody } from "./requestBody.ts";
import { type Token, TokenStatus, type Tokens, tokenInput } from "./tokens.ts";

const PATH = "/accounts/:account{[0-9a-f]{32}}/tokens";
const ONE = `${PATH}/:token{[0-9a-f]{32}}` as const;
const PAGE = { default: 20, max: 50 };

/** Account-owned tokens, and the check of the token that asks. */
export function tokenRoutes(app: Hono<ApiEnvironment>, tokens: Tokens): void {
  const mayRead = onAccount(["Account API Tokens"], Level.read);
  const mayWrite = onAccount(["Account API Tokens"], Level.write);
  const invalid = (problem: string) => refuse(400, 1001, `Invalid token: ${problem}`);
  const shown = (token: Token) => present(token, tokens.statusOf(token));

  app.get(`${PATH}/verify`, (c) => {
    const token = c.get("token");
    if (token.accountId !== c.req.param("account")) throw refuse(401, 1000, "Invalid API Token");
    return succeed(c, {
      id: token.id,
      status: tokens.statusOf(token),
      ...(token.expiresOn === undefined ? {} : { expires_on: token.expiresOn }),
      ...(token.notBefore === undefined ? {} : { not_before: token.notBefore }),
    });
  });
  // Only tokens of users can be verified here, and every token of this cloud is an account's.
  app.get("/user/tokens/verify", () => {
    throw refuse(401, 1000, "Invalid API Token");
  });

  app.get(`${PATH}/permission_groups`, mayRead, (c) => {
    const { name, scope } = c.req.query();
    return succeed(
      c,
      PERMISSION_GROUPS.filter(
        (group) =>
          (name === undefined || group.name === name) &&
          (scope === undefined || group.scopes.some((known) => known === scope)),
      ),
    );
  });

  app.get(PATH, mayRead, (c) => {
    const withExpired = booleanQuery(c, "include_expired") ?? true;
    const all = tokens
      .list(c.req.param("account"))
      .filter((token) => withExpired || tokens.statusOf(token) !== TokenStatus.expired);
    if (c.req.query("direction") === "desc") all.reverse();
    const { items, info } = paginate(c, all, PAGE);
    return succeed(c, items.map(shown), info);
  });

  app.post(PATH, mayWrite, async (c) => {
    const input = await readBody(c, tokenInput, invalid);
    const { token, value } = tokens.create(c.req.param("account"), input, c.get("token"));
    return succeed(c, { ...shown(token), value });
  });

  app.get(ONE, mayRead, (c) =>
    succeed(c, shown(tokens.require(c.req.param("account"), c.req.param("token")))),
  );

  app.put(ONE, mayWrite, async (c) => {
    const input = await readBody(c, tokenInput, invalid);
    return succeed(
      c,
      shown(tokens.replace(c.req.param("account"), c.req.param("token"), input, c.get("token"))),
    );
  });

  app.delete(ONE, mayWrite, (c) => {
    tokens.delete(c.req.param("account"), c.req.param("token"));
    return succeed(c, { id: c.req.param("token") });
  });

  app.put(`${ONE}/value`, mayWrite, (c) =>
    succeed(c, tokens.roll(c.req.param("account"), c.req.param("token"))),
  );
}

function present(token: Token, status: TokenStatus): object {
  return {
    id: token.id,
    name: token.name,
    status,
    issued_on: token.issuedOn,
    modified_on: token.modifiedOn,
    ...(token.lastUsedOn === undefined ? {} : { last_used_on: token.lastUsedOn }),
    ...(token.notBefore === undefined ? {} : { not_before: token.notBefore }),
    ...(token.expiresOn === undefined ? {} : { expires_on: token.expiresOn }),
    ...(token.condition === undefined ? {} : { condition: token.condition }),
    policies: token.policies,
  };
}
