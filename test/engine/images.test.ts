import { expect, it } from "vitest";
import { testStack } from "./testStack.ts";

const X86 = "ami-0fedcba9876543210";

it("a host whose type is of another architecture than its image is refused in the preview, with all others", async () => {
  const stack = await testStack({
    tenants: [
      { id: "acme", host: { instanceType: "m7i.large" } },
      { id: "globex" },
      { id: "initech", host: { imageId: X86, instanceType: "m7i.large" } },
      { id: "umbrella", host: { imageId: X86 } },
    ],
  });
  stack.sandbox.aws.ensureImage({ id: "ami-0ab117b5527d5fe24", architecture: "arm64", name: "al2023-arm64" });
  stack.sandbox.aws.ensureImage({ id: X86, architecture: "x86_64", name: "al2023-x86_64" });
  const preview = await stack.pulumi(["preview"]);
  expect(preview.exitCode).not.toBe(0);
  expect(preview.stdout).toContain("has 2 problems; nothing was changed");
  expect(preview.stdout).toMatch(/tenants\[0\]\.host\n.*m7i\.large \(x86_64\) with the image \S+ \(arm64\)/);
  expect(preview.stdout).toMatch(/tenants\[3\]\.host\n.*t4g\.micro \(arm64\) with the image \S+ \(x86_64\)/);
});

it("an image that is gone is no reason to change nothing any more, and is said", async () => {
  const stack = await testStack({ tenants: [{ id: "acme", host: { imageId: X86 } }] });
  stack.setTenants([{ id: "acme", host: { imageId: "ami-00000000000000bad" } }]);
  const preview = await stack.pulumi(["preview"]);
  expect(preview.exitCode, preview.stdout).toBe(0);
  expect(preview.stdout).toContain("ami-00000000000000bad could not be looked at");
});
