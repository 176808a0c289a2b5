/** What a stack tells about a tenant in its outputs. */

/** As the first version of the program wrote it; with whatever else is given. */
export function output(id: string, changes: object = {}): Record<string, unknown> {
  return {
    displayName: id,
    hostname: `${id}.example.com`,
    hostnames: [`${id}.example.com`],
    url: `https://${id}.example.com/`,
    tunnelId: "11111111-1111-4111-8111-111111111111",
    tunnelName: `te-prod-${id}`,
    bucket: `te-prod-${id}`,
    endpoint: "https://0123456789abcdef0123456789abcdef.r2.cloudflarestorage.com",
    instanceIds: [],
    hostReports: [],
    keyGenerations: [1],
    parameterNames: [],
    ...changes,
  };
}
