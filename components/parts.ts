/**
 * What a component keeps for TypeScript programs besides its outputs.
 *
 * Pulumi's component analyzer takes every field of a component, private ones too, for an output of the component's
 * schema, and refuses what cannot be one. A component that has such values keeps them here, in a static member, and
 * shows them through getters, which the analyzer leaves alone.
 */
export class Parts<Component extends object, Value> {
  readonly #values = new WeakMap<Component, Value>();

  set(component: Component, value: Value): void {
    this.#values.set(component, value);
  }

  /** @throws Error before the component's constructor is done. */
  get(component: Component): Value {
    const value = this.#values.get(component);
    if (value === undefined) throw new Error("the component is still being constructed");
    return value;
  }
}
