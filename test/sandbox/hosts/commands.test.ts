import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { formatText } from "../../../sandbox/hosts/commands/awsText.ts";
import { EmulatedClouds, REPORT } from "./emulatedClouds.ts";

/** What a script says that cloud-init runs on a host, line by line, and whether it ended well. */
async function run(script: string): Promise<{ lines: string[]; problem: string | undefined }> {
  const clouds = await EmulatedClouds.start();
  await clouds.tenantParts();
  const userData = `#cloud-config\n${JSON.stringify({
    groups: ["apps"],
    write_files: [{ path: "/root/run", permissions: "0755", content: `#!/bin/bash\n${script}\n` }],
    runcmd: ["AWS_REGION=eu-west-1 /root/run"],
  })}`;
  const report = await clouds.boot({ userData, report: REPORT });
  const lines = report.log.map((line) => line.replace(/^cloud-init: /, ""));
  return { lines: report.reason === undefined ? lines : lines.slice(0, -1), problem: report.reason };
}

const hello = createHash("sha256").update("hello\n").digest("hex");

describe("a script on a host finds", () => {
  it.each<[what: string, script: string, lines: string[]]>([
    [
      "files with rights and owners",
      "umask 2>/dev/null; cd /run; echo a >f; chmod 0640 f; chgrp apps f; stat -c '%a' f; chgrp nobodys f || echo $?",
      ["640", "1", "chgrp: invalid group: 'nobodys'"],
    ],
    [
      "checksums",
      `echo hello >/run/f; sha256sum </run/f; echo "${hello}  /run/f" | sha256sum --check --status && echo same; echo "${hello.replace(/./, "0")}  /run/f" | sha256sum --check`,
      [`${hello}  -`, "same", "/run/f: FAILED"],
    ],
    [
      "no tool that Amazon Linux does not have",
      "jq . || echo $?; command -v docker || echo none; command -v curl",
      ["127", "none", "/usr/bin/curl", "bash: jq: command not found"],
    ],
    [
      "seconds that count up",
      "a=$(date +%s); sleep 100; b=$(date +%s); [[ $((b - a)) -ge 100 ]] && echo later",
      ["later"],
    ],
    [
      "a service manager that knows what it has",
      "systemctl is-active amazon-ssm-agent; systemctl is-active --quiet a.service || echo $?; systemctl start a.service || echo $?; systemctl stop a || echo $?; systemctl enable a 2>&1 || echo $?",
      [
        "active",
        "3",
        "5",
        "5",
        "Failed to enable unit: Unit file a.service does not exist.",
        "1",
        "Failed to start a.service: Unit a.service not found.",
        "Failed to stop a.service: Unit a.service not loaded.",
      ],
    ],
    [
      "nobody who listens on the loopback interface",
      "curl --fail --silent http://127.0.0.1:20241/ready || echo $?; curl -sS http://127.0.0.1:20241/ready 2>&1",
      ["7", "curl: (7) Failed to connect to 127.0.0.1 port 20241: Couldn't connect to server"],
    ],
    [
      "the edge over TCP, and no name that is made up",
      "curl -s -o /dev/null -w '%{time_connect}\\n' http://region1.v2.argotunnel.com:7844 || echo $?; curl -s https://a.invalid || echo $?",
      ["0.012345", "52", "6"],
    ],
  ])("%s", async (_, script, expected) => {
    const { lines } = await run(`${script}\ntrue`);
    expect(lines.toSorted()).toEqual(expected.toSorted());
  });
});

describe("the AWS command line on a host", () => {
  it("prints what a parameter holds, and writes only what its role may write", async () => {
    const { lines } = await run(
      [
        `aws ssm put-parameter --name ${REPORT} --overwrite --value hello --output text`,
        `aws ssm get-parameter --name ${REPORT} --query Parameter.Value --output text`,
        `aws ssm put-parameter --name ${REPORT}-2 --overwrite --value hello --output text >/dev/null || echo $?`,
        "true",
      ].join("\n"),
    );
    expect(lines).toEqual(expect.arrayContaining(["Standard\t2", "hello", "254"]));
    expect(lines.join("\n")).toMatch(
      /An error occurred \(AccessDeniedException\) when calling the PutParameter operation: .*host-report-2/,
    );
  });

  it.each([
    ["aws s3 ls", 252, "does not emulate"],
    ["aws ssm get-parameter --name a --output json", 252, "--output text only"],
    ["aws ssm get-parameter --nam a --output text", 252, "Unknown option '--nam'"],
    ["AWS_REGION= aws ssm get-parameter --name a --output text", 253, "You must specify a region"],
  ])("refuses %s with status %i", async (command, status, message) => {
    const { lines } = await run(`${command} || echo $?`);
    expect(lines).toContain(String(status));
    expect(lines.join("\n")).toContain(message);
  });

  it.each([
    [undefined, "None\n"],
    ["a\nb", "a\nb\n"],
    [["a", 1, null], "a\t1\tNone\n"],
    [
      [
        ["a", 1],
        ["b", 2],
      ],
      "a\t1\nb\t2\n",
    ],
    [[], ""],
    [{ Version: 2, Tier: "Standard" }, "Standard\t2\n"],
  ])("prints %j as %j", (value, text) => expect(formatText(value)).toBe(text));
});
