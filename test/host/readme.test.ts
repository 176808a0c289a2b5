/** The page "What is on the host" against the scripts and units themselves. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { renderUserData } from "../../host/userData.ts";
import { parseCloudConfig } from "../../sandbox/hosts/cloudConfig.ts";
import { SPEC } from "./specs.ts";

const FILES = new URL("../../host/files/", import.meta.url);
const page = readFileSync(new URL("../../docs/host.md", import.meta.url), "utf8");

/** A message's own words, without what is filled in. */
function words(message: string): string[] {
  return message
    .split(/\$\(\([^)]*\)\)|\$\{?\w+\}?|\$\*/)
    .map((part) => part.trim().replace(/^[:,.]\s*/, ""))
    .filter((part) => part.length > 3);
}

const messages = readdirSync(FILES).flatMap((file) => {
  const text = readFileSync(new URL(file, FILES), "utf8");
  return [
    ...text.matchAll(/(?:^|[|&({ ])(?:say|fail|echo) "([^"$]*[a-z]{4}[^"]*|\$\d[^"]*[a-z]{4}[^"]*)"/gm),
  ].map(([, message = ""]): [string, string] => [file, message]);
});

it("finds the messages of the scripts", () => {
  expect(new Set(messages.map(([file]) => file)).size).toBeGreaterThanOrEqual(6);
});

it.each(messages)("explains what %s says: %s", (_, message) => {
  for (const part of words(message)) {
    // A table's line may end a long message with an ellipsis.
    expect(page).toContain(part.slice(0, 30).trim());
  }
});

it("lists every unit and every place that is written", () => {
  const { files } = parseCloudConfig(renderUserData(SPEC));
  for (const { path } of files) {
    const name = path.replace(/.*\//, "").replace(/@?\.(?:service|timer)$/, "");
    const isListed = page.includes(path) || page.includes(name) || page.includes(path.replace(/[^/]*$/, ""));
    expect(isListed, path).toBe(true);
  }
});
