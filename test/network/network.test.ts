import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { placement } from "../../network/placement.ts";
import { subnetBlocks, ZONE_LIMIT } from "../../network/subnetBlocks.ts";

function range(block: string): [number, number] {
  const [address = "", prefix = ""] = block.split("/");
  const first = address.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
  return [first, first + 2 ** (32 - Number(prefix)) - 1];
}

describe("subnet blocks", () => {
  it("of a /16 are /19", () => {
    expect(subnetBlocks("10.20.0.0/16", 2)).toEqual([
      { publicBlock: "10.20.0.0/19", privateBlock: "10.20.128.0/19" },
      { publicBlock: "10.20.32.0/19", privateBlock: "10.20.160.0/19" },
    ]);
  });

  it("never overlap, lie within the VPC and stay when a zone is added", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 16, max: 24 }),
        fc.integer({ min: 1, max: ZONE_LIMIT }),
        (prefix, zones) => {
          const vpc = `10.20.0.0/${prefix}`;
          const blocks = subnetBlocks(vpc, zones).flatMap(({ publicBlock, privateBlock }) => [
            publicBlock,
            privateBlock,
          ]);
          const [start, end] = range(vpc);
          const ranges = blocks.map(range).sort(([left], [right]) => left - right);
          for (const [index, [first, last]] of ranges.entries()) {
            expect(first).toBeGreaterThanOrEqual(start);
            expect(last).toBeLessThanOrEqual(end);
            expect(first).toBeGreaterThan(ranges[index - 1]?.[1] ?? -1);
          }
          expect(subnetBlocks(vpc, ZONE_LIMIT).slice(0, zones)).toEqual(subnetBlocks(vpc, zones));
        },
      ),
    );
  });
});

describe("placement of hosts", () => {
  const keys = Array.from({ length: 600 }, (_, index) => `tenant-${index}`);

  it("uses all subnets about equally", () => {
    const counts = [0, 0, 0];
    for (const key of keys) counts[placement(key, 3)] = (counts[placement(key, 3)] ?? 0) + 1;
    for (const count of counts) expect(count).toBeGreaterThan(150);
  });

  it("moves a host only to a subnet that was added", () => {
    for (const key of keys) {
      const after = placement(key, 4);
      expect([placement(key, 3), 3]).toContain(after);
    }
  });
});
