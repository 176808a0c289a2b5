/** A service as its unit file describes it. Manual pages systemd.unit(5), systemd.service(5), systemd.exec(5). */
import unitDirectives from "./unitDirectives.json" with { type: "json" };
import { UnitFile, UnitFileError } from "./unitFile.ts";
import { parseUnitNetwork, type UnitNetwork } from "./unitNetwork.ts";
import { parseWritablePaths, type WritablePaths } from "./unitPaths.ts";
import { parseTimeSpan, resolveSpecifiers, splitWords } from "./unitValues.ts";

const TYPES = ["simple", "exec", "notify", "oneshot"] as const;
const RESTARTS = ["no", "always", "on-failure", "on-success"] as const;

/** By section: what systemd 252 knows in the unit file of a service or timer, which is the version of Amazon Linux 2023. */
const DIRECTIVES: Record<string, readonly string[]> = unitDirectives;

/** systemd skips sections and settings of this prefix: they are other programs'. */
const FOREIGN = "X-";

export interface ExecCommand {
  program: string;
  arguments: string[];
  /** `-`: a failure counts as success. */
  ignoreFailure: boolean;
  /** `+`, `!`, `!!`: runs as root whatever User= says. */
  privileged: boolean;
  /** False after `+`: the unit's filters of system calls do not apply. */
  sandboxed: boolean;
  /** False after `:`: `$NAME` stays as it is. */
  expandsVariables: boolean;
}

export interface RuntimeDirectory {
  path: string;
  mode: number;
  /** Stays when the service stops. */
  preserved: boolean;
}

/** A file that the service's processes find a copy of in their own credentials' directory. */
export interface LoadedCredential {
  id: string;
  path: string;
}

export interface ServiceUnit {
  name: string;
  type: (typeof TYPES)[number];
  user: string;
  /** Default: the user's own. */
  group: string | undefined;
  supplementaryGroups: string[];
  /** The user is there while the service runs. */
  dynamicUser: boolean;
  umask: number;
  credentials: LoadedCredential[];
  writablePaths: WritablePaths;
  runtimeDirectories: RuntimeDirectory[];
  network: UnitNetwork;
  environment: Record<string, string>;
  environmentFiles: { path: string; optional: boolean }[];
  startPre: ExecCommand[];
  start: ExecCommand[];
  reload: ExecCommand[];
  stop: ExecCommand[];
  restart: (typeof RESTARTS)[number];
  restartSeconds: number;
  /** Infinite when there is no limit. */
  startTimeoutSeconds: number;
  remainsAfterExit: boolean;
  /** More starts than this within the interval, and systemd gives up. An interval of 0 switches that off. */
  startLimit: { burst: number; intervalSeconds: number };
  after: string[];
  wants: string[];
  requires: string[];
  /** Whether `systemctl enable` has anything to do. */
  installable: boolean;
  warnings: readonly string[];
}

const DEFAULT_START_TIMEOUT = "90s";
const DEFAULT_RESTART_DELAY = "100ms";
const DEFAULT_START_LIMIT = { interval: "10s", burst: "5" };

function oneOf<const Values extends readonly string[]>(
  key: string,
  value: string,
  values: Values,
): Values[number] {
  const found = values.find((known) => known === value);
  if (found !== undefined) return found;
  throw new UnitFileError(`The sandbox does not emulate ${key}=${value}, only ${values.join(", ")}`);
}

function parseCommand(line: string, unitName: string, user: string): ExecCommand {
  const [, prefixes = "", rest = ""] = /^([@\-:+!]*)(.*)$/s.exec(line) ?? [];
  if (prefixes.includes("@"))
    throw new UnitFileError("The sandbox does not emulate the prefix @ of commands");
  const [program, ...words] = splitWords(resolveSpecifiers(rest, unitName, user));
  if (program === undefined || words.includes(";")) throw new UnitFileError(`No command in ${line}`);
  return {
    program,
    arguments: words,
    ignoreFailure: prefixes.includes("-"),
    privileged: /[+!]/.test(prefixes),
    sandboxed: !prefixes.includes("+"),
    expandsVariables: !prefixes.includes(":"),
  };
}

function parseEnvironment(values: string[]): Record<string, string> {
  const pairs = values.flatMap(splitWords).map((word): [string, string] => {
    const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/s.exec(word) ?? [];
    if (name === undefined) throw new UnitFileError(`Invalid environment assignment: ${word}`);
    return [name, value ?? ""];
  });
  return Object.fromEntries(pairs);
}

function parseRuntimeDirectories(file: UnitFile): RuntimeDirectory[] {
  const mode = Number.parseInt(file.last("Service", "RuntimeDirectoryMode") ?? "0755", 8);
  const preserved = file.last("Service", "RuntimeDirectoryPreserve") === "yes";
  return file.words("Service", "RuntimeDirectory").map((name) => ({ path: `/run/${name}`, mode, preserved }));
}

/** A relative path is the name of another credential, which nobody here passes on. */
function parseCredentials(file: UnitFile): LoadedCredential[] {
  return file.all("Service", "LoadCredential").map((text) => {
    const [, id, path] = /^([^:/]+):(\/.+)$/.exec(text) ?? [];
    if (id === undefined || path === undefined) {
      throw new UnitFileError(`The sandbox emulates LoadCredential=ID:/PATH only, not ${text}`);
    }
    return { id, path };
  });
}

function parseStartTimeout(file: UnitFile, type: ServiceUnit["type"]): number {
  const byDefault = type === "oneshot" ? "infinity" : DEFAULT_START_TIMEOUT;
  const seconds = parseTimeSpan(file.last("Service", "TimeoutStartSec") ?? byDefault);
  return seconds === 0 ? Number.POSITIVE_INFINITY : seconds;
}

/** systemd would only warn of what it does not know; on a host that is a setting without its effect. */
export function refuseUnknownDirectives({ settings }: UnitFile): void {
  const unknown = settings.filter(
    ({ section, key }) =>
      !section.startsWith(FOREIGN) && !key.startsWith(FOREIGN) && DIRECTIVES[section]?.includes(key) !== true,
  );
  if (unknown.length === 0) return;
  const names = unknown.map(({ section, key }) => `'${key}' in section '${section}'`).join(", ");
  throw new UnitFileError(`Unknown key name ${names}: systemd would ignore it`);
}

/** Combinations that systemd refuses. */
function check(unit: ServiceUnit): ServiceUnit {
  if (unit.start.length === 0) throw new UnitFileError("Service has no ExecStart= setting. Refusing.");
  if (unit.type !== "oneshot" && unit.start.length > 1) {
    throw new UnitFileError(
      "Service has more than one ExecStart= setting, which is only allowed for Type=oneshot services. Refusing.",
    );
  }
  if (unit.type === "oneshot" && (unit.restart === "always" || unit.restart === "on-success")) {
    throw new UnitFileError(
      "Service has Restart= set to either always or on-success, which isn't allowed for Type=oneshot services. Refusing.",
    );
  }
  return unit;
}

/**
 * @param dropIns texts of the files in the unit's own folder, in their order
 * Throws UnitFileError for a unit that systemd would not load, or that the sandbox cannot emulate. */
export function parseServiceUnit(name: string, text: string, dropIns: readonly string[] = []): ServiceUnit {
  const file = UnitFile.parse(text, ...dropIns);
  refuseUnknownDirectives(file);
  const type = oneOf("Type", file.last("Service", "Type") ?? "simple", TYPES);
  const user = file.last("Service", "User") ?? "root";
  const commands = (key: string) => file.all("Service", key).map((line) => parseCommand(line, name, user));
  const span = (section: string, key: string, byDefault: string) =>
    parseTimeSpan(file.last(section, key) ?? byDefault);
  return check({
    name,
    type,
    user,
    group: file.last("Service", "Group"),
    supplementaryGroups: file.words("Service", "SupplementaryGroups"),
    dynamicUser: file.boolean("Service", "DynamicUser", false),
    umask: Number.parseInt(file.last("Service", "UMask") ?? "0022", 8),
    credentials: parseCredentials(file),
    writablePaths: parseWritablePaths(file),
    network: parseUnitNetwork(file),
    runtimeDirectories: parseRuntimeDirectories(file),
    environment: parseEnvironment(file.all("Service", "Environment")),
    environmentFiles: file.all("Service", "EnvironmentFile").map((path) => ({
      path: path.replace(/^-/, ""),
      optional: path.startsWith("-"),
    })),
    startPre: commands("ExecStartPre"),
    start: commands("ExecStart"),
    reload: commands("ExecReload"),
    stop: commands("ExecStop"),
    restart: oneOf("Restart", file.last("Service", "Restart") ?? "no", RESTARTS),
    restartSeconds: span("Service", "RestartSec", DEFAULT_RESTART_DELAY),
    startTimeoutSeconds: parseStartTimeout(file, type),
    remainsAfterExit: file.boolean("Service", "RemainAfterExit", false),
    startLimit: {
      intervalSeconds: span("Unit", "StartLimitIntervalSec", DEFAULT_START_LIMIT.interval),
      burst: Number(file.last("Unit", "StartLimitBurst") ?? DEFAULT_START_LIMIT.burst),
    },
    after: file.words("Unit", "After"),
    wants: file.words("Unit", "Wants"),
    requires: file.words("Unit", "Requires"),
    installable: file.words("Install", "WantedBy").length + file.words("Install", "RequiredBy").length > 0,
    warnings: file.warnings,
  });
}
