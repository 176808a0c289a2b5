import { describe, expect, it } from "vitest";
import { showEngineProgress } from "../../../sandbox/commands/showEngineProgress.ts";

function display(terminal: { isTTY?: boolean; columns?: number }) {
  const written: string[] = [];
  return { written, ...showEngineProgress({ ...terminal, write: (text) => written.push(text) }) };
}

describe("the progress of the search for an engine", () => {
  it("adds a line per step and every ten seconds to a log, without control characters", () => {
    const { report, close, written } = display({});
    for (const elapsed of [0, 2_000, 9_000, 10_000, 12_000, 65_000]) {
      report({ step: "compile", detail: `at ${elapsed}`, elapsed });
    }
    report({ step: "download", detail: "modules", elapsed: 0 });
    close();

    expect(written).toEqual([
      "Compiling: at 0\n",
      "Compiling (10s): at 10000\n",
      "Compiling (1m 5s): at 65000\n",
      "Downloading: modules\n",
    ]);
  });

  it("rewrites one line on a terminal, never wider than it, and removes it at the end", () => {
    const { report, close, written } = display({ isTTY: true, columns: 20 });
    report({ step: "compile", detail: "a rather long name of a package", elapsed: 0 });
    report({ step: "compile", detail: "b", elapsed: 3_000 });
    close();

    expect(written).toEqual(["\r\u001B[KCompiling: a rather", "\r\u001B[KCompiling (3s): b", "\r\u001B[K"]);
  });
});
