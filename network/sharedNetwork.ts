/** The network that a stack shares with others, as its outputs tell of it, as pure functions. */
import { z } from "zod";

/** The output `network` of a stack that has one. */
const sharedNetwork = z.object({
  vpcId: z.string().startsWith("vpc-"),
  privateSubnetIds: z.array(z.string().startsWith("subnet-")).min(1),
  region: z.string(),
});

export type SharedNetwork = z.output<typeof sharedNetwork>;

/** The same output of a stack whose hosts live in another one's. */
const borrowedNetwork = z.object({ stack: z.string() });

const deployment = z.object({ environment: z.string() });

/** Why no host can live there. */
export interface SharingFault {
  found: string;
  action: string;
}

/** The stack whose hosts are to live there. */
export interface Borrower {
  environment: string;
  region: string;
}

/** What to do without the stack that is named, also when it will never be there again. */
export function deployFirst(stack: string): string {
  return `deploy it first: pulumi up --stack ${stack}. When it is gone for good: write vpcId, privateSubnetIds and check: warn in the place of stack, then pulumi destroy`;
}

function foreignPlace(
  outputs: Readonly<Record<string, unknown>>,
  { region }: SharedNetwork,
  stack: string,
  borrower: Borrower,
): SharingFault | undefined {
  const environment = deployment.safeParse(outputs["deployment"]).data?.environment ?? borrower.environment;
  if (environment !== borrower.environment) {
    return {
      found: `${stack}, which is of the environment ${environment}; this stack is of ${borrower.environment}`,
      action: `name a stack whose tenant-edge:environment is ${borrower.environment}`,
    };
  }
  if (region === borrower.region) return undefined;
  return {
    found: `${stack}, whose network is in ${region}; aws:region of this stack is ${borrower.region}`,
    action: `name a stack whose network is in ${borrower.region}, or remove stack to get a new network there`,
  };
}

/**
 * @param outputs of the last update of the stack that is named. @param stack its name as the stack file has it.
 * @param borrower the stack whose hosts are to live there.
 */
export function networkShared(
  outputs: Readonly<Record<string, unknown>>,
  stack: string,
  borrower: Borrower,
): SharedNetwork | SharingFault {
  if (Object.keys(outputs).length === 0) {
    return { found: `${stack}, which is not deployed`, action: deployFirst(stack) };
  }
  const borrowed = borrowedNetwork.safeParse(outputs["network"]);
  if (borrowed.success) {
    return {
      found: `${stack}, whose own network is that of ${borrowed.data.stack}`,
      action: `name that stack instead: ${borrowed.data.stack}`,
    };
  }
  const network = sharedNetwork.safeParse(outputs["network"]);
  if (!network.success) {
    return {
      found: `${stack}, which had no network when it was deployed last, or had it from an older version of the program`,
      action: `run once: pulumi up --stack ${stack}`,
    };
  }
  return foreignPlace(outputs, network.data, stack, borrower) ?? network.data;
}
