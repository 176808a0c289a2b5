/** SECURITY.md names what is there, and its commands do what it says. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { validateIdentityPolicy } from "@cloud-copilot/iam-policy";
import { runSimulation } from "@cloud-copilot/iam-simulate";
import { execa } from "execa";
import { expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const page = readFileSync(join(ROOT, "SECURITY.md"), "utf8");

it("names tests and pages that are there", () => {
  const tests = page.match(/\btest\/[\w/]+\.test\.ts\b/g) ?? [];
  const pages = [...page.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, path = ""]) => path);
  expect(tests.length).toBeGreaterThan(15);
  expect([...tests, ...pages].filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

it("names no command against a theft that the test of revocations does not run", () => {
  const tried = readFileSync(join(ROOT, "test/engine/revoke.test.ts"), "utf8");
  const rows = page.split("\n").filter((line) => /^\|.*\| `(?:npx tenant-edge|pulumi) [^`]*` \|$/.test(line));
  expect(rows).toHaveLength(5);
  for (const row of rows) {
    const [, command = ""] = /`(?:npx tenant-edge|pulumi) ([^`]*)` \|$/.exec(row) ?? [];
    const words = command.replace(" --stack prod", "").split(" ");
    // The name of the token, and its file, are the test's own.
    const own = ["sign-up", "tokens.yaml"];
    for (const word of words.filter((each) => !own.includes(each)))
      expect(tried, command).toContain(`"${word}"`);
  }
});

/** The policy that the command gives the role, made by a shell as whoever copies it has one. */
async function revocation(): Promise<unknown> {
  const [command = ""] = /^ *aws iam put-role-policy .*$/m.exec(page) ?? [];
  const aws = 'aws() { [ "$1 $2" = "iam put-role-policy" ] && printf %s "$8"; }';
  const { stdout } = await execa("bash", ["-c", `${aws}\n${command}`]);
  return JSON.parse(stdout);
}

it("shuts out sessions of a role that were opened before now, and no others", async () => {
  const policy = await revocation();
  expect(validateIdentityPolicy(policy)).toEqual([]);
  const anything = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };
  const isAllowed = async (openedAt: number) => {
    const result = await runSimulation(
      {
        request: {
          principal: "arn:aws:sts::123456789012:assumed-role/tenant-edge-deploy/run",
          action: "ssm:GetParameter",
          resource: {
            resource: "arn:aws:ssm:eu-west-1:123456789012:parameter/tenant-edge/prod/acme/tunnel-token",
            accountId: "123456789012",
          },
          contextVariables: { "aws:TokenIssueTime": new Date(openedAt).toISOString() },
        },
        identityPolicies: [
          { name: "deployer", policy: anything },
          { name: "AWSRevokeOlderSessions", policy },
        ],
        serviceControlPolicies: [],
        resourceControlPolicies: [],
      },
      {},
    );
    if (result.resultType === "error") throw new Error(JSON.stringify(result.errors));
    return result.overallResult === "Allowed";
  };
  expect(await isAllowed(Date.now() - 60_000)).toBe(false);
  expect(await isAllowed(Date.now() + 60_000)).toBe(true);
});
