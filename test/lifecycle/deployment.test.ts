import { expect, it } from "vitest";
import { parseDeployed } from "../../lifecycle/deployed.ts";
import { type Deployment, moves } from "../../lifecycle/deployment.ts";
import { output } from "./outputs.ts";

const PRESENT: Deployment = {
  environment: "prod",
  accountId: "0123456789abcdef0123456789abcdef",
  zoneId: "b".repeat(32),
  zoneName: "example.com",
  region: "eu-west-1",
};
const NONE = parseDeployed(undefined);

it.each([
  ["the same", PRESENT, []],
  ["nothing, by an older version", undefined, []],
  ["nothing that can be read", { environment: 7 }, []],
  ["less, by another version", { region: "eu-west-1" }, []],
  [
    "another region and zone",
    { ...PRESENT, region: "us-east-1", zoneName: "example.net" },
    ["tenant-edge:cloudflare.zoneName", "aws:region"],
  ],
])("settings move when the last outputs said otherwise; here they said %s", (_, told, paths) => {
  expect(moves(told, NONE, PRESENT).map(({ path }) => path)).toEqual(paths);
});

it.each([
  ["the same", {}, []],
  ["nothing, without a bucket", { endpoint: null }, []],
  ["another environment", { tunnelName: "te-staging-globex" }, ["tenant-edge:environment"]],
  [
    "another account, in a jurisdiction",
    { endpoint: `https://${"c".repeat(32)}.eu.r2.cloudflarestorage.com` },
    ["tenant-edge:cloudflare.accountId"],
  ],
  ["another zone", { hostname: "globex.example.net" }, ["tenant-edge:cloudflare.zoneName"]],
])("an older version told them with each tenant; here it told %s", (_, changes, paths) => {
  const deployed = parseDeployed({ acme: output("acme"), globex: output("globex", changes) });
  expect(moves(undefined, deployed, PRESENT).map(({ path }) => path)).toEqual(paths);
  // What the program told itself goes first.
  expect(moves(PRESENT, deployed, PRESENT)).toEqual([]);
});
