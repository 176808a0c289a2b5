import type { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import type { Handlers, OperationOf } from "../operation.ts";
import type { AwsState } from "../state.ts";

export type CallerIdentityOperations = { "sts:GetCallerIdentity": OperationOf<GetCallerIdentityCommand> };

/** Unique id of the deploying user. */
const DEPLOYER_USER_ID = "AIDASANDBOXDEPLOYER00";

export function callerIdentityHandlers(state: AwsState): Handlers<CallerIdentityOperations> {
  return {
    "sts:GetCallerIdentity"(_input, caller) {
      const role = state.roles.find((one) => one.arn === caller.roleArn);
      const session = caller.arn.split("/").at(-1);
      return {
        Account: caller.accountId,
        Arn: caller.arn,
        UserId: role === undefined ? DEPLOYER_USER_ID : `${role.uniqueId}:${session}`,
      };
    },
  };
}
