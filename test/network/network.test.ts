import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { placements } from "../../network/placement.ts";
import { subnetBlocks } from "../../network/subnetBlocks.ts";

function range(block: string): [number, number] {
  const [address = "", prefix = ""] = block.split("/");
  const first = address.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
  return [first, first + 2 ** (32 - Number(prefix)) - 1];
}

describe("subnet blocks", () => {
  it("of a /16 are /20", () => {
    expect(subnetBlocks("10.20.0.0/16", "eu-west-1a")).toEqual({
      publicBlock: "10.20.0.0/20",
      privateBlock: "10.20.128.0/20",
    });
    expect(subnetBlocks("10.20.0.0/16", "us-east-1f").privateBlock).toBe("10.20.208.0/20");
  });

  it("never overlap, lie within the VPC and are at least AWS's smallest", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 16, max: 24 }),
        fc.uniqueArray(fc.constantFrom(..."abcdefgh")),
        (prefix, letters) => {
          const vpc = `10.20.0.0/${prefix}`;
          const blocks = letters
            .map((letter) => subnetBlocks(vpc, `eu-west-1${letter}`))
            .flatMap(({ publicBlock, privateBlock }) => [publicBlock, privateBlock]);
          const [start, end] = range(vpc);
          const ranges = blocks.map(range).sort(([left], [right]) => left - right);
          for (const [index, [first, last]] of ranges.entries()) {
            expect(first).toBeGreaterThanOrEqual(start);
            expect(last).toBeLessThanOrEqual(end);
            expect(first).toBeGreaterThan(ranges[index - 1]?.[1] ?? -1);
            expect(last - first + 1).toBeGreaterThanOrEqual(16);
          }
        },
      ),
    );
  });

  it("are refused for what is no zone", () => {
    expect(() => subnetBlocks("10.20.0.0/16", "eu-west-1")).toThrow(/"eu-west-1" is no availability zone/);
  });
});

describe("placement of hosts", () => {
  const keys = Array.from({ length: 600 }, (_, index) => `tenant-${index}`);
  const first = (key: string, subnets: number) => placements(key, subnets, 1)[0] ?? -1;

  it("uses all subnets about equally", () => {
    const counts = [0, 0, 0];
    for (const key of keys) counts[first(key, 3)] = (counts[first(key, 3)] ?? 0) + 1;
    for (const count of counts) expect(count).toBeGreaterThan(150);
  });

  it("moves a host only to a subnet that was added", () => {
    for (const key of keys) expect([first(key, 3), 3]).toContain(first(key, 4));
  });

  it("puts replicas into different subnets while there are enough", () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 4 }),
        (key, subnets, n) => {
          const placed = placements(key, subnets, n);
          expect(placed).toHaveLength(n);
          expect(new Set(placed).size).toBe(Math.min(n, subnets));
          for (const index of placed) expect(index).toBeLessThan(subnets);
        },
      ),
    );
  });

  it("moves no host when a replica is added", () => {
    for (const key of keys) expect(placements(key, 3, 3).slice(0, 2)).toEqual(placements(key, 3, 2));
  });
});
