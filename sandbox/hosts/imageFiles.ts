/** What an image brings along: programs, and units of its own. */
import { Architecture } from "../../host/architecture.ts";
import type { SandboxInstance } from "../aws/cloud.ts";
import { ROOT } from "./account.ts";
import { BinaryName } from "./file.ts";
import { FileSystem } from "./fileSystem.ts";
import { UnitFile } from "./unitFile.ts";
import { splitWords } from "./unitValues.ts";

const UNIT_FOLDER = "/usr/lib/systemd/system";
export const SSM_AGENT = "amazon-ssm-agent.service";

/** Part of Amazon Linux 2023, and enabled there. */
const SSM_AGENT_UNIT = `[Unit]
Description=amazon-ssm-agent
Wants=network-online.target
After=network-online.target

[Service]
Type=simple
ExecStart=/usr/bin/amazon-ssm-agent
Restart=always
RestartSec=15min

[Install]
WantedBy=multi-user.target
`;

/** Units that start with the image. */
export const IMAGE_ENABLED = [SSM_AGENT];

export function architectureOf({ architecture }: SandboxInstance): Architecture {
  return architecture === "arm64" ? Architecture.arm64 : Architecture.amd64;
}

export function imageFiles(instance: SandboxInstance): FileSystem {
  const files = new FileSystem();
  const architecture = architectureOf(instance);
  const add = (path: string, text: string) => {
    files.makeParents(path);
    files.replace(path, { content: Buffer.from(text), mode: 0o644, owner: "root", group: "root" }, ROOT);
  };
  const install = (path: string, name: BinaryName, version = "") => {
    files.makeParents(path);
    const binary = { name, version, architecture };
    const file = { content: Buffer.alloc(0), mode: 0o755, owner: "root", group: "root", binary };
    files.replace(path, file, ROOT);
  };
  add(`${UNIT_FOLDER}/${SSM_AGENT}`, SSM_AGENT_UNIT);
  install("/usr/bin/amazon-ssm-agent", BinaryName.daemon);
  for (const [name, text] of Object.entries(instance.imageUnits ?? {})) {
    add(`${UNIT_FOLDER}/${name}`, text);
    for (const line of UnitFile.parse(text).all("Service", "ExecStart")) {
      const [program] = splitWords(line);
      if (program?.startsWith("/")) install(program, BinaryName.app);
    }
  }
  if (instance.cloudflaredVersion !== undefined) {
    install("/usr/local/bin/cloudflared", BinaryName.cloudflared, instance.cloudflaredVersion);
  }
  return files;
}
