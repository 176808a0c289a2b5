/** Names of what a network has once for all zones, or once in each. */
import { NatGateways } from "./choices.ts";

export interface ExitName {
  /** End of the resource's name. */
  suffix: string;
  /** What the resource is called with the other choice: it stays the same one when the choice changes. */
  formerSuffix: string | undefined;
}

/**
 * Name of a zone's public subnet (`public`), gateway and address (`nat`) or private route table (`private`).
 *
 * @param zone `eu-west-1a`. @param first whether it is the first zone, the one that has the gateway when there is one only.
 */
export function exitName(kind: string, natGateways: NatGateways, zone: string, first: boolean): ExitName {
  const shared = kind;
  const ofZone = `${kind}-${zone}`;
  return natGateways === NatGateways.one
    ? { suffix: shared, formerSuffix: ofZone }
    : { suffix: ofZone, formerSuffix: first ? shared : undefined };
}
