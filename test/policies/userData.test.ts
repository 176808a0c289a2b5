import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { renderUserData } from "../../host/userData.ts";
import { userData } from "../../policies/userData.ts";
import { declare } from "./declare.ts";

const INSTANCE = "aws:ec2/instance:Instance";
const check = (text: string, config = {}) => userData.check(declare(INSTANCE, { userData: text }), config);

const SPEC: Parameters<typeof renderUserData>[0] = {
  region: "eu-west-1",
  parameterPath: "/tenant-edge/prod/acme",
  reportParameter: "/tenant-edge/prod/acme/host-report",
  hasBucket: true,
  instanceType: "t4g.micro",
  connector: { protocol: "auto", edgeIpVersion: "4", edgeRegion: "global" },
  pollSeconds: 60,
  environment: {},
  sessionManager: true,
};

const word = fc.constantFrom(
  "shop",
  "level",
  "info",
  "eu-west-1",
  "http://localhost:8080",
  "8",
  "Europe/Berlin",
);
const environments = fc.dictionary(
  fc.constantFrom("APP_NAME", "APP_LOG_LEVEL", "APP_WORKERS", "TZ", "APP_BACKEND_URL"),
  fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => words.join(" ")),
);

describe("user data of ours", () => {
  it("is let through, whatever is set", () => {
    fc.assert(
      fc.property(
        fc.record({
          id: fc.stringMatching(/^[a-z](-?[a-z0-9]){0,62}$/),
          instanceType: fc.constantFrom("t4g.micro", "m7i.large"),
          hasBucket: fc.boolean(),
          sessionManager: fc.boolean(),
          environment: environments,
        }),
        ({ id, ...settings }) => {
          const parameterPath = `/tenant-edge/prod/${id}`;
          const text = renderUserData({
            ...SPEC,
            ...settings,
            parameterPath,
            reportParameter: `${parameterPath}/host-report`,
          });
          const tags = { "tenant-edge:environment": "prod", "tenant-edge:tenant": id };
          expect(userData.check(declare(INSTANCE, { userData: text, tags }), {})).toEqual([]);
        },
      ),
      { seed: 20_261_122 },
    );
  });
});

describe("a secret is found", () => {
  const secret = randomBytes(32).toString("hex");

  it.each<[string, string]>([
    ["in a variable", `#cloud-config\nruncmd:\n- [sh, -c, "KEY=${secret} run"]\n`],
    ["in a comment", `#cloud-config\n# ${secret}\n`],
    ["in a shell script", `#!/bin/sh\nexport KEY=${secret}\n`],
    ["in base64", `#cloud-config\nx: ${Buffer.from(`KEY=${secret}\n`).toString("base64")}\n`],
    ["zipped, in base64", `#cloud-config\nx: ${gzipSync(`#!/bin/sh\nKEY=${secret}\n`).toString("base64")}\n`],
    [
      "packed twice",
      gzipSync(`x: ${Buffer.from(`#!/bin/sh\nKEY=${secret}\n`).toString("base64")}\n`).toString("base64"),
    ],
  ])("%s, and is not shown", (_, text) => {
    const violations = check(text);
    expect(violations).toHaveLength(1);
    expect(JSON.stringify(violations)).not.toContain(secret.slice(0, 12));
  });

  it("in userDataBase64, with the lines that lead to it", () => {
    const inner = Buffer.from(`#!/bin/sh\nKEY=${secret}\n`).toString("base64");
    const values = { userDataBase64: Buffer.from(`a: 1\nb: ${inner}\n`).toString("base64") };
    const [violation] = userData.check(declare(INSTANCE, values), {});
    expect(violation?.path).toBe("userDataBase64, line 2, packed there in line 2");
  });

  it("unless it is named as known", () => {
    expect(check(`SUM=${secret}\n`, { knownValues: [secret] })).toEqual([]);
  });
});
