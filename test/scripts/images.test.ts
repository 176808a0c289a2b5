/** `npm run images`, as a process, against the emulated AWS. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serve } from "@hono/node-server";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { Aws, AwsInterceptor } from "../../sandbox/aws/cloud.ts";
import { type AwsCredentials, deployerCredentials } from "../../sandbox/aws/credentials.ts";
import { AwsError } from "../../sandbox/aws/operation.ts";
import { newAws, newInstance, newNetwork, newProfile } from "../sandbox/aws/fixture.ts";
import { runScript } from "./script.ts";

const NEWEST_ARM = "ami-00000000000000aa1";
const NEWEST_X86 = "ami-00000000000000ee1";
const OLD_ARM = "ami-00000000000000aa0";
const OWN = "ami-00000000000000bb0";
const GONE = "ami-00000000000000cc0";

const PARAMETER = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-";

let aws: Aws;
let intercept: AwsInterceptor;
let operations: string[];
let endpoint: string;
let folder: string;

beforeEach(async () => {
  operations = [];
  intercept = (_, proceed) => proceed();
  aws = newAws({
    now: () => new Date(),
    intercept: (call, proceed) => {
      operations.push(call.operation);
      return intercept(call, proceed);
    },
  });
  const publish = (id: string, architecture: "arm64" | "x86_64", creationDate: string, rest = {}) =>
    aws.ensureImage({ id, architecture, name: `al2023-${architecture}`, creationDate, ...rest });
  publish(NEWEST_ARM, "arm64", "2026-10-20T12:00:00.000Z");
  publish(NEWEST_X86, "x86_64", "2026-10-21T12:00:00.000Z");
  // Amazon's own are deprecated after some months; hosts can still be made from them.
  publish(OLD_ARM, "arm64", "2026-05-01T06:00:00.000Z", { deprecationTime: "2026-08-01T00:00:00.000Z" });
  publish(OWN, "arm64", "2026-01-01T00:00:00.000Z", { ownerId: "210987654321" });
  aws.ensurePublicParameter(`${PARAMETER}arm64`, NEWEST_ARM);
  aws.ensurePublicParameter(`${PARAMETER}x86_64`, NEWEST_X86);

  const { promise, resolve } = Promise.withResolvers<number>();
  const server = serve({ fetch: aws.wire.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) =>
    resolve(port),
  );
  onTestFinished(() => new Promise<void>((done) => server.close(() => done())));
  endpoint = `http://127.0.0.1:${await promise}`;
  folder = mkdtempSync(join(tmpdir(), "tenant-edge-images-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

/** Writes a stack file. Every one of them is indented by four spaces below its own keys. */
function stackFile(name: string, imageId: string, rest = "", region = "eu-west-1"): void {
  const text = `config:
  aws:region: ${region}
  tenant-edge:environment: ${name}
  tenant-edge:cloudflare:
    accountId: 0123456789abcdef0123456789abcdef
    zoneId: fedcba9876543210fedcba9876543210
    zoneName: example.com
  tenant-edge:hostDefaults:
    # Amazon Linux 2023.
    imageId: ${imageId} # in ${region}
${rest}`;
  writeFileSync(join(folder, `Pulumi.${name}.yaml`), text);
}

function environment({ accessKeyId, secretAccessKey, sessionToken }: AwsCredentials) {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    ...(sessionToken !== undefined && { AWS_SESSION_TOKEN: sessionToken }),
    AWS_EC2_METADATA_DISABLED: "true",
  };
}

const images = (...args: string[]) =>
  runScript("images", ["--directory", folder, ...args], environment(deployerCredentials));

/** The survey as machines get it. */
async function pins(...args: string[]) {
  const { stdout, exitCode } = await images("--json", ...args);
  return { ...(JSON.parse(stdout) as { images: unknown[]; problems: unknown[] }), exitCode };
}

const TENANTS = `  tenant-edge:tenants:
    - id: acme
    - id: globex
      host: { imageId: ${OWN} }
    - id: hooli
      host:
        instanceType: m7i.large
        imageId: ${GONE}
    - id: umbrella
      host:
        enabled: false
        imageId: ${GONE}
`;

describe("what is behind", () => {
  it("says of each pin where it stands, and writes nothing", async () => {
    stackFile("prod", OLD_ARM, TENANTS);
    stackFile("staging", NEWEST_ARM);
    const before = readFileSync(join(folder, "Pulumi.prod.yaml"), "utf8");
    const { images, problems, exitCode } = await pins();
    expect(problems).toEqual([]);
    expect(exitCode).toBe(0);
    expect(images).toMatchObject([
      {
        stack: "prod",
        path: "tenant-edge:hostDefaults.imageId",
        line: 10,
        region: "eu-west-1",
        architecture: "arm64",
        state: "behind",
        daysBehind: 172,
        pinned: { id: OLD_ARM, creationDate: "2026-05-01T06:00:00.000Z" },
        newest: { id: NEWEST_ARM, creationDate: "2026-10-20T12:00:00.000Z" },
      },
      {
        path: "tenant-edge:tenants[1].host.imageId",
        tenant: "globex",
        state: "own image",
        needsAttention: false,
        pinned: { ownerId: "210987654321", amazon: false },
      },
      {
        path: "tenant-edge:tenants[2].host.imageId",
        tenant: "hooli",
        architecture: "x86_64",
        state: "gone",
        needsAttention: true,
        newest: { id: NEWEST_X86 },
      },
      { stack: "staging", state: "up to date", needsAttention: false, pinned: { id: NEWEST_ARM } },
    ]);
    expect(images).toHaveLength(4);
    expect(readFileSync(join(folder, "Pulumi.prod.yaml"), "utf8")).toBe(before);
    expect(operations.toSorted()).toEqual(["ec2:DescribeImages", "ssm:GetParameters"]);
  });

  it("prints a table and the exact lines to write", async () => {
    stackFile("prod", OLD_ARM, TENANTS);
    const { stdout, stderr } = await images();
    expect(stderr).toBe("");
    const row = stdout.split("\n").find((line) => line.includes("hostDefaults")) ?? "";
    for (const cell of ["prod", "arm64", OLD_ARM, NEWEST_ARM, "behind by 172 days"]) {
      expect(row).toContain(cell);
    }
    expect(stdout).toContain(`Pulumi.prod.yaml:10\n    imageId: ${NEWEST_ARM} # in eu-west-1\n`);
    expect(stdout).toContain(`Pulumi.prod.yaml:18\n        imageId: ${NEWEST_X86}\n`);
    expect(stdout).toContain("own image, by 210987654321");
    expect(stdout).toContain("gone: a replacement of the host");
    expect(stdout).toContain("does not share it");
    expect(stdout).toContain("with no gap: an old one goes when the new one");
    expect(stdout.match(/Pulumi\.prod\.yaml/g)).toHaveLength(2);
  });

  it("has nothing to do when all are up to date", async () => {
    stackFile("staging", NEWEST_ARM);
    const { stdout, exitCode } = await images("--fail-when-behind");
    expect(stdout).toContain("Nothing to do.");
    expect(exitCode).toBe(0);
  });

  it.each([
    ["behind", OLD_ARM],
    ["gone", GONE],
    ["wrong architecture", NEWEST_X86],
  ])("fails a schedule for an image that is %s", async (state, imageId) => {
    stackFile("staging", imageId);
    const { images, exitCode } = await pins("--fail-when-behind");
    expect(images).toMatchObject([{ state, newest: { id: NEWEST_ARM } }]);
    expect(exitCode).toBe(1);
  });

  it("finds the one host that the stack's image does not fit", async () => {
    const hosts = "    - id: acme\n    - id: hooli\n      host: { instanceType: m7i.large }\n";
    stackFile("prod", NEWEST_ARM, `  tenant-edge:tenants:\n${hosts}`);
    const { stdout, exitCode } = await images("--fail-when-behind");
    expect(stdout).toMatch(/up to date/);
    expect(stdout).toContain("m7i.large of hooli is x86_64");
    const path = "tenant-edge:tenants[1].host.imageId";
    expect(stdout).toContain(`pulumi config set --stack prod --path '${path}' ${NEWEST_X86}`);
    expect(exitCode).toBe(1);
  });
});

describe("when AWS does not answer", () => {
  it("reports the other stacks and exits with 2", async () => {
    stackFile("abroad", NEWEST_ARM, "", "us-east-1");
    stackFile("broken", "t4g.micro");
    stackFile("staging", OLD_ARM);
    const { stdout, stderr, exitCode } = await images("--fail-when-behind");
    expect(exitCode).toBe(2);
    expect(stdout).toContain("behind by 172 days");
    expect(stderr).toContain("The stack abroad was not looked at: us-east-1: AWS refused the credentials");
    expect(stderr).toMatch(/The stack broken was not looked at: Pulumi\.broken\.yaml has 1 problem/);
    expect(stderr).toContain('found    "t4g.micro"');
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it("says which permission is missing", async () => {
    stackFile("staging", OLD_ARM);
    await newProfile(aws, "host-a", []);
    const id = await newInstance(aws, await newNetwork(aws), "host-a");
    const credentials = aws.credentialsFor(id);
    if (credentials === undefined) throw new Error("no credentials");
    const asHost = await runScript("images", ["--directory", folder], environment(credentials));
    expect(asHost.exitCode).toBe(2);
    expect(asHost.stderr).toContain("not authorized to perform: ssm:GetParameters");
    expect(asHost.stderr).toContain("Allow ssm:GetParameters on arn:aws:ssm:*::parameter/aws/service/");

    intercept = async ({ operation }, proceed) => {
      if (operation !== "ec2:DescribeImages") return proceed();
      throw new AwsError("UnauthorizedOperation", "You are not authorized to perform this operation.", 403);
    };
    const { stderr, exitCode } = await images();
    expect(exitCode).toBe(2);
    expect(stderr).toContain("UnauthorizedOperation");
    expect(stderr).toContain("and ec2:DescribeImages on *");
  });

  it("says how to give credentials", async () => {
    stackFile("staging", OLD_ARM);
    const none = {
      AWS_ENDPOINT_URL: endpoint,
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_CONFIG_FILE: join(folder, "none"),
      AWS_SHARED_CREDENTIALS_FILE: join(folder, "none"),
    };
    const { stderr, exitCode } = await runScript("images", ["--directory", folder], none);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("eu-west-1: no AWS credentials");
    expect(stderr).toContain("aws sso login");
  });

  it("uses the profile that the stack file names", async () => {
    stackFile("staging", NEWEST_ARM, "  aws:profile: edge\n");
    const { accessKeyId, secretAccessKey } = deployerCredentials;
    const keys = `aws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`;
    writeFileSync(join(folder, "credentials"), `[edge]\n${keys}`);
    const { stdout, exitCode } = await runScript("images", ["--directory", folder], {
      AWS_ENDPOINT_URL: endpoint,
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_CONFIG_FILE: join(folder, "none"),
      AWS_SHARED_CREDENTIALS_FILE: join(folder, "credentials"),
    });
    expect(stdout).toContain("up to date");
    expect(exitCode).toBe(0);
  });

  it("says that it cannot be reached, and that a folder has no stack files", async () => {
    expect((await images()).stderr).toContain(`${folder} has no stack file (Pulumi.<stack>.yaml)`);
    stackFile("staging", OLD_ARM);
    endpoint = "http://127.0.0.1:1";
    const { stderr, exitCode } = await images();
    expect(stderr).toContain("AWS cannot be reached");
    expect(exitCode).toBe(2);
    expect((await images("--fail")).exitCode).toBe(2);
  });
});
