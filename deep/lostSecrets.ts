/** Whether what hosts read still opens what it should: the tunnel's token, and the bucket's key. */
import { tenantNames } from "../naming/names.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";

/** `undefined` when there is no such parameter. */
async function parameter({ aws }: Sandbox, path: string): Promise<string | undefined> {
  // A call here would be one of AWS's calls; what is there is asked of its list.
  if (!aws.inventory().some((item) => item.id === path)) return undefined;
  const { Parameter } = await aws.call("ssm:GetParameter", { Name: path, WithDecryption: true });
  return Parameter?.Value;
}

/** @returns a sentence for each secret of the tenant that is in its parameter and opens nothing. */
export async function lostSecrets(sandbox: Sandbox, environment: string, id: string): Promise<string[]> {
  const { cloudflare } = sandbox;
  const { tunnels, tokens } = cloudflare.inventory();
  const { tunnel: name, parameterPath } = tenantNames(environment, id);
  const lost: string[] = [];
  const token = await parameter(sandbox, `${parameterPath}/tunnel-token`);
  const isLive = tunnels.some(
    (tunnel) => tunnel.name === name && sameToken(cloudflare.tunnels.tokenOf(tunnel), token),
  );
  if (token !== undefined && !isLive) lost.push(`the tunnel token of ${id} in its parameter opens no tunnel`);
  const key = await parameter(sandbox, `${parameterPath}/bucket-environment`);
  const isUsable = tokens.some((one) => key?.includes(one.id) && key.includes(one.valueHash));
  if (key !== undefined && !isUsable) lost.push(`the key of ${id} in its parameter opens no bucket`);
  return lost;
}

/** The order of a token's parts is free. */
function sameToken(one: string, other: string | undefined): boolean {
  if (other === undefined) return false;
  const parts = (text: string) =>
    Object.entries(JSON.parse(Buffer.from(text, "base64").toString()) as object);
  return JSON.stringify(parts(one).toSorted()) === JSON.stringify(parts(other).toSorted());
}
