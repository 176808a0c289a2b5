/** Reads what hosts report. */
import type { Resource } from "@pulumi/pulumi";
import { type HostReport, parseHostReport } from "../host/hostReport.ts";

/** How the provider says that there is no such parameter. */
const NOT_FOUND = /ParameterNotFound|couldn't find resource/i;

/**
 * The latest report in this SSM parameter, read with the component's provider; undefined while there is none.
 *
 * @throws Error when the parameter cannot be read.
 */
export async function readHostReport(name: string, component: Resource): Promise<HostReport | undefined> {
  // Only a host that is replaced and a key that is dropped need it.
  const { getParameter } = await import("@pulumi/aws/ssm/getParameter.js");
  try {
    const { insecureValue, value } = await getParameter(
      { name, withDecryption: false },
      { parent: component },
    );
    return parseHostReport(insecureValue || value);
  } catch (error) {
    if (error instanceof Error && NOT_FOUND.test(error.message)) return undefined;
    throw error;
  }
}
