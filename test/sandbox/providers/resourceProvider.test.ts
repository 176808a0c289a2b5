/** What is the same for every provider, shown with a made-up one. */
import { status } from "@grpc/grpc-js";
import { ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb.js";
import { Status } from "@pulumi/pulumi/proto/status_pb.js";
import { afterEach, describe, expect, it } from "vitest";
import type { PackageSchema } from "../../../sandbox/providers/packageSchema.ts";
import type { ProviderDefinition } from "../../../sandbox/providers/providerDefinition.ts";
import {
  PartiallyCreatedError,
  type Properties,
  type ResourceType,
} from "../../../sandbox/providers/resourceType.ts";
import { serveProvider } from "../../../sandbox/providers/serveProvider.ts";
import { FakeEngine } from "./fakeEngine.ts";
import { ProviderClient } from "./providerClient.ts";
import { values } from "./wireValues.ts";

const TOKEN = "zoo:index/animal:Animal";

const SCHEMA: PackageSchema = {
  name: "zoo",
  version: "1.2.3",
  resources: {
    [TOKEN]: {
      arguments: {
        name: { type: "string" },
        species: { type: "string", required: true, description: "What it is." },
        labels: { type: "map", element: { type: "string" } },
        cage: { type: "object", of: "Cage" },
        note: { type: "string" },
      },
      outputs: ["birthday", "cage", "labels", "name", "species"],
    },
  },
  types: {
    Cage: {
      doors: { type: "list", element: { type: "object", of: "Door" } },
      size: { type: "number" },
    },
    Door: { code: { type: "string" }, wide: { type: "boolean" } },
  },
};

/** Creates and updates by giving back what it gets, with the client's name as the keeper. */
const ANIMAL: ResourceType<string> = {
  token: TOKEN,
  replaceOn: ["species"],
  optionalComputed: ["cage", "cage.size"],
  async create(client, inputs) {
    return { id: "a-1", outputs: { ...inputs, birthday: `today, by ${client}` } };
  },
  async read(_client, id, state) {
    return { id, outputs: state };
  },
  async update(_client, _id, _olds, news) {
    return news;
  },
};

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function zoo(animal: Partial<ResourceType<string>> = {}): ProviderDefinition<string> {
  return {
    name: "zoo",
    version: "1.2.3",
    types: [{ ...ANIMAL, ...animal }],
    functions: [
      { token: "zoo:index/find:find", invoke: async (client, args) => ({ ...args, keeper: client }) },
    ],
    arguments: SCHEMA,
    configure: (config) => String(config.keeper ?? "nobody"),
  };
}

async function provider(animal: Partial<ResourceType<string>> = {}): Promise<ProviderClient> {
  const client = await ProviderClient.of(zoo(animal), TOKEN);
  closing.push(() => client.close());
  return client;
}

describe("Check", () => {
  it("refuses arguments that the package does not have, at any depth, and names the nearest", async () => {
    const { failures } = await (await provider()).check({
      species: "cat",
      lables: {},
      cage: { doors: [{ code: "1" }, { with: true }] },
    });
    expect(failures.map(({ property }) => property)).toEqual(["cage.doors[1].with", "lables"]);
    expect(failures[0]?.reason).toContain("zoo 1.2.3");
    expect(failures[0]?.reason).toContain("'wide'");
    expect(failures[1]?.reason).toContain("'labels'");
  });

  it("takes unknown values, also for required arguments", async () => {
    const inputs = { species: "<computed>", cage: { doors: "<computed>" } };
    expect(await (await provider()).check(inputs)).toEqual({ inputs, failures: [] });
  });

  it("keeps the secret marks of the inputs and sets those of secret arguments", async () => {
    const inputs = { species: "cat", note: "n", cage: { doors: [{ code: { "<secret>": "1234" } }] } };
    const { inputs: checked } = await (await provider({ secretOutputs: ["note"] })).check(inputs);
    expect(checked).toEqual({ ...inputs, note: { "<secret>": "n" } });
  });

  it("keeps a generated default from one update to the next, until the program names its own", async () => {
    let count = 0;
    const client = await provider({ defaults: (_inputs, { name }) => ({ name: `${name}-${++count}` }) });
    const first = await client.check({ species: "cat" });
    expect(first.inputs.name).toBe("x-1");
    const second = await client.check({ species: "cat", note: "n" }, first.inputs);
    expect(second.inputs.name).toBe("x-1");
    const own = await client.check({ species: "cat", name: "tom" }, second.inputs);
    expect(own.inputs.name).toBe("tom");
    const again = await client.check({ species: "cat" }, own.inputs);
    expect(again.inputs.name).toMatch(/^x-\d$/);
  });

  it("fails for a type that it does not know", async () => {
    const served = await serveProvider(zoo());
    const client = new ProviderClient(served.port, "zoo:index/plant:Plant", served);
    closing.push(() => client.close());
    await expect(client.check({})).rejects.toMatchObject({
      details: "the sandbox's zoo provider has no resource type zoo:index/plant:Plant",
    });
  });
});

describe("Diff", () => {
  const olds = { species: "cat", labels: { "a.b": "1" }, cage: { size: 3, doors: [{ code: "1" }] } };

  it("names the nested paths that change", async () => {
    const news = {
      ...olds,
      labels: { "a.b": "2" },
      cage: { size: 3, doors: [{ code: "2" }, { code: "3" }] },
    };
    expect(await (await provider()).diff({ olds, oldInputs: olds, news })).toMatchObject({
      diffs: ["cage", "labels"],
      replaces: [],
      detailed: { 'labels["a.b"]': 4, "cage.doors[0].code": 4, "cage.doors[1]": 0 },
    });
  });

  it("sees no difference in what the provider filled in", async () => {
    const oldInputs = { species: "cat", cage: { doors: [{ code: "1" }] } };
    const state = { ...oldInputs, cage: { ...oldInputs.cage, size: 3 } };
    const { changes } = await (await provider()).diff({ olds: state, oldInputs, news: oldInputs });
    expect(changes).toBe("NONE");
  });

  it("sees what was changed outside the program once a refresh has found it", async () => {
    const state = { ...olds, labels: { "a.b": "9" } };
    const found = await (await provider()).diff({ olds: state, oldInputs: olds, news: olds });
    expect(found).toMatchObject({ changes: "SOME", diffs: ["labels"], detailed: { 'labels["a.b"]': 4 } });
  });

  it("leaves alone what the program says to ignore", async () => {
    const news = { ...olds, labels: { "a.b": "2" }, cage: { size: 4, doors: [{ code: "2" }] } };
    const ignoreChanges = ['labels["a.b"]', "cage.doors[*].code"];
    const found = await (await provider()).diff({ olds, oldInputs: olds, news, ignoreChanges });
    expect(found.diffs).toEqual(["cage"]);
    expect(found.detailed).toEqual({ "cage.size": 4 });
  });

  it("says when a replacement deletes first", async () => {
    const client = await provider({ deleteBeforeReplace: (old, next) => old.name === next.name });
    const replaced = (name: string) =>
      client.diff({
        olds: { species: "cat", name: "tom" },
        oldInputs: { species: "cat", name: "tom" },
        news: { species: "dog", name },
      });
    expect(await replaced("tom")).toMatchObject({ replaces: ["species"], deleteBeforeReplace: true });
    expect(await replaced("rex")).toMatchObject({ deleteBeforeReplace: false });
  });

  it("replaces where the type says so of this very change", async () => {
    const client = await provider({
      replaceWhen: (changed, old, next) =>
        changed.includes("labels") && next.cage.size < old.cage.size ? ["cage", "labels", "name"] : [],
    });
    const found = (size: number) =>
      client.diff({
        olds,
        oldInputs: olds,
        news: { species: "cat", labels: {}, cage: { ...olds.cage, size } },
      });
    expect(await found(2)).toMatchObject({
      replaces: ["cage", "labels"],
      detailed: { "cage.size": 5, 'labels["a.b"]': 3 },
    });
    expect(await found(4)).toMatchObject({ diffs: ["cage", "labels"], replaces: [] });
  });

  it("replaces for any change where the type has no update", async () => {
    const client = await ProviderClient.of({ ...zoo(), types: [withoutUpdate(ANIMAL)] }, TOKEN);
    closing.push(() => client.close());
    const found = await client.diff({ olds, oldInputs: olds, news: { ...olds, labels: {} } });
    expect(found.replaces).toEqual(["labels"]);
  });
});

describe("Create and Update", () => {
  it("marks outputs secret where the input of the same place is, in preview too", async () => {
    const client = await provider();
    const inputs = { species: "cat", cage: { doors: [{ code: { "<secret>": "1234" } }] } };
    const expected = { cage: { doors: [{ code: { "<secret>": "1234" } }] }, species: "cat" };
    expect((await client.create(inputs)).outputs).toMatchObject(expected);
    expect((await client.create(inputs, true)).outputs).toMatchObject({
      ...expected,
      birthday: "<computed>",
    });
  });

  it("previews an update with what is not known yet, and refuses to run it so", async () => {
    const client = await provider();
    const olds = { id: "a-1", species: "cat", birthday: "today", labels: { a: "1" } };
    const change = { olds, oldInputs: olds, news: { species: "cat", labels: { a: "<computed>" } } };
    expect(await client.update("a-1", change, true)).toEqual({ ...olds, labels: { a: "<computed>" } });
    await expect(client.update("a-1", change)).rejects.toMatchObject({
      details: expect.stringContaining("not known"),
    });
  });

  it("keeps a resource whose creation failed half-way", async () => {
    const client = await provider({
      create: async (_client, inputs) => {
        throw new PartiallyCreatedError("it bites", { id: "a-2", outputs: inputs });
      },
    });
    const error = await client.create({ species: "cat" }).then(
      () => undefined,
      (reason: unknown) =>
        reason as { code: number; details: string; metadata: { get(name: string): Buffer[] } },
    );
    expect(error).toMatchObject({ code: status.UNKNOWN, details: "it bites" });
    const [header] = error?.metadata.get("grpc-status-details-bin") ?? [];
    const [packed] = Status.deserializeBinary(header ?? new Uint8Array()).getDetailsList();
    const detail = ErrorResourceInitFailed.deserializeBinary(packed?.getValue_asU8() ?? new Uint8Array());
    expect([detail.getId(), detail.getReasonsList()]).toEqual(["a-2", ["it bites"]]);
    expect(values(detail.getProperties())).toEqual({ id: "a-2", species: "cat" });
  });
});

describe("Read", () => {
  it("drops a resource that is gone", async () => {
    const client = await provider({ read: async () => undefined });
    expect((await client.read("a-1", { species: "cat" }, { species: "cat" })).id).toBe("");
  });

  it("refreshes the inputs that the program gives, and on an import finds those worth writing down", async () => {
    const found: Properties = { species: "dog", labels: { a: "1" }, cage: { size: 3 }, birthday: "today" };
    const client = await provider({ read: async (_client, id) => ({ id, outputs: found }) });
    const refreshed = await client.read("a-1", { species: "cat" }, { species: "cat", cage: { size: 2 } });
    expect(refreshed.inputs).toEqual({ species: "dog", cage: { size: 3 } });
    const imported = await client.read("a-1", {}, {});
    expect(imported.inputs).toEqual({ species: "dog", labels: { a: "1" } });
  });
});

describe("sessions", () => {
  it("keep the configurations of two provider resources apart", async () => {
    const served = await serveProvider(zoo());
    const [one, two] = [1, 2].map(() => new ProviderClient(served.port, TOKEN));
    closing.push(async () => {
      await Promise.all([one?.close(), two?.close()]);
      await served.close();
    });
    await one?.configure({ keeper: "ann" });
    await two?.configure({ keeper: { "<secret>": "bob" } });
    const birthdays = await Promise.all([one, two].map((client) => client?.create({ species: "cat" })));
    expect(birthdays.map((created) => created?.outputs.birthday)).toEqual(["today, by ann", "today, by bob"]);
    expect(await one?.invoke("zoo:index/find:find", { q: 1 })).toEqual({ q: 1, keeper: "ann" });
  });

  it("abort what is under way when the engine cancels, and go on afterwards", async () => {
    const started = Promise.withResolvers<void>();
    const client = await provider({
      create: (_client, _inputs, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason as Error));
          started.resolve();
        }),
    });
    const creating = expect(client.create({ species: "cat" })).rejects;
    const aborted = creating.toMatchObject({ details: "canceled by the engine" });
    await started.promise;
    await client.cancel();
    await aborted;
    expect((await client.read("a-1", { species: "cat" }, {})).id).toBe("a-1");
  });

  it("log a type's warnings in the engine, beside the resource", async () => {
    const engine = await FakeEngine.start();
    closing.push(() => engine.close());
    const client = await provider({ warnings: ["it sheds"] });
    await client.attach(engine.address);
    await client.create({ species: "cat" });
    await expect.poll(() => engine.messages).toEqual([{ name: "x", message: "it sheds" }]);
  });

  it("say the pinned version", async () => {
    expect(await (await provider()).version()).toBe("1.2.3");
  });
});

function withoutUpdate({ update: _update, ...type }: ResourceType<string>): ResourceType<string> {
  return type;
}
