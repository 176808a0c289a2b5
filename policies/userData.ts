import cloudflared from "../host/cloudflared.json" with { type: "json" };
import { tenantNames } from "../naming/names.ts";
import { type ResourceRule, textList, texts, type Violation } from "./policy.ts";
import { randomParts } from "./randomText.ts";
import { lineAt, textsIn } from "./userDataTexts.ts";
import { at, type Values } from "./values.ts";

/** What every host downloads is known by its checksum. */
const CHECKSUMS = Object.values(cloudflared.builds).map(({ sha256 }) => sha256);

/** Where the host's parameters are: a tenant's id may look random. */
function parameterPath(values: Values): string[] {
  const environment = at(values, "tags.tenant-edge:environment");
  const tenant = at(values, "tags.tenant-edge:tenant");
  return typeof environment === "string" && typeof tenant === "string"
    ? [tenantNames(environment, tenant).parameterPath]
    : [];
}

export const userData: ResourceRule = {
  name: "no-secret-in-user-data",
  description:
    "User data, which whoever describes the instance can read, holds nothing that looks like a secret.",
  configSchema: {
    properties: {
      knownValues: textList("Values that look random and are no secrets, such as checksums."),
    },
  },
  check({ type, values }, config) {
    if (type !== "aws:ec2/instance:Instance") return [];
    const known = [...CHECKSUMS, ...parameterPath(values), ...texts(config, "knownValues")];
    return ["userData", "userDataBase64"].flatMap((property) => {
      const value = at(values, property);
      if (typeof value !== "string") return [];
      return textsIn(value).flatMap(({ lines, text }) =>
        randomParts(text, known).map(
          (part): Violation => ({
            path: `${property}, line ${[...lines, lineAt(text, part.index)].join(", packed there in line ")}`,
            found: `a value of ${part.text.length} characters that looks random`,
            allowed: "names, settings and known checksums",
            action:
              "Put a secret into a SecureString parameter of the tenant, and let the host fetch it; name anything else in knownValues",
          }),
        ),
      );
    });
  },
};
