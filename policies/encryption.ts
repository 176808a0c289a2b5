import { HOST_REPORT_PARAMETER } from "../host/parameters.ts";
import type { Declared, ResourceRule, Violation } from "./policy.ts";
import { randomParts } from "./randomText.ts";
import { at, entries, mustBe, shown, Unknown } from "./values.ts";

const ENCRYPT = "Write true: it costs nothing and cannot be changed later";

function instance({ values }: Declared): Violation[] {
  return [
    ...mustBe(values, "rootBlockDevice.encrypted", true, ENCRYPT),
    ...entries(values, "ebsBlockDevices").flatMap(({ path, value }) =>
      mustBe(value, "encrypted", true, ENCRYPT).map((violation) => ({
        ...violation,
        path: `${path}.encrypted`,
      })),
    ),
  ];
}

const REPORT_NAME = new RegExp(`^/tenant-edge/[^/]+/[^/]+/${HOST_REPORT_PARAMETER}(?:-[2-4])?$`);

/** Without its value: that is a secret, or should be one. */
function parameter({ values }: Declared): Violation[] {
  const { name, type } = values;
  if (type === "SecureString") {
    const isPlain = values["insecureValue"] !== undefined && values["insecureValue"] !== null;
    const action = "Give value: insecureValue stands in plans and state as it is";
    return isPlain ? [{ path: "insecureValue", found: "set", allowed: "not set", action }] : [];
  }
  const isReport = name === Unknown || (typeof name === "string" && REPORT_NAME.test(name));
  if (!isReport) {
    const found = `${shown(type === Unknown ? undefined : type)} for ${shown(name)}`;
    const allowed = `"SecureString"; only a host's report may be a String`;
    return [{ path: "type", found, allowed, action: "Write SecureString" }];
  }
  return ["value", "insecureValue"].flatMap((path): Violation[] => {
    const value = at(values, path);
    if (typeof value !== "string" || randomParts(value).length === 0) return [];
    const action = "Keep secrets in SecureString parameters of their own";
    return [{ path, found: "a text that looks random", allowed: "a host's report", action }];
  });
}

const CHECKS: Readonly<Record<string, (resource: Declared) => Violation[]>> = {
  "aws:ec2/instance:Instance": instance,
  "aws:ebs/volume:Volume": ({ values }) => mustBe(values, "encrypted", true, ENCRYPT),
  "aws:ssm/parameter:Parameter": parameter,
};

export const encryption: ResourceRule = {
  name: "encrypted-at-rest",
  description: "Disks are encrypted, and so are parameters; only a host's report is readable.",
  check: (resource) => CHECKS[resource.type]?.(resource) ?? [],
};
