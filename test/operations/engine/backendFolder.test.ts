import { userInfo } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { backendFolder } from "../../../operations/engine/backendFolder.ts";

const { homedir } = userInfo();

it.each([
  ["file:///srv/my%20state?no_tmp_dir=true", "/srv/my state/.pulumi"],
  ["file:///srv/my state", "/srv/my state/.pulumi"],
  ["file://~", join(homedir, ".pulumi")],
  ["file://~/state", join(homedir, "state/.pulumi")],
  ["file://./my%20state", "/project/my state/.pulumi"],
  ["file://../state", "/state/.pulumi"],
  ["s3://example-state?region=eu-west-1", undefined],
  ["https://api.pulumi.com", undefined],
])("%s has its files where the engine finds them", (backend, expected) => {
  expect(backendFolder(backend, "/project")).toBe(expected);
});
