import { expect, it } from "vitest";
import { seemGone } from "../../leftovers/gone.ts";
import { OrphanKind } from "../../operations/choices.ts";

const RECORD = "cloudflare:index/dnsRecord:DnsRecord";
const held = (type: string, id: string) => ({
  urn: `urn:${id}`,
  type,
  name: `acme-${id}`,
  tenant: "acme",
  id,
});

it("what Cloudflare does not list any more seems to be gone, and nothing else", () => {
  const listed = {
    kind: OrphanKind.Record,
    id: "there",
    name: "acme.example.com",
    tenant: "acme",
    createdAt: undefined,
  };
  const all = [
    held(RECORD, "there"),
    held(RECORD, "deleted"),
    held("cloudflare:index/r2BucketLifecycle:R2BucketLifecycle", "missing ID"),
    held("aws:ssm/parameter:Parameter", "/tenant-edge/prod/acme/tunnel-token"),
  ];
  expect(seemGone("prod", [listed], all)).toEqual([held(RECORD, "deleted")]);
});

it("a chosen bucket and its keys are in no listing, and so do not seem to be gone", () => {
  const bucket = (id: string) => held("cloudflare:index/r2Bucket:R2Bucket", id);
  const token = held("cloudflare:index/accountToken:AccountToken", "key");
  expect(seemGone("prod", [], [bucket("chosen"), token])).toEqual([]);
  expect(seemGone("prod", [], [bucket("te-prod-acme"), token])).toEqual([bucket("te-prod-acme"), token]);
});
