import { describe, expect, it } from "vitest";
import type { ImageCatalogue, ImageFacts } from "../../images/catalogue.ts";
import type { ImagePin } from "../../images/pins.ts";
import type { Stack } from "../../images/stackFiles.ts";
import { ImageState, pinState } from "../../images/state.ts";
import { survey } from "../../images/survey.ts";

const pin = (imageId: string): ImagePin => ({
  path: "tenant-edge:hostDefaults.imageId",
  steps: [],
  tenantId: undefined,
  imageId,
  uses: [{ instanceType: "t4g.micro", tenantId: undefined, ownPath: undefined }],
});

const stack = (name: string, region: string, imageId: string, profile?: string): Stack => ({
  name,
  file: `Pulumi.${name}.yaml`,
  region,
  profile,
  pins: [pin(imageId)],
  lineWith: () => undefined,
});

const image = (id: string, creationDate: string | undefined): [string, ImageFacts] => [
  id,
  { id, name: id, architecture: "arm64", creationDate, ownerId: "137112412989", amazon: true },
];

function catalogue(...images: [string, ImageFacts][]): ImageCatalogue {
  return { newest: { arm64: "ami-arm", x86_64: "ami-x86" }, images: new Map(images) };
}

const newest = image("ami-arm", "2026-10-20T00:00:00.000Z");

describe("survey", () => {
  it("asks once per region and profile, for the images of all its stacks", async () => {
    const asked: unknown[] = [];
    const stacks = [
      stack("a", "eu-west-1", "ami-a"),
      stack("b", "us-east-1", "ami-b"),
      stack("c", "eu-west-1", "ami-c"),
      stack("d", "eu-west-1", "ami-d", "other"),
    ];
    const { pins, problems } = await survey({ stacks, problems: [] }, async (...question) => {
      asked.push(question);
      if (question[0] === "us-east-1") throw new Error("us-east-1: no");
      return catalogue(newest);
    });
    expect(asked).toEqual([
      ["eu-west-1", undefined, ["ami-a", "ami-c"]],
      ["us-east-1", undefined, ["ami-b"]],
      ["eu-west-1", "other", ["ami-d"]],
    ]);
    expect(pins.map(({ stack: { name } }) => name)).toEqual(["a", "c", "d"]);
    expect(problems).toEqual([{ stack: "b", message: "us-east-1: no" }]);
  });
});

describe("an image", () => {
  it("that was published after the newest of the parameters is not behind", () => {
    const images = catalogue(newest, image("ami-next", "2026-10-21T00:00:00.000Z"));
    expect(pinState(pin("ami-next"), images)).toMatchObject({
      state: ImageState.upToDate,
      daysBehind: undefined,
    });
  });

  it("is behind by whole days, and without a number when a date is not known", () => {
    const images = catalogue(newest, image("ami-a", "2026-10-18T00:00:01.000Z"), image("ami-b", undefined));
    expect(pinState(pin("ami-a"), images)).toMatchObject({ state: ImageState.behind, daysBehind: 1 });
    expect(pinState(pin("ami-b"), images)).toMatchObject({ state: ImageState.behind, daysBehind: undefined });
  });
});
