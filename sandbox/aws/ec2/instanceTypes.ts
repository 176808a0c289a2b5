/** What an instance type's name says: processor architecture, number of vCPUs, whether it is burstable. */
import { invalidParameterValue } from "../refusals.ts";

export interface InstanceTypeFacts {
  architecture: "x86_64" | "arm64";
  vcpus: number;
  /** T family: has CPU credits. */
  burstable: boolean;
}

/** Families of general use that are on sale. A family with `g` after its generation has a Graviton processor. */
const FAMILIES =
  "t2 t3 t3a t4g m5 m5a m5n m6a m6g m6gd m6i m6in m7a m7g m7gd m7i m8a m8g m8gd m8i c5 c5a c5n c6a c6g c6gd c6gn c6i " +
  "c6in c7a c7g c7gd c7gn c7i c8a c8g c8gd c8gn c8i r5 r5a r5n r6a r6g r6gd r6i r6in r7a r7g r7gd r7i r8a r8g r8gd r8i a1";

const BURSTABLE_SIZES: Record<string, number> = {
  nano: 2,
  micro: 2,
  small: 2,
  medium: 2,
  large: 2,
  xlarge: 4,
  "2xlarge": 8,
};

const SIZES: Record<string, number> = {
  medium: 1,
  large: 2,
  xlarge: 4,
  "2xlarge": 8,
  "4xlarge": 16,
  "8xlarge": 32,
  "12xlarge": 48,
  "16xlarge": 64,
  "24xlarge": 96,
};

const families = new Set(FAMILIES.split(" "));

/** Throws InvalidParameterValue for a type that does not exist. */
export function instanceTypeFacts(instanceType: string): InstanceTypeFacts {
  const [family = "", size = ""] = instanceType.split(".");
  const burstable = family.startsWith("t");
  const vcpus = (burstable ? BURSTABLE_SIZES : SIZES)[size];
  if (!families.has(family) || vcpus === undefined) {
    throw invalidParameterValue(`Invalid value '${instanceType}' for InstanceType.`);
  }
  const graviton = family === "a1" || /^[a-z]+\dg/.test(family);
  return { architecture: graviton ? "arm64" : "x86_64", vcpus, burstable };
}
