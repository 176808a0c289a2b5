import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Engine } from "../../sandbox/engine/engine.ts";
import { engineEnvironment, programEnvironment, stateFolder } from "../../sandbox/engine/environment.ts";
import { findEngine } from "../../sandbox/engine/findEngine.ts";
import { type LanguageHost, serveLanguageHost } from "../../sandbox/engine/languageHost.ts";
import { type PulumiResult, runPulumi } from "../../sandbox/engine/runPulumi.ts";
import { prepareProject } from "../../sandbox/project/prepareProject.ts";

/** A checkout with a small program and a sandbox folder, for the real engine and without any cloud. */
export interface SmallProject {
  readonly checkout: string;
  readonly folder: string;
  readonly host: LanguageHost;
  /** Writes a file into the checkout. */
  write(file: string, text: string): void;
  pulumi(args: readonly string[], signal?: AbortSignal): Promise<PulumiResult>;
}

let engine: Promise<Engine> | undefined;

/**
 * Makes a project whose `index.ts` is `program`. All of it is gone when the test has finished.
 * @param host Default: a language host of its own.
 */
export async function smallProject(program: string, host?: LanguageHost): Promise<SmallProject> {
  engine ??= findEngine({ report: () => {} });
  const found = await engine;
  const checkout = realpathSync(mkdtempSync(join(tmpdir(), "small project ")));
  const folder = join(checkout, ".sandbox");
  const write = (file: string, text: string) => writeFileSync(join(checkout, file), text);
  mkdirSync(stateFolder(folder), { recursive: true });
  symlinkSync(join(import.meta.dirname, "../../node_modules"), join(checkout, "node_modules"));
  write("package.json", '{ "type": "module" }');
  write(
    "Pulumi.yaml",
    "name: small\nmain: index.ts\nruntime: { name: nodejs, options: { typescript: false } }\n",
  );
  write("Pulumi.staging.yaml", "# Settings.\nconfig:\n  small:greeting: good morning\n");
  write("Pulumi.prod.yaml", "config:\n  small:greeting: good evening\n");
  write(".gitignore", ".sandbox/\nnode_modules\n");
  write("index.ts", program);

  const own = host ?? (await serveLanguageHost({ env: programEnvironment() }));
  onTestFinished(async () => {
    if (host === undefined) await own.close();
    rmSync(checkout, { recursive: true, force: true });
  });
  const env = engineEnvironment({
    engine: found,
    folder,
    addresses: { providers: {}, languageHost: own.port },
  });
  return {
    checkout,
    folder,
    host: own,
    write,
    async pulumi(args, signal) {
      const { directory } = await prepareProject({ checkout, folder });
      return runPulumi(found, args, { cwd: directory, env, stdio: "pipe", signal });
    },
  };
}
