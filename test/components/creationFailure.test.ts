/** What the hooks do about failures that need no look at the clouds. */
import type { ErrorHookArgs } from "@pulumi/pulumi";
import { beforeEach, expect, it } from "vitest";
import { type FailureClock, onFailure } from "../../components/creationFailure.ts";
import { KnownRecords } from "../../components/knownRecords.ts";

const TUNNEL = "cloudflare:index/zeroTrustTunnelCloudflared:ZeroTrustTunnelCloudflared";
const BUCKET = "cloudflare:index/r2Bucket:R2Bucket";
const LIMITED = 'failed to make http request: POST "https://api": 429 Too Many Requests {"success":false}';

let pauses: number[];
let told: string[];
let elapsed: number;

beforeEach(() => {
  pauses = [];
  told = [];
  elapsed = 0;
});

const clock: FailureClock = {
  elapsed: () => elapsed,
  async pause(milliseconds) {
    pauses.push(milliseconds);
  },
  async note(text) {
    told.push(text);
  },
  async complain(text) {
    told.push(`error: ${text}`);
  },
};

function failure(changes: Partial<ErrorHookArgs>): ErrorHookArgs {
  const urn = `urn:pulumi:prod::tenant-edge::tenant-edge:index:Tenant$${TUNNEL}::acme-tunnel`;
  return {
    urn,
    id: "",
    name: "acme-tunnel",
    type: TUNNEL,
    failedOperation: "create",
    errors: [""],
    ...changes,
  };
}

const retries = (changes: Partial<ErrorHookArgs>) =>
  onFailure(failure(changes), new KnownRecords(clock.pause), clock);

it.each([
  "create",
  "update",
  "delete",
])("waits for Cloudflare's limit and tries again: %s", async (failedOperation) => {
  expect(await retries({ failedOperation, errors: [LIMITED] })).toBe(true);
  expect(pauses).toEqual([expect.any(Number)]);
  expect(told).toEqual([
    expect.stringMatching(/^acme-tunnel: Cloudflare's limit is reached; trying again in \d+ s$/),
  ]);
});

it("waits for the limit in a few windows and no longer", async () => {
  elapsed = 24 * 3_600_000;
  expect(await retries({ failedOperation: "update", errors: [LIMITED] })).toBe(false);
});

it("waits for a tunnel's connections", async () => {
  const errors = [
    '400 Bad Request {"errors":[{"code":1022,"message":"This tunnel has active connections."}]}',
  ];
  expect(await retries({ failedOperation: "delete", errors })).toBe(true);
  expect(pauses).toEqual([1_000]);
  expect(await retries({ failedOperation: "delete", errors, type: BUCKET })).toBe(false);
});

it("says what to do about a bucket with objects, and does not try again", async () => {
  const errors = ['409 Conflict {"errors":[{"code":10008}]}'];
  expect(await retries({ failedOperation: "delete", type: BUCKET, name: "acme-bucket", errors })).toBe(false);
  expect(told).toEqual([expect.stringMatching(/^error: acme-bucket: the bucket still has objects/)]);
});

it("says what takes out of the state what was deleted before", async () => {
  const errors = [
    'failed to make http request: DELETE "https://api": 404 Not Found {"success":false,"errors":[{"code":1003}]}',
  ];
  expect(await retries({ failedOperation: "delete", errors })).toBe(false);
  expect(told).toEqual([
    expect.stringMatching(/^error: acme-tunnel: it was deleted before.*tenant-edge repair/),
  ]);
});

it.each([
  ["a refusal that is no clash", { errors: ['403 Forbidden {"errors":[{"code":10000}]}'] }],
  ["an update of a taken name", { failedOperation: "update", errors: ['409 {"errors":[{"code":1013}]}'] }],
  ["what was removed again and again", { errors: Array(4).fill('409 {"errors":[{"code":1013}]}') }],
])("leaves %s alone, without a call", async (_, changes) => {
  expect(await retries(changes)).toBe(false);
  expect([pauses, told]).toEqual([[], []]);
});

it("knows a tenant's other records as soon as each is there or could not be made", async () => {
  const records = new KnownRecords(clock.pause);
  const promise = (id: string | undefined) =>
    ({ apply: (tell: (value: string) => void) => id !== undefined && tell(id) }) as never;
  const record = (id: string | undefined) => ({ id: promise(id) }) as never;
  records.watch("acme-record", record("r1"), "mark", "account");
  records.watch("acme-record-b", record(undefined), "mark", "account");
  records.watch("globex-record", record(undefined), "other", "account");
  expect(await records.others("acme-record-b")).toEqual(new Set(["r1"]));
  expect(await records.others("acme-record")).toBeUndefined();
  records.tell("acme-record-b", "");
  expect(await records.others("acme-record")).toEqual(new Set());
});

it("says which command removes what has the place of a part of the network, and tries nothing itself", async () => {
  const errors = ["api error InvalidSubnet.Conflict: The CIDR '10.0.0.0/20' conflicts with another subnet"];
  const subnet = { name: "network-public", type: "aws:ec2/subnet:Subnet", errors };
  expect(await retries(subnet)).toBe(false);
  expect(told).toEqual([expect.stringMatching(/^error: network-public: .*tenant-edge repair removes it/)]);
  expect(await retries({ ...subnet, errors: ["api error UnauthorizedOperation"] })).toBe(false);
  expect(told).toHaveLength(1);
});
