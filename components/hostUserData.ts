/** From a host's arguments to its user data. */
import { appProblem, takenVariables } from "../host/app.ts";
import { cloudConfigProblems, describeProblem } from "../host/cloudConfig.ts";
import { DEFAULT_CONNECTOR, DEFAULT_INSTANCE_TYPE, DEFAULT_POLL_SECONDS } from "../host/defaults.ts";
import { renderUserData, USER_DATA_LIMIT } from "../host/userData.ts";
import type { ConnectorHostArgs } from "./connectorHostArgs.ts";

function render(args: ConnectorHostArgs): string {
  return renderUserData({
    region: args.region,
    parameterPath: args.parameterPath,
    reportParameter: args.reportParameter,
    hasBucket: args.hasBucket ?? false,
    instanceType: args.instanceType ?? DEFAULT_INSTANCE_TYPE,
    cloudflaredMirror: args.cloudflaredMirror,
    connector: {
      protocol: args.protocol ?? DEFAULT_CONNECTOR.protocol,
      edgeIpVersion: args.edgeIpVersion ?? DEFAULT_CONNECTOR.edgeIpVersion,
      edgeRegion: args.edgeRegion ?? DEFAULT_CONNECTOR.edgeRegion,
    },
    pollSeconds: args.pollSeconds ?? DEFAULT_POLL_SECONDS,
    environment: args.environment ?? {},
    app: args.app,
    appUrl: args.appUrl,
    sessionManager: args.sessionManager ?? false,
    cloudConfig: args.cloudConfig,
  });
}

/** The user data, or why there can be none. */
export function hostUserData(args: ConnectorHostArgs): { userData: string; problems: string[] } {
  const problems = cloudConfigProblems(args.cloudConfig ?? {}).map(describeProblem);
  const app = appProblem(args.app ?? {});
  if (app !== undefined)
    problems.push(`${["app", ...app.path].join(".")}: give ${app.allowed}, not ${app.found}`);
  for (const name of takenVariables(args.environment ?? {})) {
    problems.push(`environment.${name}: the name has a meaning of its own on the host; give another one`);
  }
  if (problems.length > 0) return { userData: "", problems };
  const userData = render(args);
  const bytes = Buffer.byteLength(userData);
  if (bytes <= USER_DATA_LIMIT) return { userData, problems: [] };
  const parts = args.cloudConfig === undefined ? "environment" : "environment, cloudConfig";
  return {
    userData,
    problems: [`${parts}: makes ${bytes} bytes of user data, and EC2 takes at most ${USER_DATA_LIMIT}`],
  };
}
