import fc from "fast-check";
import { expect, it } from "vitest";
import { because, plain } from "../../clients/failureText.ts";

it("makes any text one bounded line of harmless characters", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 2000 }), (text) => {
      const shown = plain(text);
      expect(shown.length).toBeLessThanOrEqual(200);
      expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
    }),
  );
  expect(plain("red \u001b[31m\nnext \u202e")).toBe("red \\u{1b}[31m\\u{a}next \\u{202e}");
});

it("tells the cause of a failed connection, and Cloudflare's own codes without the rest of the answer", () => {
  const refused = Object.assign(new Error("connect failed"), { code: "ECONNREFUSED" });
  expect(because(new Error("Connection error.", { cause: refused }))).toBe(
    "Connection error.: connect failed (ECONNREFUSED)",
  );
  const answer = Object.assign(new Error("403 {…}"), {
    status: 403,
    errors: [{ code: 10000, message: "Authentication error" }],
  });
  expect(because(answer)).toBe("403, Authentication error (10000)");
  expect([because("text"), because(undefined), because(new TypeError())]).toEqual([
    "text",
    "undefined",
    "TypeError",
  ]);
});

it("takes secrets out", () => {
  const token = "v1-secret-token\n";
  const error = new TypeError(`Headers.append: "Bearer ${token}" is an invalid header value.`);
  expect(because(error, [token, null, undefined, ""])).toBe(
    'Headers.append: "Bearer [secret]\\u{a}" is an invalid header value.',
  );
});
