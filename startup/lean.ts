/**
 * Imported before all else: a shorter start and a smaller process.
 *
 * 1. Node keeps the compiled form of modules between runs. Node.js documentation, "Module compile cache".
 * 2. The Pulumi SDK loads the TypeScript compiler and npm's dependency resolver at its start, for programs that
 *    serialize functions. This one never does; both are loaded when something first touches them, and not before.
 *
 * Nothing depends on it: without it the program does the same, in half a second and a hundred megabytes more.
 */
import Module, { enableCompileCache } from "node:module";

const ON_DEMAND: ReadonlySet<string> = new Set(["typescript", "@npmcli/arborist"]);

type Load = (this: unknown, request: string, ...rest: unknown[]) => object;

/** Stands for a module until it is used. A function, so that it can also be called and constructed. */
function onDemand(load: () => object): object {
  let loaded: object | undefined;
  const real = (): object => {
    loaded ??= load();
    return loaded;
  };
  return new Proxy(function placeholder() {}, {
    // Compiled `import * as` copies a module's properties at once unless it says that it is an ES module.
    get: (_, key) => (key === "__esModule" ? true : Reflect.get(real(), key)),
    has: (_, key) => Reflect.has(real(), key),
    apply: (_, self, args) => Reflect.apply(real() as () => unknown, self, args),
    construct: (_, args) => Reflect.construct(real() as new () => object, args),
  });
}

enableCompileCache();

/** What `require` calls; not documented, and the place where tracing libraries, too, step in. */
const loader = Module as unknown as { _load?: Load };
const { _load: load } = loader;
if (load !== undefined) {
  loader._load = function loadOnDemand(request, ...rest) {
    if (ON_DEMAND.has(request)) return onDemand(() => load.call(this, request, ...rest));
    return load.call(this, request, ...rest);
  };
}
