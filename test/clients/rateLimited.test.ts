import { expect, it } from "vitest";
import { pauseWhenLimited } from "../../clients/rateLimited.ts";

const WINDOW = { windowMilliseconds: 300_000 };
const LIMITED =
  'failed to make http request: POST "https://api.cloudflare.com/client/v4/accounts/a/cfd_tunnel": 429 Too Many Requests {"success":false,"errors":[{"code":971,"message":"Please wait and consider throttling your request speed"}]}';
const BROKEN =
  'failed to make http request: POST "https://api.cloudflare.com/client/v4/accounts/a/cfd_tunnel": 502 Bad Gateway';

it("waits a little when the newest failure is the limit", () => {
  expect(pauseWhenLimited([LIMITED], 180_000, WINDOW)).toBe(5_000);
  expect(pauseWhenLimited([LIMITED, BROKEN], 180_000, WINDOW)).toBe(5_000);
});

it("leaves other failures alone, also after a refusal", () => {
  expect(pauseWhenLimited([BROKEN, LIMITED], 0, WINDOW)).toBeUndefined();
  expect(pauseWhenLimited([], 0, WINDOW)).toBeUndefined();
});

it("gives up after four windows", () => {
  expect(pauseWhenLimited([LIMITED], 1_199_999, WINDOW)).toBe(5_000);
  expect(pauseWhenLimited([LIMITED], 1_200_000, WINDOW)).toBeUndefined();
});
