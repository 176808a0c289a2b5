import { runtime } from "@pulumi/pulumi";
import { expect, it } from "vitest";
import { cloudflareLimit } from "../../clients/cloudflare.ts";
import { isMadeUpBucket } from "../../components/creationLeftovers.ts";

it("a bucket's name is ours when it is the tenant's very own, and never without a stack file", () => {
  expect(isMadeUpBucket("te-prod-acme", "acme-bucket")).toBe(false);
  runtime.setConfig("tenant-edge:environment", "prod");
  expect(isMadeUpBucket("te-prod-acme", "acme-bucket")).toBe(true);
  expect(isMadeUpBucket("te-prod-globex", "acme-bucket")).toBe(false);
  expect(isMadeUpBucket("te-prod-acme-files", "acme-bucket")).toBe(false);
});

it("the stack file's limit counts, with Cloudflare's own for what it does not say", () => {
  expect(cloudflareLimit()).toBeUndefined();
  runtime.setConfig("tenant-edge:cloudflareLimit", '{"calls":500}');
  expect(cloudflareLimit()).toEqual({ calls: 500, windowSeconds: 300, sharePercent: 80 });
});
