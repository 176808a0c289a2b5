/** Availability zones: three per region, named as AWS names them. */
import type { DescribeAvailabilityZonesCommand } from "@aws-sdk/client-ec2";
import type { Handlers, OperationOf } from "../operation.ts";
import { invalidParameterValue } from "../refusals.ts";
import type { AwsState } from "../state.ts";
import { applyFilters } from "./filters.ts";

export interface Zone {
  name: string;
  /** The same physical zone in every account: `euw1-az1`. */
  id: string;
}

/** `eu-west-1` to `euw1`, `ap-southeast-2` to `apse2`. */
function shortRegion(region: string): string {
  const [continent = "", direction = "", number = ""] = region.split("-");
  const compass = direction.match(/north|south|east|west|central/g) ?? [];
  return continent + compass.map((point) => point[0]).join("") + number;
}

export function zonesOf(region: string): Zone[] {
  return ["a", "b", "c"].map((letter, index) => ({
    name: region + letter,
    id: `${shortRegion(region)}-az${index + 1}`,
  }));
}

/** Resolves a zone by name or id; the first zone when none is named. */
export function resolveZone(region: string, name: string | undefined, id: string | undefined): Zone {
  const zones = zonesOf(region);
  const zone = zones.find((candidate) =>
    name === undefined && id === undefined ? true : candidate.name === name || candidate.id === id,
  );
  if (zone !== undefined) return zone;
  const known = zones.map((candidate) => candidate.name).join(", ");
  throw invalidParameterValue(
    `Value (${name ?? id}) for parameter availabilityZone is invalid. ` +
      `Subnets can currently only be created in the following availability zones: ${known}.`,
  );
}

export type ZoneOperations = {
  "ec2:DescribeAvailabilityZones": OperationOf<DescribeAvailabilityZonesCommand>;
};

export function zoneHandlers(state: AwsState): Handlers<ZoneOperations> {
  return {
    "ec2:DescribeAvailabilityZones"(input) {
      const zones = applyFilters(
        zonesOf(state.region),
        input.Filters,
        {
          state: () => ["available"],
          "zone-name": (zone) => [zone.name],
          "zone-id": (zone) => [zone.id],
          "region-name": () => [state.region],
          "zone-type": () => ["availability-zone"],
          "opt-in-status": () => ["opt-in-not-required"],
        },
        () => ({}),
      );
      return {
        AvailabilityZones: zones.map((zone) => ({
          State: "available",
          OptInStatus: "opt-in-not-required",
          RegionName: state.region,
          ZoneName: zone.name,
          ZoneId: zone.id,
          GroupName: state.region,
          NetworkBorderGroup: state.region,
          ZoneType: "availability-zone",
          Messages: [],
        })),
      };
    },
  };
}
