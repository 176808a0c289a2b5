import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { readStackFiles, type Stack } from "../../images/stackFiles.ts";

const CHECKOUT = join(import.meta.dirname, "../..");
const NEXT = "ami-0fffffffffffffff0";

const HEAD = `config:
  aws:region: eu-west-1
  tenant-edge:environment: prod
  tenant-edge:cloudflare:
    accountId: 0123456789abcdef0123456789abcdef
    zoneId: fedcba9876543210fedcba9876543210
    zoneName: example.com
`;

function read(rest: string) {
  const folder = mkdtempSync(join(tmpdir(), "tenant-edge-stack-files-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "Pulumi.prod.yaml"), HEAD + rest);
  return readStackFiles(folder);
}

function stackOf(rest: string): Stack {
  const { stacks, problems } = read(rest);
  const [stack] = stacks;
  if (stack === undefined) throw new Error(JSON.stringify(problems));
  return stack;
}

/** The lines with the next image in each pin. */
const linesOf = (stack: Stack) => stack.pins.map((pin) => stack.lineWith(pin, NEXT));

describe("the line to write", () => {
  it.each([
    ["  tenant-edge:hostDefaults:\n    imageId: ami-0aaaaaaaa\n", 9, `    imageId: ${NEXT}`],
    ["  tenant-edge:hostDefaults:\r\n    imageId: ami-0aaaaaaaa\r\n", 9, `    imageId: ${NEXT}`],
    [
      '  tenant-edge:hostDefaults: { imageId: "ami-0aaaaaaaa", rootVolumeGiB: 9 } # ami-0aaaaaaaa\n',
      8,
      `  tenant-edge:hostDefaults: { imageId: ${NEXT}, rootVolumeGiB: 9 } # ami-0aaaaaaaa`,
    ],
    ["  tenant-edge:hostDefaults:\n    imageId: ami-0aaaaaaaa", 9, `    imageId: ${NEXT}`],
  ])("is the file's own with another image: %j", (rest, number, text) => {
    expect(linesOf(stackOf(rest))).toEqual([{ number, text }]);
  });

  it("is not known where the value is JSON text, which is read all the same", () => {
    const stack = stackOf(`  tenant-edge:hostDefaults: '{"imageId":"ami-0aaaaaaaa"}'\n`);
    expect(stack.pins).toMatchObject([
      {
        path: "tenant-edge:hostDefaults.imageId",
        imageId: "ami-0aaaaaaaa",
        uses: [{ instanceType: "t4g.micro" }],
      },
    ]);
    expect(linesOf(stack)).toEqual([undefined]);
  });
});

describe("a stack file that cannot be read", () => {
  it.each([
    ["  tenant-edge:hostDefaults: [\n", /^Pulumi\.prod\.yaml is not YAML: .* at line 9/],
    ["  tenant-edge:hostDefaults:\n    imageId: 5\n", /tenant-edge:hostDefaults\.imageId[\s\S]*found {4}5/],
    ["  tenant-edge:tenants:\n    secure: v1:abc\n", /tenant-edge:tenants[\s\S]*allowed {2}a list/],
  ])("is a problem with a reason: %j", (rest, message) => {
    const { stacks, problems } = read(rest);
    expect(stacks).toEqual([]);
    expect(problems).toEqual([{ stack: "prod", message: expect.stringMatching(message) }]);
  });
});

it("reads this repository's own stacks", () => {
  const { stacks, problems } = readStackFiles(CHECKOUT);
  expect(problems).toEqual([]);
  expect(stacks.map(({ name }) => name)).toEqual(["prod", "staging"]);
  for (const stack of stacks) {
    expect(stack.pins.length).toBeGreaterThan(0);
    for (const line of linesOf(stack)) expect(line?.text).toContain(`imageId: ${NEXT}`);
  }
});
