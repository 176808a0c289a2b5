import { expect, it } from "vitest";
import { type PastRun, type Standing, standingOf } from "../../../operations/engine/standing.ts";

const run = (kind: string, result: string, changes: PastRun["changes"] = {}): PastRun => ({
  kind,
  result,
  changes,
  isFocused: false,
});
const focused = (result: string): PastRun => ({ ...run("update", result), isFocused: true });
const update = run("update", "succeeded", { create: 3 });
const failed = run("update", "failed");

const FINE: Standing = { isSettled: true, isUntouched: true };
const TOUCHED: Standing = { isSettled: true, isUntouched: false };
const BROKEN: Standing = { isSettled: false, isUntouched: false };

it.each<[string, PastRun[], Standing]>([
  ["an update that succeeded", [update, failed], FINE],
  ["one that failed", [failed, update], BROKEN],
  ["a refresh that found all as it was", [run("refresh", "succeeded", { same: 3 }), update], FINE],
  [
    "a refresh that found something gone",
    [run("refresh", "succeeded", { same: 2, delete: 1 }), update],
    TOUCHED,
  ],
  ["a refresh that mends nothing", [run("refresh", "succeeded", { same: 3 }), failed], BROKEN],
  ["a refresh that failed", [run("refresh", "failed"), update], TOUCHED],
  ["a destroy of a part", [run("destroy", "succeeded"), update], TOUCHED],
  ["updates for some tenants", [focused("succeeded"), focused("succeeded"), update], FINE],
  ["an update for some tenants that failed", [focused("failed"), update], BROKEN],
  [
    "one for some tenants, after one that failed for others meanwhile",
    [focused("succeeded"), failed],
    BROKEN,
  ],
  ["updates for some tenants as far as one looks back", [focused("succeeded")], TOUCHED],
  ["none", [], TOUCHED],
])("a stack whose history begins with %s", (_, runs, expected) => {
  expect(standingOf(runs)).toEqual(expected);
});
