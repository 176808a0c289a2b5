/** The tenant whose host is run: its parameters, its secrets and what the host is told. */
import { DEFAULT_CONNECTOR } from "../../../host/defaults.ts";
import type { HostSpec } from "../../../host/spec.ts";
import { REGION } from "../../sandbox/aws/fixture.ts";

/** SSM path of the tenant. */
export const PATH = "/tenant-edge/prod/acme";
export const TOKEN_PARAMETER = `${PATH}/tunnel-token`;
export const BUCKET_PARAMETER = `${PATH}/bucket-environment`;
export const REPORT_PARAMETER = `${PATH}/host-report`;

export const APP_UNIT = "my-app.service";

export const SPEC: HostSpec = {
  region: REGION,
  parameterPath: PATH,
  reportParameter: REPORT_PARAMETER,
  hasBucket: true,
  instanceType: "t4g.micro",
  connector: DEFAULT_CONNECTOR,
  pollSeconds: 60,
  environment: { LOG_LEVEL: "info" },
  app: { unit: APP_UNIT },
  sessionManager: false,
};

/** Stands in every secret, and nowhere else. */
export const CANARY = "canary";
export const token = (generation: number) => `${CANARY}-token-${generation}`;
export const bucketEnvironment = (generation: number) =>
  `AWS_ACCESS_KEY_ID=${CANARY}-id-${generation}\nAWS_SECRET_ACCESS_KEY=${CANARY}-key-${generation}\n` +
  `TENANT_EDGE_KEY_GENERATION=${generation}`;
