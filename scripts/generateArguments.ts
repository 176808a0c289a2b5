/**
 * Writes `sandbox/providers/generated/<package>.json`: what the pinned Pulumi packages accept and return for the
 * resource types the program may use, read from their type declarations. The sandbox's providers check arguments
 * against it, so that an argument the real resource does not have is refused.
 *
 * To let the program use another type, add its leaf module to `RESOURCE_MODULES` and run
 * `node scripts/generateArguments.ts`.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import ts from "typescript";
import type { Argument, PackageSchema, ResourceSchema } from "../sandbox/providers/packageSchema.ts";

/** The resource types the program may use, as the leaf modules it imports them from. */
export const RESOURCE_MODULES = {
  aws: [
    "ec2/eip",
    "ec2/instance",
    "ec2/internetGateway",
    "ec2/natGateway",
    "ec2/route",
    "ec2/routeTable",
    "ec2/routeTableAssociation",
    "ec2/securityGroup",
    "ec2/subnet",
    "ec2/vpc",
    "ec2/vpcEndpoint",
    "iam/instanceProfile",
    "iam/role",
    "iam/rolePolicy",
    "iam/rolePolicyAttachment",
    "ssm/parameter",
    "vpc/securityGroupEgressRule",
    "vpc/securityGroupIngressRule",
  ],
  cloudflare: [
    "accountToken",
    "dnsRecord",
    "r2bucket",
    "r2bucketLifecycle",
    "zeroTrustTunnelCloudflared",
    "zeroTrustTunnelCloudflaredConfig",
  ],
  random: ["randomBytes", "randomPassword"],
} as const;

export type PackageName = keyof typeof RESOURCE_MODULES;

export const PACKAGE_NAMES = Object.keys(RESOURCE_MODULES) as PackageName[];

const require = createRequire(import.meta.url);

function parse(path: string): ts.SourceFile {
  return ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true);
}

/** Text of a member's comment. The package's converter turned `a_b` into `a*b`; that is undone here. */
function descriptionOf(member: ts.Node): string {
  const comments = ts.getJSDocCommentsAndTags(member).filter(ts.isJSDoc);
  const text = comments.map((comment) => ts.getTextOfJSDocComment(comment.comment) ?? "").join("\n");
  return text.replaceAll(/(?<=\w)\*(?=\w)/g, "_").trim();
}

/** The values that a description lists as `Available values: "a", "b".` */
function choicesOf(description: string): string[] {
  const list = /Available values: ((?:"[^"]*"(?:, )?)+)/.exec(description)?.[1] ?? "";
  return [...list.matchAll(/"([^"]*)"/g)].map((match) => match[1] ?? "");
}

/** Type of an argument: `pulumi.Input<...>` unwrapped, enumerations and resources as the strings they stand for. */
function typeOf(node: ts.TypeNode): Argument {
  if (ts.isUnionTypeNode(node)) return typeOfUnion(node);
  if (ts.isArrayTypeNode(node)) return { type: "list", element: typeOf(node.elementType) };
  if (ts.isTypeLiteralNode(node)) {
    const index = node.members.find(ts.isIndexSignatureDeclaration);
    return index === undefined ? { type: "any" } : { type: "map", element: typeOf(index.type) };
  }
  if (ts.isTypeReferenceNode(node)) {
    const name = node.typeName.getText();
    const inner = node.typeArguments?.[0];
    if (name === "pulumi.Input" && inner !== undefined) return typeOf(inner);
    if (name.startsWith("inputs.")) return { type: "object", of: name.slice("inputs.".length) };
    if (name.startsWith("pulumi.")) return { type: "any" };
    return { type: "string" };
  }
  if (node.kind === ts.SyntaxKind.StringKeyword) return { type: "string" };
  if (node.kind === ts.SyntaxKind.NumberKeyword) return { type: "number" };
  if (node.kind === ts.SyntaxKind.BooleanKeyword) return { type: "boolean" };
  return { type: "any" };
}

function typeOfUnion(node: ts.UnionTypeNode): Argument {
  const members = node.types.filter((member) => member.kind !== ts.SyntaxKind.UndefinedKeyword).map(typeOf);
  const first = members[0] ?? { type: "any" };
  return members.every((member) => member.type === first.type) ? first : { type: "any" };
}

function argumentsOf(declaration: ts.InterfaceDeclaration): Record<string, Argument> {
  const properties = declaration.members.filter(ts.isPropertySignature);
  return Object.fromEntries(
    properties.map((property): [string, Argument] => {
      const description = descriptionOf(property);
      const required = property.questionToken === undefined;
      const choices = choicesOf(description);
      const argument: Argument = {
        ...(property.type === undefined ? { type: "any" } : typeOf(property.type)),
        ...(required && { required, description }),
        ...(choices.length > 0 && { choices }),
      };
      return [property.name.getText(), argument];
    }),
  );
}

/** Names of the resource's outputs: the class's properties that are `pulumi.Output`. */
function outputsOf(declaration: ts.ClassDeclaration): string[] {
  return declaration.members
    .filter(ts.isPropertyDeclaration)
    .filter((member) => member.type?.getText().startsWith("pulumi.Output") === true)
    .map((member) => member.name.getText())
    .sort();
}

/** Every interface of the package's nested argument types by name, with the namespace in front: `ec2.InstanceCpuOptions`. */
function nestedTypes(source: ts.SourceFile): Map<string, ts.InterfaceDeclaration> {
  const found = new Map<string, ts.InterfaceDeclaration>();
  const visit = (statements: Iterable<ts.Statement>, prefix: string) => {
    for (const statement of statements) {
      if (ts.isInterfaceDeclaration(statement)) found.set(prefix + statement.name.text, statement);
      if (
        ts.isModuleDeclaration(statement) &&
        statement.body !== undefined &&
        ts.isModuleBlock(statement.body)
      )
        visit(statement.body.statements, `${prefix}${statement.name.text}.`);
    }
  };
  visit(source.statements, "");
  return found;
}

function referencesOf(args: Record<string, Argument>): string[] {
  const reference = (argument: Argument): string[] => [
    ...(argument.of === undefined ? [] : [argument.of]),
    ...(argument.element === undefined ? [] : reference(argument.element)),
  ];
  return Object.values(args).flatMap(reference);
}

function resourceOf(folder: string, module: string): [token: string, schema: ResourceSchema] {
  const path = join(folder, module);
  const token = /__pulumiType = '([^']+)'/.exec(readFileSync(`${path}.js`, "utf8"))?.[1];
  const source = parse(`${path}.d.ts`);
  const declared = source.statements.find(ts.isClassDeclaration);
  const args = source.statements
    .filter(ts.isInterfaceDeclaration)
    .find((statement) => statement.name.text === `${declared?.name?.text}Args`);
  if (token === undefined || declared === undefined || args === undefined)
    throw new Error(`${path} declares no resource`);
  return [token, { arguments: argumentsOf(args), outputs: outputsOf(declared) }];
}

/** What the installed package `@pulumi/<name>` declares about the listed resource types. */
export function packageSchema(name: PackageName): PackageSchema {
  const manifest = require.resolve(`@pulumi/${name}/package.json`);
  const folder = dirname(manifest);
  const resources = Object.fromEntries(RESOURCE_MODULES[name].map((module) => resourceOf(folder, module)));
  const wanted = Object.values(resources).flatMap((resource) => referencesOf(resource.arguments));
  const types: Record<string, Record<string, Argument>> = {};
  if (wanted.length > 0) {
    const declarations = nestedTypes(parse(join(folder, "types", "input.d.ts")));
    for (let type = wanted.pop(); type !== undefined; type = wanted.pop()) {
      if (type in types) continue;
      const declaration = declarations.get(type);
      if (declaration === undefined) throw new Error(`@pulumi/${name} declares no argument type ${type}`);
      const members = argumentsOf(declaration);
      types[type] = members;
      wanted.push(...referencesOf(members));
    }
  }
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
  const sorted = Object.fromEntries(Object.entries(types).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { name, version, resources, types: sorted };
}

/** The generated file's whole text. */
export function generatedText(name: PackageName): string {
  return `${JSON.stringify(packageSchema(name), undefined, 1)}\n`;
}

export function generatedPath(name: PackageName): string {
  return join(import.meta.dirname, "..", "sandbox", "providers", "generated", `${name}.json`);
}

if (import.meta.main) {
  for (const name of PACKAGE_NAMES) {
    writeFileSync(generatedPath(name), generatedText(name));
    console.log(`wrote ${generatedPath(name)}`);
  }
}
