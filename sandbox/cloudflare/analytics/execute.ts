/**
 * Carries out a query of the GraphQL Analytics API. Cloudflare Analytics documentation, "GraphQL Analytics API": "Error
 * responses", "Limits", "Settings node".
 */
import {
  type DocumentNode,
  execute,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  parse,
  type SelectionSetNode,
  validate,
  visit,
} from "graphql";
import { type Dataset, Scope } from "./datasets.ts";
import type { Filter } from "./filter.ts";
import { groupsOf, QueryRefused } from "./groups.ts";
import { analyticsSchema } from "./schema.ts";

export interface AnalyticsQuery {
  query: string;
  variables?: Record<string, unknown> | null | undefined;
  operationName?: string | null | undefined;
}

/** What the token that asks may see. */
export interface Viewer {
  mayReadAccount(accountId: string): boolean;
  /** Ids of the zones whose analytics it may read. */
  zoneIds: string[];
  mayReadZone(zoneId: string): boolean;
}

export interface AnalyticsAnswer {
  /** Of HTTP. */
  status: number;
  body: { data: unknown; errors: object[] | null };
}

const MOST_ZONES = 10;
const MOST_FIELDS = 30;
/** Documented queries spell the type of a text in lower case; both are taken. */
const ALIASES: Record<string, string> = { String: "string", Int: "uint64" };

export class AnalyticsApi {
  readonly #datasets: readonly Dataset[];
  readonly #schema: GraphQLSchema;
  readonly #now: () => Date;

  constructor(datasets: readonly Dataset[], now: () => Date) {
    this.#datasets = datasets;
    this.#schema = analyticsSchema(datasets);
    this.#now = now;
  }

  async answer(asked: AnalyticsQuery, viewer: Viewer): Promise<AnalyticsAnswer> {
    let document: DocumentNode;
    try {
      document = withKnownTypes(parse(asked.query));
    } catch (error) {
      return this.#refuse([error instanceof GraphQLError ? error : new GraphQLError(String(error))]);
    }
    const problems = validate(this.#schema, document);
    if (problems.length > 0) return this.#refuse(problems);
    const result = await execute({
      schema: this.#schema,
      document,
      rootValue: { viewer: this.#viewer(viewer) },
      variableValues: asked.variables ?? {},
      operationName: asked.operationName ?? null,
    });
    if (result.errors !== undefined) return this.#refuse(result.errors);
    return { status: 200, body: { data: result.data, errors: null } };
  }

  #viewer(viewer: Viewer): object {
    return {
      accounts: ({ filter }: { filter?: Filter }) => {
        const ids = idsOf(filter, "accountTag", []);
        if (ids.length !== 1 || ids[0] === undefined) {
          throw new QueryRefused(400, "an account-scoped query must name exactly one account");
        }
        if (!viewer.mayReadAccount(ids[0])) throw new QueryRefused(403, "not authorized for that account");
        return ids.map((id) => this.#scope(Scope.account, id));
      },
      zones: ({ filter, limit = MOST_ZONES }: { filter?: Filter; limit?: number }) => {
        const ids = idsOf(filter, "zoneTag", viewer.zoneIds).slice(0, limit);
        if (ids.length > MOST_ZONES) {
          throw new QueryRefused(
            429,
            "in combination, your request queries too many nodes, zones and accounts",
          );
        }
        const foreign = ids.filter((id) => !viewer.mayReadZone(id));
        if (foreign.length > 0)
          throw new QueryRefused(403, `zones [${foreign.join(", ")}] are not authorized`);
        return ids.map((id) => this.#scope(Scope.zone, id));
      },
    };
  }

  #scope(scope: Scope, id: string): object {
    const mine = this.#datasets.filter((dataset) => dataset.scope === scope);
    const settings = mine.map((dataset) => [
      dataset.name,
      {
        ...dataset.limits(id),
        enabled: true,
        maxNumberOfFields: MOST_FIELDS,
        availableFields: [
          ...dataset.values.map((path) => path.replace(".", "_")),
          ...Object.keys(dataset.dimensions).map((name) => `dimensions_${name}`),
        ],
      },
    ]);
    const resolvers = mine.map((dataset) => [
      dataset.name,
      (
        { filter = {}, limit, orderBy = [] }: { filter?: Filter; limit: number; orderBy?: string[] },
        _context: unknown,
        info: GraphQLResolveInfo,
      ) => {
        const dimensions = fieldsBelow(info, "dimensions");
        return groupsOf(dataset, id, { filter, limit, orderBy, dimensions }, this.#now().getTime());
      },
    ]);
    return {
      [`${scope}Tag`]: id,
      settings: Object.fromEntries(settings),
      ...Object.fromEntries(resolvers),
    };
  }

  #refuse(errors: readonly GraphQLError[]): AnalyticsAnswer {
    const [first] = errors.map(({ originalError }) => originalError);
    const timestamp = this.#now().toISOString();
    return {
      status: first instanceof QueryRefused ? first.status : 400,
      body: {
        data: null,
        errors: errors.map(({ message, path }) => ({
          message: message.replace(/^Cannot query field ("\w+").*$/s, "unknown field $1"),
          path: path?.map(String) ?? null,
          extensions: { timestamp },
        })),
      },
    };
  }
}

function withKnownTypes(document: DocumentNode): DocumentNode {
  return visit(document, {
    NamedType(node) {
      const value = ALIASES[node.name.value];
      return value === undefined ? undefined : { ...node, name: { ...node.name, value } };
    },
  });
}

function idsOf(filter: Filter | undefined, tag: string, all: string[]): string[] {
  const { [tag]: one, [`${tag}_in`]: some, [`${tag}_gt`]: after } = filter ?? {};
  if (typeof one === "string") return [one];
  if (Array.isArray(some)) return some.map(String);
  return all.filter((id) => typeof after !== "string" || id > after).sort();
}

/** Names of the fields that are asked for below a field of the node that is resolved, through fragments too. */
function fieldsBelow({ fieldNodes, fragments }: GraphQLResolveInfo, name: string): string[] {
  const below = (nodes: readonly FieldNode[]) =>
    nodes.flatMap(({ selectionSet }) => fieldsOf(selectionSet, fragments));
  const parents = below(fieldNodes).filter((field) => field.name.value === name);
  const names = below(parents).map((field) => field.name.value);
  return [...new Set(names)].filter((field) => field !== "__typename");
}

function fieldsOf(
  set: SelectionSetNode | undefined,
  fragments: Record<string, FragmentDefinitionNode>,
): FieldNode[] {
  return (set?.selections ?? []).flatMap((selection) => {
    if (selection.kind === "Field") return [selection];
    const inner =
      selection.kind === "InlineFragment"
        ? selection.selectionSet
        : fragments[selection.name.value]?.selectionSet;
    return fieldsOf(inner, fragments);
  });
}
