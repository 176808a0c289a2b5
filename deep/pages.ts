/** Where the last deep run that was kept is shown. */
import { withMarkedPart } from "../scripts/markedPart.ts";
import { type DeepReport, reportText } from "./report.ts";

export const REPORT_FILE = new URL("../docs/deep-run.json", import.meta.url);
export const README = new URL("../README.md", import.meta.url);

const MARKS = { name: "deep run", command: "npm run test:deep -- --write" };

/** README with the table made anew. Throws when the marks around it are gone. */
export function pageWithDeepRun(page: string, report: DeepReport): string {
  return withMarkedPart(page, "README.md", MARKS, reportText(report));
}
