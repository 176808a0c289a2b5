/**
 * Any value of a JSON document, as an argument of a component: the one type of such a value that Pulumi's component
 * analyzer knows.
 */
export type JsonValue = ReturnType<typeof JSON.parse>;
