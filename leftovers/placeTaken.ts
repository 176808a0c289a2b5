/** How AWS says that a part of a network has no place, because there is one already: perhaps a leftover. */
import { NetworkKind } from "../operations/choices.ts";

const TAKEN: Readonly<Partial<Record<NetworkKind, RegExp>>> = {
  [NetworkKind.Subnet]: /\bInvalidSubnet\.Conflict\b/,
  [NetworkKind.InternetGateway]: /already has an internet gateway attached|\bResource\.AlreadyAssociated\b/,
  [NetworkKind.NatGateway]: /\bResource\.AlreadyAssociated\b/,
  [NetworkKind.Route]: /\bRouteAlreadyExists\b|^Route in Route Table .* already exists/m,
  [NetworkKind.RouteTableAssociation]: /\bResource\.AlreadyAssociated\b/,
  [NetworkKind.VpcEndpoint]: /conflicting DNS domain|\bRouteAlreadyExists\b/,
};

/** @param error the provider's text. */
export function isPlaceTaken(kind: NetworkKind, error: string): boolean {
  return TAKEN[kind]?.test(error) === true;
}
