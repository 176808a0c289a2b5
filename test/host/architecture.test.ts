import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { architectureOf } from "../../host/architecture.ts";

describe("the architecture of an instance type", () => {
  it.each([
    ["t4g.nano", "arm64"],
    ["a1.medium", "arm64"],
    ["m7g.large", "arm64"],
    ["m7gd.large", "arm64"],
    ["c7gn.large", "arm64"],
    ["r8gb.large", "arm64"],
    ["x2gd.medium", "arm64"],
    ["im4gn.large", "arm64"],
    ["is4gen.medium", "arm64"],
    ["g5g.xlarge", "arm64"],
    ["hpc7g.4xlarge", "arm64"],
    ["t3.micro", "amd64"],
    ["t3a.micro", "amd64"],
    ["m7i.large", "amd64"],
    ["m7i-flex.large", "amd64"],
    ["c6in.large", "amd64"],
    ["m5zn.large", "amd64"],
    // The g of these stands for a graphics card.
    ["g4dn.xlarge", "amd64"],
    ["g5.xlarge", "amd64"],
    ["g6e.xlarge", "amd64"],
    ["gr6.4xlarge", "amd64"],
    ["mac1.metal", "amd64"],
    ["u-6tb1.metal", "amd64"],
  ])("%s is %s", (instanceType, architecture) => expect(architectureOf(instanceType)).toBe(architecture));

  const family = fc.stringMatching(/^[a-z]{1,3}$/);
  const generation = fc.integer({ min: 1, max: 9 });
  const options = fc.stringMatching(/^[a-z]{0,3}$/);
  const size = fc.constantFrom("nano", "micro", "large", "16xlarge", "metal");

  it("is arm64 exactly when a g follows the generation, whatever the size", () => {
    fc.assert(
      fc.property(family, generation, options, size, (letters, digit, rest, unit) => {
        fc.pre(`${letters}${digit}` !== "a1");
        const expected = rest.startsWith("g") ? "arm64" : "amd64";
        expect(architectureOf(`${letters}${digit}${rest}.${unit}`)).toBe(expected);
      }),
    );
  });
});
