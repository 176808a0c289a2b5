/** A host whose scripts run in a throw-away root, as its units would run them, with everything that it talks to. */
import { createHash } from "node:crypto";
import { expect, onTestFinished, vi } from "vitest";
import { type HostReport, NO_REPORT, parseHostReport } from "../../../host/hostReport.ts";
import { HOST_ENVIRONMENT_FILE, LIBEXEC } from "../../../host/paths.ts";
import type { HostSpec } from "../../../host/spec.ts";
import { renderUserData } from "../../../host/userData.ts";
import { parseCloudConfig } from "../../../sandbox/hosts/cloudConfig.ts";
import { type Connectors, startConnectors, startEdge } from "./connectors.ts";
import { MIRROR_HOSTS, type Mirror, startMirror } from "./mirror.ts";
import { ParameterStore } from "./parameterStore.ts";
import {
  BUCKET_PARAMETER,
  bucketEnvironment,
  CANARY,
  PATH,
  REPORT_PARAMETER,
  SPEC,
  TOKEN_PARAMETER,
  token,
} from "./tenant.ts";
import { type Run, type RunOptions, ThrowAwayRoot, type Tree } from "./throwAwayRoot.ts";

// The real AWS command line takes seconds for each call on a machine that is busy with something else.
vi.setConfig({ testTimeout: 120_000 });

/** Where a secret may stand: on tmpfs, and what the tests themselves keep. */
const SECRET_PLACES = /^\/(?:run\/tenant-edge\/(?:secrets\/|app\/bucket\.env)|test\/(?:kept|units)\/)/;

/** Nobody listens there. */
const CLOSED_PORT = 1;

/** Seconds since 1970 at which the test's clock starts. */
const START = 1_800_000_000;

/** Says its version, and that it was run. */
export function cloudflaredBinary(version: string): string {
  return `#!/bin/sh\necho "$0" >>/test/calls/cloudflared\necho "cloudflared version ${version} (built 2026-10-01)"\n`;
}

/** As systemd reads an `EnvironmentFile=` whose values are quoted. */
function environmentOf(file: string): Record<string, string> {
  return Object.fromEntries(
    [...file.matchAll(/^(\w+)="(.*)"$/gm)].map(([, name = "", value = ""]) => [name, value]),
  );
}

export interface BootOptions {
  /** True: the real AWS command line. Default: a stand-in for it, which is much quicker. */
  hasRealAws?: boolean;
  /** True: every program writes down its arguments. Default false. */
  isTraced?: boolean;
  spec?: Partial<HostSpec>;
}

/** What a booted host is made of. */
interface Parts {
  root: ThrowAwayRoot;
  parameters: ParameterStore;
  mirror: Mirror;
  connectors: Connectors;
  /** Of the units. */
  environment: Record<string, string>;
  edgePort: number;
}

export class BootedHost {
  readonly root: ThrowAwayRoot;
  readonly parameters: ParameterStore;
  readonly mirror: Mirror;
  readonly connectors: Connectors;
  /** cloudflared that the document asks for. */
  readonly version: string;
  readonly #environment: Record<string, string>;
  readonly #edgePort: number;

  private constructor({ root, parameters, mirror, connectors, environment, edgePort }: Parts) {
    this.root = root;
    this.parameters = parameters;
    this.mirror = mirror;
    this.connectors = connectors;
    this.version = environment["CLOUDFLARED_VERSION"] ?? "";
    this.#environment = environment;
    this.#edgePort = edgePort;
  }

  /** A machine as cloud-init leaves it before anything of ours has run; it goes when the test is finished. */
  static async create({
    hasRealAws = false,
    isTraced = false,
    spec = {},
  }: BootOptions = {}): Promise<BootedHost> {
    const root = new ThrowAwayRoot();
    onTestFinished(() => root.close());
    const { files } = parseCloudConfig(renderUserData({ ...SPEC, ...spec }));
    for (const { path, content, mode } of files) root.write(path, content, mode);
    const written = environmentOf(root.read(HOST_ENVIRONMENT_FILE));
    const binary = cloudflaredBinary(written["CLOUDFLARED_VERSION"] ?? "");
    const parameters = await ParameterStore.start(PATH, REPORT_PARAMETER);
    const mirror = await startMirror(binary);
    const environment = {
      ...written,
      // That of the real one is of no use here.
      CLOUDFLARED_SHA256: createHash("sha256").update(binary).digest("hex"),
      AWS_ENDPOINT_URL: parameters.url,
      AWS_ACCESS_KEY_ID: parameters.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: parameters.credentials.secretAccessKey,
      AWS_SESSION_TOKEN: parameters.credentials.sessionToken,
      AWS_EC2_METADATA_DISABLED: "true",
      CURL_CA_BUNDLE: "/test/mirror.pem",
      CURL_HOME: "/test",
      PATH: isTraced ? "/test/traced" : "/test/bin:/usr/bin",
    };
    const connectors = await startConnectors((port) => {
      const [id = ""] = root.read(`/test/units/cloudflared@${port}.service`).split("\n");
      return id === "" ? undefined : id;
    });
    const edgePort = await startEdge();
    const host = new BootedHost({ root, parameters, mirror, connectors, environment, edgePort });
    host.#prepare(hasRealAws, isTraced);
    await host.publish(1);
    await parameters.put(REPORT_PARAMETER, NO_REPORT, "String");
    return host;
  }

  /** A host on which everything runs, and whose calls so far are forgotten. */
  static async establish(options: BootOptions = {}): Promise<BootedHost> {
    const host = await BootedHost.create(options);
    const { exitCode, output } = await host.sync();
    expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
    host.forgetCalls();
    return host;
  }

  /** New versions of both secrets. */
  async publish(generation: number): Promise<void> {
    await this.parameters.put(TOKEN_PARAMETER, token(generation));
    await this.parameters.put(BUCKET_PARAMETER, bucketEnvironment(generation));
  }

  /** Makes the parameters anew: as many versions of both secrets, and a report of one version. */
  async republish(generations: number, report: string): Promise<void> {
    for (const name of [TOKEN_PARAMETER, BUCKET_PARAMETER, REPORT_PARAMETER])
      await this.parameters.delete(name);
    for (let generation = 1; generation <= generations; generation++) await this.publish(generation);
    await this.parameters.put(REPORT_PARAMETER, report, "String");
  }

  sync(options: RunOptions = {}): Promise<Run> {
    return this.run(`${LIBEXEC}/sync`, options);
  }

  watch(): Promise<Run> {
    return this.run(`${LIBEXEC}/watch-connector`);
  }

  /** As the unit and its timer do: again a minute after each run that failed. Resolves with the number of runs. */
  async syncUntilDone(): Promise<number> {
    for (let runs = 1; runs <= 20; runs++) {
      if ((await this.sync()).exitCode === 0) return runs;
      this.clock += 60;
    }
    throw new Error(`it never ended well: ${(await this.sync()).output}`);
  }

  /** Runs a command with the environment of the units, and looks for secrets in all that it leaves. */
  async run(command: string, options: RunOptions = {}): Promise<Run> {
    const environment = { ...this.#environment, ...options.environment };
    const run = await this.root.run(command, { ...options, environment });
    expect(run.output).not.toContain(CANARY);
    for (const folder of ["/etc", "/run", "/test", "/usr/local", "/var"]) {
      for (const [path, shown] of Object.entries(this.root.tree(folder))) {
        if (!SECRET_PLACES.test(path)) expect(shown, path).not.toContain(CANARY);
      }
    }
    return run;
  }

  /** Seconds since the host was created, by the clock that `sleep` moves on and `date` reads. */
  get clock(): number {
    return Number(this.root.read("/test/clock")) - START;
  }

  set clock(seconds: number) {
    this.root.write("/test/clock", `${START + seconds}\n`);
  }

  /** Whether Cloudflare's edge accepts connections. */
  set isEdgeUp(isUp: boolean) {
    const targets = [
      ["127.0.0.1:20241", this.connectors.port],
      ["127.0.0.1:20242", this.connectors.port],
      [`${this.#environment["EDGE_HOST"]}:7844`, isUp ? this.#edgePort : CLOSED_PORT],
      ...MIRROR_HOSTS.map((host) => [`${host}:443`, this.mirror.port]),
    ];
    const lines = targets.map(([host, port]) => `connect-to = "${host}:127.0.0.1:${port}"\n`);
    this.root.write("/test/.curlrc", lines.join(""));
  }

  /** The lines that a program of the test's own has written down. */
  calls(program: string): string[] {
    return this.root.read(`/test/calls/${program}`).split("\n").slice(0, -1);
  }

  forgetCalls(): void {
    this.root.remove("/test/calls");
    this.root.write("/test/calls/sleep", "");
    this.parameters.calls.length = 0;
    this.mirror.requests.length = 0;
  }

  /** What each unit that is active was started with. */
  units(): Record<string, string> {
    const started = Object.entries(this.root.tree("/test/units")).map(([path, shown]) => [
      path.slice("/test/units/".length),
      shown.split("\n").slice(2).join("\n").trimEnd(),
    ]);
    return Object.fromEntries(started);
  }

  async report(): Promise<HostReport | undefined> {
    return parseHostReport((await this.parameters.get(REPORT_PARAMETER)).value);
  }

  /** What the scripts keep, with its modes. */
  files(): Tree {
    return this.root.tree("/run/tenant-edge");
  }

  #prepare(hasRealAws: boolean, isTraced: boolean): void {
    const { root } = this;
    const shim = (file: string, path: string) =>
      root.copy(new URL(`shims/${file}.sh`, import.meta.url), path);
    for (const program of ["date", "sleep", "systemctl"]) shim(program, `/test/bin/${program}`);
    shim(hasRealAws ? "aws-command-line" : "aws-stand-in", "/test/bin/aws");
    shim("killer", "/test/killer.sh");
    if (isTraced) for (const program of PROGRAMS) shim("traced", `/test/traced/${program}`);
    root.write("/test/mirror.pem", this.mirror.certificate);
    root.write("/var/lib/cloud/data/instance-id", `${this.parameters.instanceId}\n`);
    this.clock = 0;
    this.isEdgeUp = true;
  }
}

/** Everything that the scripts run: a traced host has nothing else. */
const PROGRAMS =
  "aws awk bash cat chgrp chmod cp curl cut date grep mkdir mv rm sed sha256sum sleep systemctl touch".split(
    " ",
  );
