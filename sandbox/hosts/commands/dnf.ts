/** `dnf`, as far as installing Docker goes. */
import { HTTPS, UnreachableError } from "../egress.ts";
import { BinaryName } from "../file.ts";
import { wayOut } from "../programs/wayOut.ts";
import { fail, type HostCommand, succeed } from "../shell/command.ts";

const DOCKER_UNIT = `[Unit]
Description=Docker Application Container Engine
After=network-online.target

[Service]
Type=notify
ExecStart=/usr/bin/dockerd
Restart=always
RestartSec=2

[Install]
WantedBy=multi-user.target
`;

export const dnfCommand: HostCommand = async ({ words, invocation }) => {
  const { machine, account } = invocation;
  const options = words.filter((word) => word.startsWith("-"));
  const [verb, ...packages] = words.filter((word) => !word.startsWith("-"));
  if (verb !== "install" || packages.join(" ") !== "docker") {
    return fail(1, `dnf: the sandbox knows "dnf install docker" only, not "dnf ${words.join(" ")}"`);
  }
  if (account.user !== "root") {
    return fail(
      1,
      "Error: This command has to be run with superuser privileges (under the root user on most systems).",
    );
  }
  if (!options.some((option) => option === "-y" || option === "--assumeyes")) {
    return fail(1, "Operation aborted.");
  }
  try {
    await wayOut(invocation, HTTPS);
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    return fail(1, `Error: Failed to download metadata for repo 'amazonlinux': ${error.message}`);
  }
  const install = (path: string, name: BinaryName) => {
    const binary = { name, version: "", architecture: machine.architecture };
    const file = { content: Buffer.alloc(0), mode: 0o755, owner: "root", group: "root", binary };
    machine.files.replace(path, file, account);
  };
  install("/usr/bin/docker", BinaryName.docker);
  install("/usr/bin/dockerd", BinaryName.daemon);
  const unit = { content: Buffer.from(DOCKER_UNIT), mode: 0o644, owner: "root", group: "root" };
  machine.files.replace("/usr/lib/systemd/system/docker.service", unit, account);
  machine.groups.add("docker");
  return succeed();
};
