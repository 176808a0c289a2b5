/** One process may run several programs, each with an engine of its own: what a program registers once is kept by engine. */
import { runtime } from "@pulumi/pulumi";

/** For a program without an engine, in tests of components. */
const NO_ENGINE = {};

/** A function that registers at its first call in a program, and gives the same at every further one. */
export function oncePerEngine<T>(register: () => T): () => T {
  const ofEngine = new WeakMap<object, { registered: T }>();
  return () => {
    const engine = runtime.getMonitor() ?? NO_ENGINE;
    const entry = ofEngine.get(engine) ?? { registered: register() };
    ofEngine.set(engine, entry);
    return entry.registered;
  };
}
