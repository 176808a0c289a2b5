/** Every address that a setting or a request can name: what leads to a cloud's metadata, to files or gives secrets away is refused. */
import { describe, expect, it } from "vitest";
import { r2ClientSettings } from "../../bucket/r2Endpoint.ts";
import { ApiBudget } from "../../clients/apiBudget.ts";
import { CloudflareApi } from "../../clients/cloudflareApi.ts";
import { isMetadataUrl } from "../../clients/outgoingUrl.ts";
import { MIRROR_URL } from "../../host/texts.ts";
import { AnswerFinding } from "../../probes/condition.ts";
import { visitHostname } from "../../probes/visitHostname.ts";
import { parseStorageUrl } from "../../storage/storageUrl.ts";
import { problemsOf, rawStack } from "../config/stacks.ts";
import { startTestService } from "../service/testService.ts";

/** As people write the address of the metadata service who do not want it to be recognised. */
const METADATA = [
  "http://169.254.169.254",
  "https://169.254.169.254",
  "http://169.254.169.254:80",
  "http://2852039166",
  "http://0xa9fea9fe",
  "http://0251.0376.0251.0376",
  "http://169.254.43518",
  "http://169.254.170.2",
  "http://[fd00:ec2::254]",
  "http://[::ffff:169.254.169.254]",
  "http://[::ffff:a9fe:a9fe]",
  "http://[fe80::a9fe:a9fe]",
  "http://metadata.google.internal",
  "http://METADATA.google.internal.",
  "http://instance-data.ec2.internal",
  "http://100.100.100.200",
  "http://１６９.254.169.254",
];

it.each(METADATA)("%s is the metadata service", (url) => {
  expect(isMetadataUrl(url)).toBe(true);
});

it.each([
  "http://localhost:8080",
  "http://127.0.0.1:8080",
  "http://10.0.0.4",
  "http://[::1]:8080",
  "https://metadata.example.com",
  "https://acme.example.com",
])("%s is not", (url) => {
  expect(isMetadataUrl(url)).toBe(false);
});

const STRANGE = [
  "file:///etc/passwd",
  "gopher://127.0.0.1:6379/_x",
  "ftp://example.com/",
  "data:text/plain,x",
  "javascript:alert(1)",
  "//169.254.169.254",
];
const CREDENTIALS = ["https://user:hunter2@example.com", "https://hunter2@example.com"];
const REFUSED = [...METADATA, ...STRANGE, ...CREDENTIALS];

describe("an app's address", () => {
  it.each(REFUSED)("of a stack file: %s", (service) => {
    const origin = problemsOf(rawStack([{ id: "acme", origin: { service } }]));
    const route = problemsOf(rawStack([{ id: "acme", routes: [{ path: "^/x", service }] }]));
    expect(origin[0]?.path).toBe("tenant-edge:tenants[0].origin.service");
    expect(route[0]?.path).toBe("tenant-edge:tenants[0].routes[0].service");
  });

  it("of a request", async () => {
    const { send, operations } = await startTestService();
    for (const service of REFUSED) {
      const body = { name: "acme", hostname: "acme.example.com", service_url: service };
      expect(await send("POST /api/tunnels", { body }), service).toMatchObject({ status: 422 });
      expect(await send("POST /v1/tenants", { body: { tenant: "acme", service } })).toMatchObject({
        status: 422,
      });
    }
    expect(operations.count("enroll")).toBe(0);
  });
});

it.each(REFUSED)("the endpoint of a storage: %s", (endpoint) => {
  const read = () => parseStorageUrl(`s3://lists/prod?endpoint=${encodeURIComponent(endpoint)}`);
  expect(read).toThrow(/^The location of a storage is an endpoint that is (?!.*hunter2)/);
});

it.each([
  "s3://user:hunter2@lists/prod",
  "gopher://lists/prod",
  "http://169.254.169.254/x",
  "file://host/x",
])("the place of a storage: %s", (url) => {
  expect(() => parseStorageUrl(url)).toThrow(/^The location of a storage is (?!.*hunter2)/);
});

it.each([
  "s3://lists/a%2f%2e%2e%2fother",
  "s3://lists/a%2f..%2fb",
  "s3://lists/%00",
  "s3://lists/a%0ab",
  "s3://lists/%zz",
])("the prefix of a storage: %s", (url) => {
  expect(() => parseStorageUrl(url)).toThrow(/prefix with/);
});

it.each([...REFUSED, "http://example.com/client/v4"])("Cloudflare's API: %s", async (baseUrl) => {
  const api = new CloudflareApi({ apiToken: "token", baseUrl }, new ApiBudget());
  await expect(api.client()).rejects.toThrow(/CLOUDFLARE_BASE_URL is (?!.*hunter2)/);
});

it.each(REFUSED)("the stand-in for R2: %s", (TENANT_EDGE_R2_ENDPOINT) => {
  expect(() => r2ClientSettings("https://x.example.com", { TENANT_EDGE_R2_ENDPOINT })).toThrow(
    /TENANT_EDGE_R2_ENDPOINT is (?!.*hunter2)/,
  );
});

it.each(
  [...REFUSED, "http://mirror.example.com", "https://m.example.com/?x", "https://m.example.com/#x"].filter(
    // A host's curl then fails for want of a certificate.
    (url) => url !== "https://169.254.169.254",
  ),
)("the mirror of cloudflared: %s", (url) => {
  expect(url).not.toMatch(MIRROR_URL.pattern);
});

it.each([...STRANGE, ...METADATA.slice(0, 1)])("a probe's edge: %s", async (url) => {
  const visit = await visitHostname("acme.example.com", url, AbortSignal.timeout(2000));
  expect(visit).toMatchObject({ finding: AnswerFinding.None, status: null });
});
