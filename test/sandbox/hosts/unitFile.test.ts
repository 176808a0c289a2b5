import { describe, expect, it } from "vitest";
import { DEFAULT_CONNECTOR } from "../../../host/defaults.ts";
import { connectorUnit, syncTimer, watchTimer } from "../../../host/systemd.ts";
import { parseServiceUnit } from "../../../sandbox/hosts/serviceUnit.ts";
import { parseTimerUnit } from "../../../sandbox/hosts/timerUnit.ts";
import { UnitFile } from "../../../sandbox/hosts/unitFile.ts";
import { networkProblem } from "../../../sandbox/hosts/unitNetwork.ts";
import { mayWrite } from "../../../sandbox/hosts/unitPaths.ts";
import {
  expandVariables,
  parseTimeSpan,
  resolveSpecifiers,
  splitWords,
} from "../../../sandbox/hosts/unitValues.ts";

describe("the syntax of unit files", () => {
  it("joins continued lines over comments", () => {
    const file = UnitFile.parse("[Service]\nExecStart=/bin/a \\\n# not part of it\n  b \\\n  c\nUser=x\n");
    expect(file.last("Service", "ExecStart")?.split(/\s+/)).toEqual(["/bin/a", "b", "c"]);
    expect(file.last("Service", "User")).toBe("x");
  });

  it("collects repeated settings, and an empty one takes back those before it", () => {
    const file = UnitFile.parse(
      "[Unit]\nAfter=a.service b.service\nAfter=\nAfter = c.service\n[Service]\nAfter=d.service",
    );
    expect(file.words("Unit", "After")).toEqual(["c.service"]);
  });

  it("keeps what follows the first equals sign", () => {
    expect(UnitFile.parse("[Service]\nEnvironment=A=b=c").last("Service", "Environment")).toBe("A=b=c");
  });

  it("warns of what systemd ignores", () => {
    const { warnings } = UnitFile.parse("User=early\n[Service]\nnonsense\n; comment\n\n# comment\nUser=x");
    expect(warnings).toEqual([
      "line 1: Assignment outside of section. Ignoring.",
      "line 3: Missing '=', ignoring line.",
    ]);
  });

  it.each(["[Service", "[]", "[Ser]vice]"])("refuses the section header %s", (header) => {
    expect(() => UnitFile.parse(`${header}\nUser=x`)).toThrow("Invalid section header");
  });

  it.each([
    ["a  b\tc", ["a", "b", "c"]],
    [`"a b" 'c "d"' e"f g"h`, ["a b", 'c "d"', "ef gh"]],
    [`a\\sb "" \\"`, ["a b", "", '"']],
  ])("splits %j into words", (text, words) => expect(splitWords(text)).toEqual(words));

  it.each(['a "b', "a\\", "a \\q"])("refuses the words %j", (text) =>
    expect(() => splitWords(text)).toThrow());

  it.each([
    ["5", 5],
    ["100ms", 0.1],
    ["1min 30s", 90],
    ["2h", 7200],
    ["infinity", Number.POSITIVE_INFINITY],
  ])("reads the time span %s", (text, seconds) => expect(parseTimeSpan(text)).toBe(seconds));

  it.each(["", "soon", "5 parsecs", "-1"])("refuses the time span %j", (text) =>
    expect(() => parseTimeSpan(text)).toThrow("time span"));

  it.each([
    // biome-ignore lint/suspicious/noTemplateCurlyInString: systemd's syntax
    ["--name=${NAME}", ["--name=a b"]],
    ["$NAME", ["a", "b"]],
    ["$MISSING", []],
    ["x$NAME", ["x$NAME"]],
  ])("expands the variables of %s", (word, words) =>
    expect(expandVariables(word, { NAME: "a b" })).toEqual(words));

  it("resolves specifiers, and refuses those that it does not know", () => {
    expect(resolveSpecifiers("%t/%p/%n 100%% %u", "app.service", "bob")).toBe(
      "/run/app/app.service 100% bob",
    );
    expect(resolveSpecifiers("%p %i %N %d", "app@1.service", "bob")).toBe(
      "app 1 app@1 /run/credentials/app@1.service",
    );
    expect(() => resolveSpecifiers("%x", "app.service", "bob")).toThrow("Failed to resolve unit specifiers");
  });
});

describe("a service unit", () => {
  it("is read with all that the program writes into one", () => {
    const unit = parseServiceUnit("cloudflared@20242.service", connectorUnit(DEFAULT_CONNECTOR));
    expect(unit).toMatchObject({
      type: "notify",
      user: "cloudflared",
      dynamicUser: true,
      umask: 0o077,
      credentials: [{ id: "token", path: "/run/tenant-edge/secrets/tunnel-token" }],
      start: [
        {
          program: "/usr/local/bin/cloudflared",
          arguments: expect.arrayContaining([
            "127.0.0.1:20242",
            "/run/credentials/cloudflared@20242.service/token",
          ]),
          privileged: false,
        },
      ],
      restart: "always",
      restartSeconds: 5,
      startTimeoutSeconds: 120,
      startLimit: { intervalSeconds: 0 },
      warnings: [],
    });
    expect(networkProblem(unit.network, "169.254.169.254/32", true)).toContain("IPAddressDeny=");
  });

  it("is changed by its drop-ins", () => {
    const dropIns = ["[Service]\nEnvironmentFile=/b\nUser=bob", "[Service]\nExecStart=\nExecStart=/bin/b"];
    expect(
      parseServiceUnit("app.service", "[Service]\nExecStart=/bin/a\nEnvironmentFile=/a", dropIns),
    ).toMatchObject({
      user: "bob",
      environmentFiles: [{ path: "/a" }, { path: "/b" }],
      start: [{ program: "/bin/b" }],
    });
  });

  it("has systemd's defaults", () => {
    expect(parseServiceUnit("app.service", "[Service]\nExecStart=-/bin/app $ARGS")).toMatchObject({
      type: "simple",
      user: "root",
      start: [{ program: "/bin/app", arguments: ["$ARGS"], ignoreFailure: true }],
      restart: "no",
      restartSeconds: 0.1,
      startTimeoutSeconds: 90,
      startLimit: { intervalSeconds: 10, burst: 5 },
      installable: false,
    });
  });

  it.each([
    ["[Service]\nUser=x", "no ExecStart="],
    ["[Service]\nType=oneshot\nRestart=always\nExecStart=/bin/a", "isn't allowed for Type=oneshot"],
    ["[Service]\nType=forking\nExecStart=/bin/a", "does not emulate Type=forking"],
    ["[Service]\nExecStart=/bin/a\nRemainAfterExit=perhaps", "Failed to parse boolean value"],
    ["[Service]\nExecStart=/bin/a\nEnvironment=1A=b", "Invalid environment assignment"],
    ["[Service]\nExecStart=/bin/a\nWantedBy=x.target", "'WantedBy' in section 'Service'"],
    ["[Unit]\nAfter=a.service\n[Services]\nExecStart=/bin/a", "'ExecStart' in section 'Services'"],
    ["[Service]\nExecStart=/bin/a\nexecstart=/bin/b", "'execstart' in section 'Service'"],
    ["[Service]\nExecStart=/bin/a\nIPAddressDeny=all", "Failed to parse address prefix of IPAddressDeny="],
  ])("is refused: %j", (text, problem) =>
    expect(() => parseServiceUnit("app.service", text)).toThrow(problem));
});

describe("a service unit", () => {
  it("may carry what other programs read", () => {
    const text = "[Service]\nExecStart=/bin/a\nX-Note=b\n[X-Other]\nAnything=c";
    expect(parseServiceUnit("app.service", text)).toMatchObject({ warnings: [] });
  });
});

describe("a timer unit", () => {
  it("is read with all that the program writes into one", () => {
    expect(parseTimerUnit("a.timer", syncTimer(60))).toMatchObject({
      unit: "a.service",
      onActive: [],
      onUnitInactive: [60],
      randomizedDelay: 15,
      accuracy: 1,
      installable: true,
    });
    expect(parseTimerUnit("a.timer", watchTimer())).toMatchObject({ onActive: [60], onUnitInactive: [30] });
  });

  it.each([
    ["[Timer]\nUnit=b.service", "lacks value setting"],
    ["[Timer]\nOnCalendar=daily", "does not emulate OnCalendar="],
    ["[Timer]\nOnUnitInactive=60", "'OnUnitInactive' in section 'Timer'"],
    ["[Timer]\nOnUnitInactiveSec=soon", "time span"],
  ])("is refused: %j", (text, problem) => expect(() => parseTimerUnit("a.timer", text)).toThrow(problem));
});

describe("where a service may write", () => {
  const writable = (lines: string, path: string) =>
    mayWrite(parseServiceUnit("a.service", `[Service]\nExecStart=/bin/a\n${lines}`).writablePaths, path);

  it.each([
    ["", "/etc/x", true],
    ["ProtectSystem=full", "/etc/x", false],
    ["ProtectSystem=yes", "/etc/x", true],
    ["ProtectSystem=full\nReadWritePaths=/usr/local/bin", "/usr/local/bin/x", true],
    ["ProtectSystem=full\nReadWritePaths=/usr/local/bin", "/usr/local/lib/x", false],
    ["ProtectSystem=strict", "/var/x", false],
    ["ProtectSystem=strict\nRuntimeDirectory=a", "/run/a/x", true],
    ["DynamicUser=yes", "/var/x", false],
    ["ProtectHome=read-only", "/root/x", false],
  ])("%j: %s is %s", (lines, path, expected) => expect(writable(lines, path)).toBe(expected));
});

describe("a service's way to 198.41.192.0/24", () => {
  const problemOf = (lines: string, isRestricted = true) => {
    const { network } = parseServiceUnit("app.service", `[Service]\nExecStart=/bin/a\n${lines}`);
    return networkProblem(network, "198.41.192.0/24", isRestricted);
  };

  it.each([
    "",
    "PrivateNetwork=no",
    "RestrictAddressFamilies=AF_UNIX\nRestrictAddressFamilies=AF_INET",
    "RestrictAddressFamilies=AF_UNIX\nRestrictAddressFamilies=",
    "RestrictAddressFamilies=~AF_NETLINK AF_PACKET",
    "IPAddressDeny=any\nIPAddressAllow=198.41.192.0/20",
    "IPAddressDeny=10.0.0.0/8 ::/0 link-local",
  ])("is open with %j", (lines) => expect(problemOf(lines)).toBeUndefined());

  it.each([
    ["PrivateNetwork=yes", "PrivateNetwork=yes"],
    ["RestrictAddressFamilies=none", "without AF_INET"],
    ["RestrictAddressFamilies=AF_INET6", "without AF_INET"],
    ["RestrictAddressFamilies=~AF_INET", "without AF_INET"],
    ["RestrictAddressFamilies=AF_INET AF_UNIX\nRestrictAddressFamilies=~AF_INET", "without AF_INET"],
    ["IPAddressDeny=any", "IPAddressDeny="],
    ["IPAddressDeny=198.41.192.7", "IPAddressDeny="],
    ["IPAddressDeny=any\nIPAddressAllow=198.41.200.0/24", "IPAddressDeny="],
  ])("is closed with %j", (lines, problem) => expect(problemOf(lines)).toContain(problem));

  it("is open to privileged commands in spite of a filter of address families, and of nothing else", () => {
    expect(problemOf("RestrictAddressFamilies=AF_UNIX", false)).toBeUndefined();
    expect(problemOf("IPAddressDeny=any", false)).toBeDefined();
    expect(problemOf("PrivateNetwork=yes", false)).toBeDefined();
  });
});
