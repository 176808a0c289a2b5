/** What is checked of stack files before anything is done. */

export const Check = {
  /** One list with all tenants, by schema and rules. */
  Validation: "validation",
  /** One stack beside the others of its environment, as each run of the program does it. */
  Beside: "beside",
  /** All stacks of an environment, as `up` does it before anything runs. */
  All: "all",
} as const;
export type Check = (typeof Check)[keyof typeof Check];
