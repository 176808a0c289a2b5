import { describe, expect, it } from "vitest";
import { lifecycleRecord } from "../../../config/lifecycleRecord.ts";
import { settingsDigest } from "../../../config/settingsDigest.ts";
import { parseDeployed } from "../../../lifecycle/deployed.ts";
import { checkConfiguration } from "../../../operations/configuration.ts";
import { focusOf, type StackState, staysInFocus } from "../../../operations/engine/focus.ts";
import type { Step } from "../../../operations/engine/steps.ts";
import { output } from "../../lifecycle/outputs.ts";
import { alone, type Entry, stackFile } from "../fakeContext.ts";

const withHost = (id: string, more: object = {}): Entry => ({ id, ...more });
const configured = (entries: Entry[], settings: Record<string, unknown> = {}) =>
  checkConfiguration(stackFile(settings), { entries, location: "the list" });

/** A stack whose last update ended well, with these tenants. */
function deployed(entries: Entry[], changes: Partial<NonNullable<StackState["contents"]>> = {}): StackState {
  const { tenants, settings, region } = configured(entries);
  const digest = settingsDigest(settings, region);
  const outputs = tenants.map((tenant) => {
    const { id, host } = tenant;
    const hostReports = host === undefined ? [] : [`/tenant-edge/prod/${id}/host-report`];
    return [id, { ...output(id), hostReports, ...lifecycleRecord(tenant, null, digest) }];
  });
  const contents = {
    stack: "prod",
    root: "urn",
    deployed: parseDeployed(Object.fromEntries(outputs)),
    resourceIds: new Set<string>(),
    held: [],
    pending: [],
    hasNetwork: tenants.some(({ needsNetwork }) => needsNetwork),
    ...changes,
  };
  return { contents, isSettled: true, isUntouched: true };
}

const [acme, globex, initech] = [withHost("acme"), withHost("globex"), withHost("initech")];
const forOf = (...tenants: string[]) => [{ tenants }];

describe("a run is for the tenants of the change alone", () => {
  it.each([
    ["a new one", [acme, globex, initech], [acme, globex], ["initech"]],
    ["a changed one", [acme, { ...globex, displayName: "Globex Inc." }], [acme, globex], ["globex"]],
    ["one that goes", [acme], [acme, globex], ["globex"]],
    ["two of them", [acme, globex, initech], [acme], ["initech", "globex"]],
    [
      "one without hosts, where nobody has any",
      [alone("acme"), alone("globex")],
      [alone("acme")],
      ["globex"],
    ],
  ])("when nothing else has changed: %s", (_, list, before, tenants) => {
    expect(focusOf(configured(list), forOf(...tenants), deployed(before))).toEqual(tenants);
  });
});

describe("a run is for the whole stack", () => {
  const list = configured([acme, globex, initech]);
  const enrolled = forOf("initech");
  const before = deployed([acme, globex]);
  const operation = { urn: "u", type: "t", name: "acme-x", tenant: "acme", action: "creating" };

  it.each<[string, StackState]>([
    ["of a stack that does not exist", { ...before, contents: undefined }],
    ["after an update that failed", { ...before, isSettled: false }],
    ["after a refresh that found something gone", { ...before, isUntouched: false }],
    ["after one that was killed", deployed([acme, globex], { pending: [operation] })],
    ["when another tenant was never deployed", deployed([acme])],
    ["when another entry was changed", deployed([acme, { ...globex, displayName: "Globex Inc." }])],
    ["when another tenant is no longer listed", deployed([acme, globex, withHost("hooli")])],
  ])("%s", (_, state) => {
    expect(focusOf(list, enrolled, before)).toEqual(["initech"]);
    expect(focusOf(list, enrolled, state)).toBeUndefined();
  });

  it("when what another tenant was made of cannot be read", () => {
    const state = deployed([acme, globex], {
      deployed: parseDeployed({ acme: "no object", globex: output("globex") }),
    });
    expect(focusOf(list, enrolled, state)).toBeUndefined();
  });

  it.each([
    ["tags", { tags: { team: "edge" } }],
    ["network", { network: { cidrBlock: "10.1.0.0/16" } }],
    [
      "kmsKeyArn",
      {
        kmsKeyArn: `arn:aws:kms:eu-west-1:111122223333:key/${"0".repeat(8)}-0000-4000-8000-${"0".repeat(12)}`,
      },
    ],
  ])("when other settings have changed: %s", (_, settings) => {
    expect(focusOf(configured([acme, globex, initech], settings), enrolled, before)).toBeUndefined();
  });

  it("when a host is replaced though nothing was changed", () => {
    const replaced = [{ tenants: ["initech"], replaceHostsOf: ["initech"] }];
    expect(focusOf(list, replaced, before)).toBeUndefined();
  });

  it.each([
    ["comes with the first host", [alone("acme"), globex], [alone("acme")]],
    ["may go with the last host", [alone("acme"), alone("globex")], [alone("acme"), globex]],
    [
      "may go with a disabled tenant, which may have had the last host",
      [alone("acme")],
      [
        alone("acme"),
        withHost("globex", {
          disabled: { since: "2026-11-22T10:00:00Z", keepUntil: "2026-12-22T10:00:00Z" },
        }),
      ],
    ],
  ])("when the network %s", (what, after, present) => {
    const state = deployed(present, { hasNetwork: what.startsWith("may go") });
    expect(focusOf(configured(after), forOf("globex"), state)).toBeUndefined();
  });

  it("when the network is there for another stack alone, whose file may be another now", () => {
    const [list, present] = [[alone("acme"), alone("globex")], [alone("acme")]];
    expect(focusOf(configured(list), forOf("globex"), deployed(present))).toEqual(["globex"]);
    expect(
      focusOf(configured(list), forOf("globex"), deployed(present, { hasNetwork: true })),
    ).toBeUndefined();
  });

  it("but not when the hosts live in another stack's network", () => {
    const network = { network: { stack: "prod" } };
    const before = deployed([alone("acme")], { hasNetwork: false });
    const digest = settingsDigest(configured([], network).settings, "eu-west-1");
    for (const tenant of before.contents?.deployed.tenants.values() ?? []) tenant.settingsDigest = digest;
    expect(focusOf(configured([alone("acme"), globex], network), forOf("globex"), before)).toEqual([
      "globex",
    ]);
  });

  it.each([
    "network",
    "network-vpc",
    "network-private",
  ])("when %s is the name of a part of the network", (id) => {
    const list = configured([acme, globex, withHost(id)]);
    expect(focusOf(list, forOf(id), before)).toBeUndefined();
  });

  it("when nobody is named", () => {
    expect(focusOf(configured([acme, globex]), forOf(), before)).toBeUndefined();
  });

  it("when there is no tenant that could be left out", () => {
    expect(focusOf(configured([acme]), forOf("acme"), deployed([]))).toBeUndefined();
    const related = [acme, withHost("acme-eu")];
    expect(focusOf(configured(related), forOf("acme"), deployed(related))).toBeUndefined();
  });
});

it.each([
  ["a change of a tenant in focus", "create", "acme", true],
  ["nothing to do for another one", "same", "globex", true],
  ["a change of another one", "update", "globex", false],
  ["a change of what is shared", "create", "", false],
])("a preview with %s", (_, action, tenant, expected) => {
  const step: Step = { urn: "u", type: "t", name: "n", tenant, action };
  expect(staysInFocus([step], ["acme"])).toBe(expected);
});
