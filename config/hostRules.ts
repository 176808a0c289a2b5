/** Rules for the tenants' hosts. */
import { appProblem, appUrl, loopbackPort, takenVariables } from "../host/app.ts";
import { cloudConfigProblems } from "../host/cloudConfig.ts";
import type { HostSpec } from "../host/spec.ts";
import { renderUserData, USER_DATA_BUDGET, USER_DATA_LIMIT } from "../host/userData.ts";
import { hostNames } from "../naming/names.ts";
import { formatPath, type Problem, show } from "./problems.ts";
import { type Rule, resolvedTenants } from "./rule.ts";
import type { ResolvedHost, ResolvedTenant } from "./tenants.ts";

export const imagesPinned: Rule = (stack) =>
  resolvedTenants(stack).flatMap(([index, { host }]): Problem[] => {
    if (host === undefined || host.imageId !== undefined) return [];
    return [
      {
        path: formatPath(["tenants", index, "host", "imageId"]),
        found: "nothing, and tenant-edge:hostDefaults.imageId is not set either",
        allowed: "an image id, ami-…",
        action:
          "set tenant-edge:hostDefaults.imageId to an Amazon Linux 2023 image of your region (npm run images prints it), or host.enabled to false",
      },
    ];
  });

export const appsDistinct: Rule = ({ tenants }) =>
  [...tenants].flatMap(([index, { host }]): Problem[] => {
    const problem = appProblem(host.app);
    if (problem === undefined) return [];
    return [{ ...problem, path: formatPath(["tenants", index, "host", "app", ...problem.path]) }];
  });

/** A container that no ingress rule leads to gets no request; and the host would wait for an app that does not answer. */
export const containersReached: Rule = ({ tenants }) =>
  [...tenants].flatMap(([index, { host, origin, routes }]): Problem[] => {
    const { container } = host.app;
    if (container === undefined) return [];
    const port = loopbackPort(origin.service);
    const others = routes.map(({ service }) => loopbackPort(service));
    if (port === undefined || port === container.port || others.includes(container.port)) return [];
    return [
      {
        path: formatPath(["tenants", index, "host", "app", "container", "port"]),
        found: show(container.port),
        allowed: `the port that the origin's service leads to, ${port}, or that of a route`,
        action: "change it, or origin.service",
      },
    ];
  });

export const variablesFree: Rule = ({ tenants }) =>
  [...tenants].flatMap(([index, { host }]) =>
    takenVariables(host.environment).map(
      (name): Problem => ({
        path: formatPath(["tenants", index, "host", "environment", name]),
        found: `the name ${name}`,
        allowed:
          "a name without a meaning of its own on the host: not PATH and its like, and none that begins with AWS_, R2_, TENANT_EDGE_, TUNNEL_, LD_, DOCKER_ or SYSTEMD_",
        action: "give it another name, for example one that begins with APP_",
      }),
    ),
  );

export const cloudConfigMerges: Rule = ({ tenants }) =>
  [...tenants].flatMap(([index, { host }]) =>
    cloudConfigProblems(host.cloudConfig).map(({ path, found, allowed }): Problem => {
      const at = formatPath(["tenants", index, "host", "cloudConfig", ...path]);
      return { path: at, found: show(found), allowed };
    }),
  );

/** What a host is told at its first boot. */
function specOf(region: string, environment: string, tenant: ResolvedTenant, host: ResolvedHost): HostSpec {
  return {
    region,
    parameterPath: tenant.names.parameterPath,
    reportParameter: hostNames(environment, tenant.id, host.replicas).reportParameter,
    hasBucket: tenant.bucket !== undefined,
    appUrl: appUrl(host.app, tenant.origin.service),
    ...host,
  };
}

/** Below this nothing has to be rendered to know that all of it fits: thousands of tenants are checked at once. */
const CERTAINLY_FITS = 300;

export const userDataFits: Rule = (stack) => {
  const { region } = stack;
  const environment = stack.config.environment ?? "";
  if (region === undefined) return [];
  return resolvedTenants(stack).flatMap(([index, tenant]): Problem[] => {
    const { host } = tenant;
    if (host === undefined || cloudConfigProblems(host.cloudConfig).length > 0) return [];
    const own = Buffer.byteLength(JSON.stringify([host.environment, host.cloudConfig]));
    // A cloud-config may be much longer as YAML, which is indented.
    if (own < CERTAINLY_FITS && Object.keys(host.cloudConfig).length === 0) return [];
    const bytes = Buffer.byteLength(renderUserData(specOf(region, environment, tenant, host)));
    if (bytes <= USER_DATA_BUDGET) return [];
    return [
      {
        path: formatPath(["tenants", index, "host"]),
        found: `environment and cloudConfig of ${own} bytes, which make ${bytes} bytes of user data`,
        allowed: `at most ${USER_DATA_BUDGET} bytes of user data (EC2's own limit is ${USER_DATA_LIMIT})`,
        action: "keep long values in the bucket or in a file of the image",
      },
    ];
  });
};
