/** From a host's arguments to its user data. */
import { appProblem, takenVariables } from "../host/app.ts";
import { cloudConfigProblems, describeProblem } from "../host/cloudConfig.ts";
import { DEFAULT_CONNECTOR, DEFAULT_INSTANCE_TYPE, DEFAULT_POLL_SECONDS } from "../host/defaults.ts";
import type { HostApp } from "../host/spec.ts";
import {
  CONTAINER_IMAGE,
  MIRROR_URL,
  type TextRule,
  UNIT_NAME,
  VARIABLE_NAME,
  VARIABLE_VALUE,
} from "../host/texts.ts";
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

function textProblem(path: string, text: string | undefined, { pattern, allowed }: TextRule): string[] {
  return text === undefined || pattern.test(text) ? [] : [`${path}: give ${allowed}`];
}

function environmentProblems(environment: Readonly<Record<string, string>>): string[] {
  const taken = takenVariables(environment).map(
    (name) => `environment.${name}: the name has a meaning of its own on the host; give another one`,
  );
  const texts = Object.entries(environment).flatMap(([name, value]) => [
    ...textProblem(`environment, the name ${JSON.stringify(name)}`, name, VARIABLE_NAME),
    ...textProblem(`environment.${name}`, value, VARIABLE_VALUE),
  ]);
  return [...taken, ...texts];
}

function appProblems(app: HostApp): string[] {
  const problem = appProblem(app);
  return [
    ...(problem === undefined
      ? []
      : [`${["app", ...problem.path].join(".")}: give ${problem.allowed}, not ${problem.found}`]),
    ...textProblem("app.container.image", app.container?.image, CONTAINER_IMAGE),
    ...textProblem("app.unit", app.unit, UNIT_NAME),
  ];
}

/** The user data, or why there can be none. */
export function hostUserData(args: ConnectorHostArgs): { userData: string; problems: string[] } {
  const problems = [
    ...cloudConfigProblems(args.cloudConfig ?? {}).map(describeProblem),
    ...appProblems(args.app ?? {}),
    ...environmentProblems(args.environment ?? {}),
    ...textProblem("cloudflaredMirror", args.cloudflaredMirror, MIRROR_URL),
  ];
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
