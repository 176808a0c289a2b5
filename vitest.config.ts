import { defineConfig } from "vitest/config";

const inCi = process.env["CI"] === "true";

export default defineConfig({
  test: {
    // CI counts from this file what passed and what failed.
    reporters: inCi
      ? ["default", ["json", { outputFile: "node_modules/.cache/test-results.json" }]]
      : ["default"],
    projects: [
      {
        test: {
          name: "unit",
          sequence: { groupOrder: 1 },
          include: ["test/**/*.test.ts"],
          exclude: ["test/engine/**", "test/mutations.test.ts"],
          testTimeout: 30_000,
          // The linter of workflows imports JSON in a way that Node itself refuses.
          server: { deps: { inline: [/@actions\//] } },
        },
      },
      {
        test: {
          name: "engine",
          // After the quick ones, which would only have to share the processor with an engine.
          sequence: { groupOrder: 2 },
          include: ["test/engine/**/*.test.ts"],
          globalSetup: ["test/engine/globalSetup.ts"],
          // Minutes, not seconds, on a machine that is busy with something else.
          testTimeout: 300_000,
          hookTimeout: 180_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: "mutations",
          // Runs tests itself, of which some are slow on a processor that is shared.
          sequence: { groupOrder: 3 },
          include: ["test/mutations.test.ts"],
          testTimeout: 600_000,
        },
      },
    ],
  },
});
