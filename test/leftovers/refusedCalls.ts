import type { AwsClients } from "../../clients/awsClients.ts";

/** From now on AWS answers these calls of EC2 with an error. @returns lets them through again. */
export function refuseCalls(awsClients: AwsClients, command: string, errorName: string): () => void {
  const { ec2 } = awsClients;
  let isRefused = true;
  awsClients.ec2 = async () => {
    const client = await ec2.call(awsClients);
    client.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          if (!isRefused || commandName !== command) return await next(args);
          throw Object.assign(new Error("refused by the test"), { name: errorName });
        },
      { step: "initialize", name: "refused", override: true },
    );
    return client;
  };
  return () => {
    isRefused = false;
  };
}
