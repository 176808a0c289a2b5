import { createHash } from "node:crypto";
import { DeleteObjectsCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { permissionGroupByName } from "../../../sandbox/cloudflare/permissionGroups.ts";
import { ACCOUNT, collect, type Served, startCloud, ZONE } from "./serve.ts";

const account_id = ACCOUNT;
const zone_id = ZONE;
const NAMES = ["acme", "globex", "initech"];

/** Three tenants' tunnels, records, buckets and keys, with a mark in each, and one of each that is somebody else's. */
async function withTenants(): Promise<Served> {
  const served = await startCloud();
  const { client, cloud } = served;
  for (const name of [...NAMES, "foreign"]) {
    const mark = name === "foreign" ? name : `te-test-${name}`;
    const { id } = await client.zeroTrust.tunnels.cloudflared.create({ account_id, name: mark });
    const content = `${id}.cfargotunnel.com`;
    const comment = name === "foreign" ? {} : { comment: `tenant-edge test/${name}` };
    await client.dns.records.create({ zone_id, type: "CNAME", name, content, ttl: 1, ...comment });
    await client.r2.buckets.create({ account_id, name: mark });
    cloud.tokens.create(ACCOUNT, {
      name: mark,
      policies: [
        {
          effect: "allow",
          permission_groups: [{ id: permissionGroupByName("Workers R2 Storage Bucket Item Write").id }],
          resources: { [`com.cloudflare.edge.r2.bucket.${ACCOUNT}_default_${mark}`]: "*" },
        },
      ],
    });
  }
  return served;
}

describe("what carries a mark", () => {
  it("is found page by page", async () => {
    const { client } = await withTenants();
    const marked = NAMES.map((name) => `te-test-${name}`);
    const comments = async (comment: object) => {
      const records = await collect(client.dns.records.list({ zone_id, comment, per_page: 2 }));
      return records.map(({ name }) => name.replace(".example.com", "")).toSorted();
    };
    expect(await comments({ startswith: "tenant-edge test/" })).toEqual(NAMES);
    expect(await comments({ contains: "/glob" })).toEqual(["globex"]);
    expect(await comments({ present: "true" })).toEqual(NAMES);
    expect(await comments({ absent: "true" })).toEqual(["foreign"]);

    const tunnels = client.zeroTrust.tunnels.cloudflared.list({
      account_id,
      include_prefix: "te-test-",
      is_deleted: false,
      per_page: 2,
    });
    expect((await collect(tunnels)).map(({ name }) => name).toSorted()).toEqual(marked);

    interface BucketPage {
      result: { buckets: { name: string }[] };
      result_info: { cursor?: string };
    }
    const buckets: string[] = [];
    let cursor: string | undefined;
    do {
      const after: string = cursor === undefined ? "" : `&cursor=${cursor}`;
      const page: BucketPage = await client.get<BucketPage>(
        `/accounts/${ACCOUNT}/r2/buckets?name_contains=te-test&per_page=2${after}`,
      );
      buckets.push(...page.result.buckets.map(({ name }) => name));
      cursor = page.result_info.cursor;
    } while (cursor !== undefined);
    expect(buckets).toEqual(marked);

    const tokens = await collect(client.accounts.tokens.list({ account_id, per_page: 2 }));
    expect(tokens.flatMap(({ name = "" }) => (name.startsWith("te-test-") ? [name] : []))).toEqual(marked);
  });

  it("is deleted, a bucket once it is empty", async () => {
    const { client, cloud, token, s3: clientWith } = await withTenants();
    const { id: keyId } = await client.accounts.tokens.verify({ account_id });
    const s3 = clientWith({ id: keyId, secret: createHash("sha256").update(token).digest("hex") });
    const Bucket = "te-test-acme";
    for (const Key of ["a", "b", "c"]) await s3.send(new PutObjectCommand({ Bucket, Key, Body: "x" }));
    await expect(client.r2.buckets.delete(Bucket, { account_id })).rejects.toMatchObject({ status: 409 });
    let left = true;
    while (left) {
      const page = await s3.send(new ListObjectsV2Command({ Bucket, MaxKeys: 2 }));
      const Objects = (page.Contents ?? []).map(({ Key }) => ({ Key: Key ?? "" }));
      const { Errors } = await s3.send(
        new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }),
      );
      expect(Errors).toBeUndefined();
      left = page.IsTruncated === true;
    }
    await client.r2.buckets.delete(Bucket, { account_id });

    const record = cloud.records.lookup("acme.example.com");
    await client.dns.records.delete(record?.id ?? "", { zone_id });
    const [tunnel] = cloud.tunnels.list(ACCOUNT);
    await client.zeroTrust.tunnels.cloudflared.connections.delete(tunnel?.id ?? "", { account_id });
    await client.zeroTrust.tunnels.cloudflared.delete(tunnel?.id ?? "", { account_id });
    const key = cloud.tokens.list(ACCOUNT).find(({ name }) => name === Bucket);
    await client.accounts.tokens.delete(key?.id ?? "", { account_id });

    expect(cloud.buckets.list(ACCOUNT)).toHaveLength(3);
    expect(cloud.records.list(ZONE)).toHaveLength(3);
    expect(cloud.tunnels.list(ACCOUNT).filter(({ deletedAt }) => deletedAt === undefined)).toHaveLength(3);
    expect(cloud.tokens.list(ACCOUNT).map(({ name }) => name)).not.toContain(Bucket);
  });
});
