/** Every row of the recordings of the real providers, asked of the sandbox's over gRPC. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cloudflareProvider } from "../../../sandbox/providers/cloudflare/cloudflareProvider.ts";
import { randomProvider } from "../../../sandbox/providers/random/randomProvider.ts";
import { CloudflareStandIn, success } from "./cloudflareStandIn.ts";
import { ProviderClient } from "./providerClient.ts";
import { type Recording, recordings } from "./recordings.ts";
import { unmarkedUnknowns, type Values } from "./wireValues.ts";

const TIME = "2026-01-02T03:04:05.678Z";
const TUNNEL = "cloudflare:index/zeroTrustTunnelCloudflared:ZeroTrustTunnelCloudflared";
const CONFIG = "cloudflare:index/zeroTrustTunnelCloudflaredConfig:ZeroTrustTunnelCloudflaredConfig";
const RECORD = "cloudflare:index/dnsRecord:DnsRecord";
const BUCKET = "cloudflare:index/r2Bucket:R2Bucket";
const LIFECYCLE = "cloudflare:index/r2BucketLifecycle:R2BucketLifecycle";
const TOKEN = "cloudflare:index/accountToken:AccountToken";
const RANDOM = "random:index/randomBytes:RandomBytes";

function sentAtCreate(create: Recording["create"]): Values {
  return { ...(create.requests[0]?.body as Values | undefined) };
}

/** What the recorder's stand-in for the API answered, in the API's own names. */
const RESULTS: Record<string, (recording: Recording) => unknown> = {
  [TUNNEL]: ({ create, inputs }) => ({
    id: create.id,
    account_tag: inputs.accountId,
    config_src: "cloudflare",
    connections: [],
    conns_active_at: null,
    conns_inactive_at: TIME,
    created_at: TIME,
    deleted_at: null,
    metadata: {},
    name: inputs.name,
    remote_config: true,
    status: "inactive",
    tun_type: "cfd_tunnel",
  }),
  [CONFIG]: ({ create, inputs }) => ({
    account_id: inputs.accountId,
    config: sentAtCreate(create).config,
    created_at: TIME,
    source: "cloudflare",
    tunnel_id: inputs.tunnelId,
    version: 1,
  }),
  [RECORD]: ({ create }) => ({
    ...sentAtCreate(create),
    comment_modified_on: TIME,
    created_on: TIME,
    id: create.id,
    meta: {},
    modified_on: TIME,
    proxiable: true,
    settings: {},
    tags: [],
    tags_modified_on: null,
  }),
  [BUCKET]: ({ create }) => ({
    creation_date: TIME,
    location: "WEUR",
    name: create.id,
    storage_class: "Standard",
  }),
  [LIFECYCLE]: ({ create }) => sentAtCreate(create),
  [TOKEN]: ({ create }) => ({
    ...sentAtCreate(create),
    id: create.id,
    issued_on: TIME,
    last_used_on: null,
    modified_on: TIME,
    status: "active",
    value: (create.outputs.value as Values)["<secret>"],
  }),
};

/** Outputs that the pinned package has and the recorded, older provider had not. */
const NEWER_OUTPUTS = ["creatorEmailAtCreation", "provisionerId", "provisionerType"];
/** Texts that the pinned package words differently from the recorded, older provider. */
const NEWER_TEXTS: [string, string][] = [
  ["Set of access policies assigned to the token.", "List of access policies assigned to the token."],
  ['["default" "eu" "fedramp"]', '["default" "eu" "fedramp" "us"]'],
];
/** The recorder cut longer texts off at these lengths. */
const CUT_OFF = [230, 400];

function pinnedText(recorded: string): string {
  return NEWER_TEXTS.reduce((text, [old, now]) => text.replace(old, now), recorded);
}

/** The recorded text, or for one that was cut off a pattern that it begins. */
function textLike(recorded: string): unknown {
  if (!CUT_OFF.includes(recorded.length)) return pinnedText(recorded);
  return expect.stringMatching(new RegExp(`^${recorded.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")}`));
}

function withoutNewer(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !NEWER_OUTPUTS.includes(name)));
}

function computedNames(values: Values): string[] {
  const names = Object.keys(values).filter((name) => unmarkedUnknowns(values)[name] === "<computed>");
  return names.filter((name) => !NEWER_OUTPUTS.includes(name)).sort();
}

/** The inputs with a recorded change; null takes an argument away. */
function changed(inputs: Values, news: Values): Values {
  const next = Object.entries({ ...inputs, ...news });
  return Object.fromEntries(next.filter(([, value]) => value !== null));
}

/** True for recorded inputs with an argument that the type does not have: "nope", or "ingress" for "ingresses". */
function hasUnknownArgument(inputs: Values): boolean {
  return /"(nope|ingress)":/.test(JSON.stringify(inputs));
}

const ALL: [string, Recording][] = ["cloudflare", "cloudflareLifecycle", "random"].flatMap(recordings);

let api: CloudflareStandIn;
beforeAll(async () => {
  api = await CloudflareStandIn.start();
});
afterAll(() => api.close());

describe.each(ALL)("%s", (token, recording) => {
  let provider: ProviderClient;
  const { checked, create } = recording;
  const state: Values = create.outputs;

  beforeAll(async () => {
    provider = await (token === RANDOM
      ? ProviderClient.of(randomProvider(), token)
      : ProviderClient.of(cloudflareProvider({ baseUrl: api.baseUrl, apiToken: "t".repeat(40) }), token));
    api.answer = () => success(RESULTS[token]?.(recording));
    api.takeRequests();
  });
  afterAll(() => provider.close());

  it("checks the recorded inputs", async () => {
    expect(await provider.check(recording.inputs)).toEqual({ inputs: checked, failures: [] });
  });

  const { refused, mistyped, unknown } = sortedOut(recording);

  it.each(refused)("answers $inputs as recorded", async ({ inputs, failures }) => {
    const expected = failures.map((failure) => ({ ...failure, reason: textLike(failure.reason) }));
    expect((await provider.check(inputs)).failures).toEqual(expected);
  });

  it.each(mistyped)("fails on the type of $inputs as recorded", async ({ inputs, error }) => {
    await expect(provider.check(inputs)).rejects.toMatchObject({ details: textLike(error) });
  });

  it.each(unknown)("refuses the unknown argument in $inputs", async ({ inputs }) => {
    const { failures } = await provider.check(inputs);
    expect(failures).toEqual([
      { property: expect.stringMatching(/nope|ingress/), reason: expect.stringMatching(/^Unknown argument/) },
    ]);
  });

  it("previews a create", async () => {
    const { outputs } = await provider.create(checked, true);
    expect(withoutNewer(unmarkedUnknowns(outputs))).toEqual(recording.createPreview);
    expect(api.takeRequests()).toEqual([]);
  });

  it("creates", async () => {
    const created = await provider.create(checked);
    if (token === RANDOM) expect(Object.keys(created.outputs)).toEqual(Object.keys(create.outputs));
    else expect(created).toEqual({ id: create.id, outputs: create.outputs });
    expect(api.takeRequests()).toEqual(create.requests);
  });

  it("reads", async () => {
    const { outputs, inputs } = await provider.read(create.id, state, checked);
    expect({ outputs, inputs }).toEqual({ outputs: recording.read.outputs, inputs: recording.read.inputs });
    // The recording of buckets leaves the jurisdiction's header out of calls without a body.
    expect(api.takeRequests()).toMatchObject(recording.read.requests);
  });

  it("sees no difference before or after a refresh", async () => {
    const unchanged = { oldInputs: checked, news: checked };
    const none = { changes: "NONE", diffs: [], replaces: [] };
    expect(await provider.diff({ olds: state, ...unchanged })).toMatchObject(none);
    expect(await provider.diff({ olds: recording.read.outputs, ...unchanged })).toMatchObject(none);
  });

  it.each(recording.changes)("plans the change $change", async (row) => {
    const change = { olds: state, oldInputs: checked, news: changed(checked, row.news) };
    const { changes, diffs, replaces } = await provider.diff(change);
    expect({ changes, diffs: diffs.filter((name) => !NEWER_OUTPUTS.includes(name)), replaces }).toEqual({
      changes: row.changes,
      diffs: row.diffs,
      replaces: row.replaces,
    });
    if (row.updatePreviewComputed !== undefined) {
      const preview = await provider.update(create.id, change, true);
      expect(computedNames(preview)).toEqual(row.updatePreviewComputed);
    }
  });

  it("deletes", async () => {
    await provider.delete(create.id, state);
    expect(api.takeRequests()).toMatchObject(recording.delete.requests);
  });
});

function sortedOut({ invalid }: Recording) {
  const rows = invalid.map((row) => ({ ...row, failures: row.failures ?? [], error: row.error ?? "" }));
  const known = rows.filter((row) => !hasUnknownArgument(row.inputs));
  return {
    refused: known.filter((row) => row.error === ""),
    mistyped: known.filter((row) => row.error !== ""),
    unknown: rows.filter((row) => hasUnknownArgument(row.inputs)),
  };
}
