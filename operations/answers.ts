/** What operations tell of a tenant that is deployed. */
import type { DeployedTenant } from "../lifecycle/deployed.ts";
import type { OperationContext, TenantSecretValues } from "./context.ts";
import type { ResultOf } from "./contract.ts";
import { ErrorCode, OperationError } from "./errors.ts";

export interface DeployedAnswer {
  deployed: DeployedTenant;
  secrets: TenantSecretValues;
}

/** @throws OperationError update-failed when the last update did not get as far as this tenant. */
export async function deployedAnswer(context: OperationContext, id: string): Promise<DeployedAnswer> {
  // In this order: what is deployed is then known from the same reading.
  const secrets = await context.engine.secrets(id);
  const deployed = (await context.engine.deployed()).tenants.get(id);
  if (deployed === undefined || secrets === undefined) {
    throw new OperationError(ErrorCode.UpdateFailed, `${id} is in the list, and was not deployed yet`, {
      ways: ["run the operation again, or `pulumi up`: either completes it"],
    });
  }
  return { deployed, secrets };
}

export function credentialsOf({ deployed, secrets }: DeployedAnswer) {
  return {
    bucket: deployed.bucket,
    endpoint: deployed.endpoint,
    region: "auto" as const,
    accessKeyId: secrets.accessKeyId,
    secretAccessKey: secrets.secretAccessKey,
    keyGeneration: deployed.keyGenerations.at(-1) ?? null,
  };
}

export async function enrolled(
  context: OperationContext,
  id: string,
  created: boolean,
): Promise<ResultOf<"enroll">> {
  const answer = await deployedAnswer(context, id);
  const { deployed, secrets } = answer;
  return {
    tenant: id,
    created,
    tunnelId: deployed.tunnelId,
    tunnelName: deployed.tunnelName,
    tunnelToken: secrets.connectorToken ?? "",
    hostname: deployed.hostname,
    hostnames: deployed.hostnames,
    url: deployed.url,
    ...credentialsOf(answer),
  };
}
