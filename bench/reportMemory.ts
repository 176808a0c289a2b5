/** Loaded into the measured program: writes the peak of its memory, in MB, to the file named in its own URL. */
import { writeFileSync } from "node:fs";

const report = new URL(import.meta.url).searchParams.get("report");

/** `maxRSS` is in kibibytes. Node.js documentation, `process.resourceUsage()`. */
const KIBIBYTE = 1024;

process.on("exit", () => {
  if (report !== null) writeFileSync(report, String((process.resourceUsage().maxRSS * KIBIBYTE) / 1_000_000));
});
