import { describe, expect, it } from "vitest";
import { BUCKET_VARIABLES, environmentFile, s3Endpoint } from "../../bucket/credentials.ts";
import { notEmptyExplanation } from "../../bucket/deleteExplanation.ts";
import { r2LifecycleRules } from "../../bucket/lifecycle.ts";

describe("S3 credentials", () => {
  it("have the jurisdiction in their endpoint only where there is one", () => {
    expect(s3Endpoint("abc", "default")).toBe("https://abc.r2.cloudflarestorage.com");
    expect(s3Endpoint("abc", "eu")).toBe("https://abc.eu.r2.cloudflarestorage.com");
  });

  it("are an environment file under the AWS SDKs' names and R2's own", () => {
    const file = environmentFile({
      endpoint: "https://e",
      bucketName: "b",
      region: "auto",
      accessKeyId: "id",
      secretAccessKey: "key",
      keyGeneration: 2,
    });
    expect(BUCKET_VARIABLES.every((name) => file.includes(`${name}=`))).toBe(true);
    expect(
      Object.fromEntries(
        file
          .trim()
          .split("\n")
          .map((line) => line.split("=")),
      ),
    ).toEqual({
      AWS_ENDPOINT_URL_S3: "https://e",
      AWS_REGION: "auto",
      AWS_ACCESS_KEY_ID: "id",
      AWS_SECRET_ACCESS_KEY: "key",
      R2_ENDPOINT: "https://e",
      R2_BUCKET: "b",
      R2_REGION: "auto",
      R2_ACCESS_KEY_ID: "id",
      R2_SECRET_ACCESS_KEY: "key",
      TENANT_EDGE_KEY_GENERATION: "2",
    });
  });
});

describe("lifecycle rules", () => {
  it("keep Cloudflare's own rule, which a document of rules would otherwise remove, and are sorted", () => {
    const rules = r2LifecycleRules([
      { id: "z", expireAfterDays: 1 },
      { id: "B", infrequentAccessAfterDays: 30 },
    ]);
    expect(rules.map(({ id }) => id)).toEqual(["B", "Default Multipart Abort Rule", "z"]);
    expect(rules[2]?.deleteObjectsTransition).toEqual({ condition: { type: "Age", maxAge: 86_400 } });
    expect(r2LifecycleRules([])).toHaveLength(1);
  });
});

describe("a bucket that cannot be deleted", () => {
  it("is explained when it is not empty, and only then", () => {
    const refusal =
      '409 Conflict {"errors":[{"code":10008,"message":"The bucket you tried to delete (b) is not empty (account a)."}]}';
    expect(notEmptyExplanation(refusal)).toMatch(/Nothing in it was touched/);
    expect(notEmptyExplanation('{"errors":[{"code":10006}]}')).toBeUndefined();
  });
});
