import type { Hono } from "hono";
import { refuse } from "./apiError.ts";
import { type ApiContext, type ApiEnvironment, onAccount } from "./authentication.ts";
import { lifecycleInput } from "./bucketLifecycle.ts";
import { type Bucket, type BucketAddress, type Buckets, bucketInput, storageClass } from "./buckets.ts";
import { positiveInteger, succeed } from "./envelope.ts";
import { Level } from "./permissionGroups.ts";
import { readBody } from "./requestBody.ts";
import { Jurisdiction } from "./tokenPolicy.ts";

const PATH = "/accounts/:account{[0-9a-f]{32}}/r2/buckets";
const ONE = `${PATH}/:bucket` as const;
const PAGE = { default: 20, max: 1000 };

export function bucketRoutes(app: Hono<ApiEnvironment>, buckets: Buckets): void {
  const mayRead = onAccount(["Workers R2 Storage"], Level.read);
  const mayWrite = onAccount(["Workers R2 Storage"], Level.write);
  const invalid = (problem: string) =>
    refuse(400, 10040, `The JSON you provided was not well formed. ${problem}`);

  app.get(PATH, mayRead, (c) => {
    const { name_contains: part, start_after: after, direction } = c.req.query();
    const cursor = c.req.query("cursor");
    const size = positiveInteger(c, "per_page", PAGE.default, PAGE.max);
    const named = buckets
      .list(c.req.param("account"), jurisdictionOf(c))
      .filter(({ name }) => part === undefined || name.includes(part));
    if (direction === "desc") named.reverse();
    const from = cursor === undefined ? after : Buffer.from(cursor, "base64url").toString("utf8");
    const past = (name: string) => from === undefined || (direction === "desc" ? name < from : name > from);
    const rest = named.filter(({ name }) => past(name));
    const page = rest.slice(0, size);
    const last = page.at(-1)?.name ?? "";
    const next = rest.length > page.length ? { cursor: Buffer.from(last).toString("base64url") } : {};
    return succeed(c, { buckets: page.map(present) }, { ...next, per_page: size });
  });

  app.post(PATH, mayWrite, async (c) => {
    const input = await readBody(c, bucketInput, invalid);
    return succeed(c, present(buckets.create(c.req.param("account"), jurisdictionOf(c), input)));
  });

  app.get(ONE, mayRead, (c) => succeed(c, present(buckets.require(addressOf(c)))));

  // The change is in a header, there is no body.
  app.patch(ONE, mayWrite, (c) => {
    const wanted = storageClass.safeParse(c.req.header("cf-r2-storage-class"));
    if (!wanted.success) throw refuse(400, 10062, "The storage class you specified is not valid.");
    return succeed(c, present(buckets.setStorageClass(addressOf(c), wanted.data)));
  });

  app.delete(ONE, mayWrite, (c) => {
    buckets.delete(addressOf(c));
    return succeed(c, {});
  });

  app.get(`${ONE}/lifecycle`, mayRead, (c) => succeed(c, { rules: buckets.require(addressOf(c)).lifecycle }));

  app.put(`${ONE}/lifecycle`, mayWrite, async (c) => {
    buckets.require(addressOf(c));
    const { rules } = await readBody(c, lifecycleInput, invalid);
    buckets.setLifecycle(addressOf(c), rules);
    return succeed(c, {});
  });
}

function jurisdictionOf(c: ApiContext): Jurisdiction {
  const text = c.req.header("cf-r2-jurisdiction") ?? Jurisdiction.default;
  const known = Object.values(Jurisdiction).find((jurisdiction) => jurisdiction === text);
  if (known === undefined) throw refuse(400, 10053, `The jurisdiction you specified (${text}) is not valid.`);
  return known;
}

function addressOf(c: ApiContext): BucketAddress {
  return {
    accountId: c.req.param("account") ?? "",
    jurisdiction: jurisdictionOf(c),
    name: c.req.param("bucket") ?? "",
  };
}

function present(bucket: Bucket): object {
  return {
    name: bucket.name,
    creation_date: bucket.createdAt,
    location: bucket.location,
    jurisdiction: bucket.jurisdiction,
    storage_class: bucket.storageClass,
  };
}
