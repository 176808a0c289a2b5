/** The schema of the GraphQL Analytics API, as far as the sandbox has datasets. Names of types are Cloudflare's. */
import { buildSchema, type GraphQLSchema } from "graphql";
import { type Dataset, DimensionKind, Scope } from "./datasets.ts";
import { OPERATORS } from "./filter.ts";

const HEAD = `
  schema { query: Query }
  scalar string
  scalar uint64
  scalar Time
  scalar Date
  type Query { viewer: viewer! }
  type viewer {
    accounts(filter: AccountFilter_InputObject, limit: uint64): [account!]!
    zones(filter: ZoneFilter_InputObject, limit: uint64): [zone!]!
  }
  input AccountFilter_InputObject { accountTag: string, accountTag_in: [string!], accountTag_gt: string }
  input ZoneFilter_InputObject { zoneTag: string, zoneTag_in: [string!], zoneTag_gt: string }
  type DatasetSettings {
    enabled: Boolean!
    availableFields: [string!]!
    maxDuration: uint64!
    maxNumberOfFields: uint64!
    maxPageSize: uint64!
    notOlderThan: uint64!
  }
`;

export function analyticsSchema(datasets: readonly Dataset[]): GraphQLSchema {
  const scopes = Object.values(Scope).map((scope) => scopeTypes(scope, ofScope(datasets, scope)));
  return buildSchema([HEAD, ...scopes, ...datasets.map(datasetTypes)].join("\n"));
}

function ofScope(datasets: readonly Dataset[], scope: Scope): Dataset[] {
  return datasets.filter((dataset) => dataset.scope === scope);
}

function scopeTypes(scope: Scope, datasets: readonly Dataset[]): string {
  const fields = datasets.map((dataset) => {
    const type = typeName(dataset);
    const filter = `filter: ${type}Filter_InputObject`;
    return `${dataset.name}(${filter}, limit: uint64!, orderBy: [${type}OrderBy!]): [${type}!]!`;
  });
  return `
    type ${scope} { ${scope}Tag: string! settings: ${scope}Settings! ${fields.join("\n")} }
    type ${scope}Settings { ${datasets.map(({ name }) => `${name}: DatasetSettings!`).join("\n")} }
  `;
}

/** `AccountR2OperationsAdaptiveGroups` */
function typeName({ scope, name }: Dataset): string {
  return capital(scope) + capital(name);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function datasetTypes(dataset: Dataset): string {
  const type = typeName(dataset);
  const dimensions = Object.entries(dataset.dimensions);
  const nested = Map.groupBy(
    dataset.values.filter((path) => path.includes(".")).map((path) => path.split(".")),
    ([kind = ""]) => kind,
  );
  const filters = dimensions.flatMap(([name, kind]) => [
    `${name}: ${kind}`,
    ...OPERATORS.map((one) => `${name}_${one}: ${one.endsWith("in") ? `[${kind}!]` : kind}`),
    ...(kind === DimensionKind.text ? [`${name}_like: string`] : []),
  ]);
  const ordered = [
    ...dimensions.map(([name]) => name),
    ...dataset.values.map((path) => path.replace(".", "_")),
  ];
  const values = [...nested].map(([kind, paths]) => ({
    field: `${kind}: ${type}${capital(kind)}`,
    type: `type ${type}${capital(kind)} { ${paths.map(([, name]) => `${name}: uint64!`).join("\n")} }`,
  }));
  return `
    type ${type} {
      ${dataset.values.includes("count") ? "count: uint64!" : ""}
      ${values.map(({ field }) => field).join("\n")}
      dimensions: ${type}Dimensions
    }
    ${values.map((one) => one.type).join("\n")}
    type ${type}Dimensions { ${dimensions.map(([name, kind]) => `${name}: ${kind}!`).join("\n")} }
    enum ${type}OrderBy { ${ordered.flatMap((name) => [`${name}_ASC`, `${name}_DESC`]).join("\n")} }
    input ${type}Filter_InputObject {
      AND: [${type}Filter_InputObject!]
      OR: [${type}Filter_InputObject!]
      ${filters.join("\n")}
    }
  `;
}
