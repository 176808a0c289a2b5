/** What only a running systemd would show of the units: when they start, wait, give up and start again. */
import { describe, expect, it } from "vitest";
import type { HostSpec } from "../../host/spec.ts";
import { documentOf, textOf } from "./document.ts";
import { SPEC } from "./specs.ts";

const UNITS = "/etc/systemd/system";
const CONNECTOR = "cloudflared@.service";
const CONTAINER = "tenant-edge-app.service";
const SYNC = "tenant-edge-sync";
const WATCH = "tenant-edge-watch";
const WITH_CONTAINER = { ...SPEC, app: { container: { image: "ghcr.io/acme/app:1", port: 8080 } } };

/** Values of a key of a unit. */
function values(unit: string, key: string, spec: HostSpec = SPEC): string[] {
  return textOf(documentOf(spec), `${UNITS}/${unit}`)
    .split("\n")
    .filter((line) => line.startsWith(`${key}=`))
    .map((line) => line.slice(key.length + 1));
}

describe.each([
  [CONNECTOR, "5"],
  [CONTAINER, "10"],
])("%s", (unit, pause) => {
  it("is started again however it ended, after a pause, and never given up", () => {
    expect(values(unit, "Restart", WITH_CONTAINER)).toEqual(["always"]);
    expect(values(unit, "RestartSec", WITH_CONTAINER)).toEqual([pause]);
    expect(values(unit, "StartLimitIntervalSec", WITH_CONTAINER)).toEqual(["0"]);
  });
});

describe("the connector", () => {
  it("counts as started once it is connected, and has two minutes for it", () => {
    expect(values(CONNECTOR, "Type")).toEqual(["notify"]);
    expect(values(CONNECTOR, "TimeoutStartSec")).toEqual(["120"]);
  });

  it("may answer the requests that it has before it is killed", () => {
    const [command = ""] = values(CONNECTOR, "ExecStart");
    const [, grace] = / --grace-period (\d+)s /.exec(command) ?? [];
    expect(Number(grace)).toBe(30);
    expect(Number(values(CONNECTOR, "TimeoutStopSec"))).toBeGreaterThan(Number(grace));
  });

  it("reaches no credentials of the host's role, whatever an ingress rule says", () => {
    expect(values(CONNECTOR, "IPAddressDeny")).toEqual(["169.254.169.254"]);
  });
});

describe("the look at the parameters", () => {
  it.each([
    [60, "15"],
    [10, "3"],
    [3600, "900"],
  ])("comes %i s after the last one, plus a quarter at random", (pollSeconds, jitter) => {
    const timer = (key: string) => values(`${SYNC}.timer`, key, { ...SPEC, pollSeconds });
    expect(timer("OnUnitInactiveSec")).toEqual([String(pollSeconds)]);
    expect(timer("RandomizedDelaySec")).toEqual([jitter]);
    // systemd's own is a minute: hosts would ask together all the same.
    expect(timer("AccuracySec")).toEqual(["1"]);
  });

  it("may take as long as a fresh role takes to be effective", () => {
    expect(values(`${SYNC}.service`, "TimeoutStartSec")).toEqual(["1h"]);
  });

  it("leaves the secrets where they are when it ends", () => {
    expect(values(`${SYNC}.service`, "RuntimeDirectory")).toEqual(["tenant-edge"]);
    expect(values(`${SYNC}.service`, "RuntimeDirectoryPreserve")).toEqual(["yes"]);
  });
});

it("the watchdog probes twice a minute, from the first minute on", () => {
  expect(values(`${WATCH}.timer`, "OnActiveSec")).toEqual(["60"]);
  expect(values(`${WATCH}.timer`, "OnUnitInactiveSec")).toEqual(["30"]);
  expect(values(`${WATCH}.timer`, "AccuracySec")).toEqual(["1"]);
});

it("a unit of the image may read the bucket's credentials", () => {
  const app = { unit: "my-app.service" };
  const dropIn = "my-app.service.d/tenant-edge.conf";
  expect(values(dropIn, "SupplementaryGroups", { ...SPEC, app })).toEqual(["tenant-app"]);
});

it.each([
  [true, ["/run/tenant-edge/app/bucket.env"]],
  [false, []],
])("a unit of the image waits for the credentials of a bucket (%s), and does not fail until then", (hasBucket, found) => {
  const spec = { ...SPEC, hasBucket, app: { unit: "my-app.service" } };
  expect(values("my-app.service.d/tenant-edge.conf", "ConditionPathExists", spec)).toEqual(found);
});

it("the AWS command line has a home that it may write to, and not root's", () => {
  expect(values(`${SYNC}.service`, "Environment")).toEqual(["HOME=/tmp"]);
  expect(values(`${SYNC}.service`, "PrivateTmp")).toEqual(["yes"]);
});

it("the first boot reads the units, and then starts what keeps the host going without waiting for it", () => {
  const { commands } = documentOf(SPEC);
  expect(commands[0]).toEqual(["systemctl", "daemon-reload"]);
  expect(commands.at(-1)).toEqual([
    "systemctl",
    "enable",
    "--now",
    "--no-block",
    `${SYNC}.service`,
    `${SYNC}.timer`,
    `${WATCH}.timer`,
  ]);
});
