/**
 * Run as a process of its own, so that it can be ended from outside: installs the official release of Pulumi into a
 * folder, by the installer that ships with the Automation API.
 *
 * Arguments: the folder and the version. Ends with code 1 and a line on stderr when it fails.
 */
import { PulumiCommand } from "@pulumi/pulumi/automation/cmd.js";
import { SemVer } from "semver";

const [root, version] = process.argv.slice(2);
if (root === undefined || version === undefined)
  throw new Error("usage: officialInstaller.ts FOLDER VERSION");

try {
  await PulumiCommand.install({ root, version: new SemVer(version) });
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
