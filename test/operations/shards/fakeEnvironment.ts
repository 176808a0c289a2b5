/** The operations on an environment whose stacks only note what they are asked. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { type Call, OPERATIONS, type OperationName, type Operations } from "../../../operations/contract.ts";
import { enrolledId } from "../../../operations/enroll.ts";
import { ErrorCode, OperationError } from "../../../operations/errors.ts";
import { environmentOperations } from "../../../operations/shards/environmentOperations.ts";
import { EnvironmentLists } from "../../../operations/shards/shardLists.ts";
import { Shards } from "../../../operations/shards/shards.ts";
import { FolderStore } from "../../../storage/folderStore.ts";
import { shardFolder, stackText } from "../../environment/shardFolder.ts";

type Entry = { id: string } & Record<string, unknown>;
type Perform = (stack: string, input: never, call: Call) => object | Promise<object>;

export interface FakeStackFile {
  tenants?: Entry[];
  settings?: Record<string, unknown>;
}

export interface FakeEnvironment {
  folder: string;
  operations: Operations;
  /** `prod-2 disable`, in the order in which they were asked. */
  asked: string[];
  inputs: object[];
  opened: string[];
  closed: string[];
  /** What the stacks do instead of nothing. */
  perform: Partial<Record<OperationName | "plan", Perform>>;
  /** What is deployed: `prod-2` by the tunnel's id. */
  tunnels: Map<string, string>;
  documents: FolderStore;
  /** Moves the clock. */
  pass(seconds: number): void;
  /** Puts an entry into a stack's file. */
  add(stack: string, entry: Entry): void;
}

export async function fakeEnvironment(files: Record<string, FakeStackFile>): Promise<FakeEnvironment> {
  const texts = Object.entries(files).map(([stack, { tenants = [], settings }]): [string, string] => [
    stack,
    stackText(tenants, { environment: "prod", ...settings }),
  ]);
  const folder = shardFolder(Object.fromEntries(texts));
  let passed = 0;

  function defaults(name: OperationName, stack: string, input: object): object {
    if (name === "enroll") {
      const id = enrolledId(input);
      fake.add(stack, { id, ...input });
      return { tenant: id };
    }
    const { tunnelId, tenant } = input as { tunnelId?: string; tenant?: string };
    if (name === "status" && fake.tunnels.get(tunnelId ?? tenant ?? "") !== stack) {
      throw new OperationError(ErrorCode.TenantNotFound, `${stack} does not have it`);
    }
    return { stack };
  }

  function open(stack: string): Operations {
    fake.opened.push(stack);
    const note = (name: OperationName | "plan", input: object) => {
      fake.asked.push(`${stack} ${name}`);
      fake.inputs.push(input);
    };
    const all = (Object.keys(OPERATIONS) as OperationName[]).map((name) => [
      name,
      async (input: object, call: Call) => {
        note(name, input);
        const perform = fake.perform[name];
        return perform === undefined
          ? defaults(name, stack, input)
          : await perform(stack, input as never, call);
      },
    ]);
    return {
      ...Object.fromEntries(all),
      plan: async (name: string, input: object) => {
        note("plan", input);
        return { operation: name, tenant: "", list: [], steps: [], notes: [`${name} there`] };
      },
      target: { environment: "prod", stack, list: `Pulumi.${stack}.yaml` },
      budget: { left: () => (stack === "prod" ? 100 : 10) },
      close: async () => void fake.closed.push(stack),
    } as unknown as Operations;
  }

  const documents = new FolderStore(join(folder, ".tenant-edge"));
  const lists = new EnvironmentLists({ directory: folder, environment: "prod", env: {} });
  const shards = new Shards({
    environment: "prod",
    lists,
    open: async (stack) => open(stack),
    documents,
  });
  const now = () => new Date(Date.parse("2026-11-22T10:00:00Z") + passed);
  const fake: FakeEnvironment = {
    folder,
    operations: await environmentOperations(shards, { left: () => 1000 }, now),
    asked: [],
    inputs: [],
    opened: [],
    closed: [],
    perform: {},
    tunnels: new Map(),
    documents,
    pass(seconds) {
      passed += seconds * 1000;
    },
    add(stack, entry) {
      const path = join(folder, `Pulumi.${stack}.yaml`);
      const file = parse(readFileSync(path, "utf8")) as { config: Record<string, unknown[]> };
      file.config["tenant-edge:tenants"]?.push(entry);
      writeFileSync(path, stringify(file));
    },
  };
  return fake;
}
