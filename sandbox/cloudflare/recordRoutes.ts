import type { Hono } from "hono";
import { refuse } from "./apiError.ts";
import { type ApiContext, type ApiEnvironment, onZone } from "./authentication.ts";
import { booleanQuery, paginate, succeed } from "./envelope.ts";
import { Level } from "./permissionGroups.ts";
import { PROXIABLE } from "./recordContent.ts";
import { type DnsRecord, type Records, recordChanges, recordInput } from "./records.ts";
import { readBody } from "./requestBody.ts";
import type { Zones } from "./zones.ts";

const PATH = "/zones/:zone{[0-9a-f]{32}}/dns_records";
const ONE = `${PATH}/:record{[0-9a-f]{32}}` as const;
const PAGE = { default: 100, max: 5_000_000 };

export function recordRoutes(app: Hono<ApiEnvironment>, records: Records, zones: Zones): void {
  const mayRead = onZone(zones, ["DNS"], Level.read);
  const mayWrite = onZone(zones, ["DNS"], Level.write);
  const invalid = (problem: string) => refuse(400, 9207, `Request body is invalid. ${problem}`);

  app.get(PATH, mayRead, (c) => {
    const matching = records.list(c.get("zone").id).filter(listFilter(c));
    const order = c.req.query("order");
    if (order !== undefined) matching.sort(comparison(order));
    if (c.req.query("direction") === "desc") matching.reverse();
    const { items, info } = paginate(c, matching, PAGE);
    return succeed(c, items.map(present), info);
  });

  app.post(PATH, mayWrite, async (c) =>
    succeed(c, present(records.create(c.get("zone"), await readBody(c, recordInput, invalid)))),
  );

  app.get(ONE, mayRead, (c) => succeed(c, present(records.require(c.get("zone"), c.req.param("record")))));

  app.put(ONE, mayWrite, async (c) => {
    const input = await readBody(c, recordInput, invalid);
    return succeed(c, present(records.replace(c.get("zone"), c.req.param("record"), input)));
  });

  app.patch(ONE, mayWrite, async (c) => {
    const changes = await readBody(c, recordChanges, invalid);
    return succeed(c, present(records.update(c.get("zone"), c.req.param("record"), changes)));
  });

  app.delete(ONE, mayWrite, (c) => {
    records.delete(c.get("zone"), c.req.param("record"));
    return succeed(c, { id: c.req.param("record") });
  });
}

type Test = (record: DnsRecord) => boolean;

/** All of the filters of the query must hold, or with `match=any` one of them; `search` always. */
function listFilter(c: ApiContext): Test {
  const proxied = booleanQuery(c, "proxied");
  const type = c.req.query("type");
  const tests: Test[] = [
    ...textTests(c, "name", (record) => record.name),
    ...textTests(c, "content", (record) => record.content),
    ...textTests(c, "comment", (record) => record.comment ?? ""),
    // Both are switched on by being there, whatever their value.
    ...(c.req.query("comment.present") === undefined ? [] : [({ comment }: DnsRecord) => comment !== null]),
    ...(c.req.query("comment.absent") === undefined ? [] : [({ comment }: DnsRecord) => comment === null]),
    ...(type === undefined ? [] : [(record: DnsRecord) => record.type === type]),
    ...(proxied === undefined ? [] : [(record: DnsRecord) => record.proxied === proxied]),
  ];
  const search = c.req.query("search")?.toLowerCase();
  const found: Test = (record) =>
    search === undefined ||
    [record.name, record.content, record.comment ?? ""].some((text) => text.includes(search));
  const any = c.req.query("match") === "any" && tests.length > 0;
  return (record) =>
    found(record) && (any ? tests.some((test) => test(record)) : tests.every((test) => test(record)));
}

/** `name=x`, `name.exact=x`, `name.contains=x`, `name.startswith=x`, `name.endswith=x`; letter case is ignored. */
function textTests(c: ApiContext, field: string, read: (record: DnsRecord) => string): Test[] {
  const kinds: [string, (text: string, wanted: string) => boolean][] = [
    [field, (text, wanted) => text === wanted],
    [`${field}.exact`, (text, wanted) => text === wanted],
    [`${field}.contains`, (text, wanted) => text.includes(wanted)],
    [`${field}.startswith`, (text, wanted) => text.startsWith(wanted)],
    [`${field}.endswith`, (text, wanted) => text.endsWith(wanted)],
  ];
  return kinds.flatMap(([parameter, matches]) => {
    const wanted = c.req.query(parameter)?.toLowerCase();
    return wanted === undefined ? [] : [(record: DnsRecord) => matches(read(record).toLowerCase(), wanted)];
  });
}

function comparison(order: string): (left: DnsRecord, right: DnsRecord) => number {
  const key = (record: DnsRecord): string | number => {
    if (order === "ttl") return record.ttl;
    if (order === "proxied") return Number(record.proxied);
    if (order === "type" || order === "content") return record[order];
    return record.name;
  };
  return (left, right) => (key(left) < key(right) ? -1 : key(left) > key(right) ? 1 : 0);
}

function present(record: DnsRecord): object {
  const settings = record.type === "CNAME" ? { flatten_cname: false, ...record.settings } : record.settings;
  return {
    id: record.id,
    name: record.name,
    type: record.type,
    content: record.content,
    proxiable: PROXIABLE.has(record.type),
    proxied: record.proxied,
    ttl: record.ttl,
    ...(record.priority === undefined ? {} : { priority: record.priority }),
    ...(record.data === undefined ? {} : { data: record.data }),
    settings,
    meta: {},
    comment: record.comment,
    tags: record.tags,
    created_on: record.createdOn,
    modified_on: record.modifiedOn,
    ...(record.commentModifiedOn === undefined ? {} : { comment_modified_on: record.commentModifiedOn }),
    ...(record.tagsModifiedOn === undefined ? {} : { tags_modified_on: record.tagsModifiedOn }),
  };
}
