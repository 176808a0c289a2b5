import { awsType } from "./awsType.ts";
import { call, unless } from "./call.ts";
import { jsonText, keepText, samePolicy } from "./json.ts";
import { autoNamed, nameOf } from "./naming.ts";

/** Characters, as the provider checks before any call. */
const MAXIMUM_POLICY = 10_240;
const naming = autoNamed(128);

/** Id `role:policy`. */
function parts(id: string): { RoleName: string; PolicyName: string } {
  const separator = id.indexOf(":");
  return { RoleName: id.slice(0, separator), PolicyName: id.slice(separator + 1) };
}

export const rolePolicyType = awsType({
  token: "aws:iam/rolePolicy:RolePolicy",
  global: true,
  replaceOn: ["name", "namePrefix", "role"],
  optionalComputed: ["name", "namePrefix"],
  equal: { policy: samePolicy },
  ...naming,
  check(inputs, context) {
    const { policy } = inputs;
    const length = policy === undefined ? 0 : jsonText(policy).length;
    const failures = naming.check(inputs, context);
    if (length > MAXIMUM_POLICY) {
      const reason = `expected length of policy to be in the range (1 - ${MAXIMUM_POLICY}), got ${length} characters`;
      failures.push({ property: "policy", reason });
    }
    return failures;
  },

  async make(client, inputs) {
    const name = nameOf(inputs);
    const { role } = inputs;
    await call(client, `putting IAM Role (${role}) Policy (${name})`, "iam:PutRolePolicy", {
      RoleName: role,
      PolicyName: name,
      PolicyDocument: jsonText(inputs.policy),
    });
    return `${role}:${name}`;
  },

  async look(client, id, given) {
    const reading = call(client, `reading IAM Role Policy (${id})`, "iam:GetRolePolicy", parts(id));
    const found = await unless(["NoSuchEntity"], reading);
    if (found === undefined) return undefined;
    return {
      outputs: {
        name: found.PolicyName,
        namePrefix: given.namePrefix ?? "",
        policy: keepText(given.policy, decodeURIComponent(found.PolicyDocument ?? "")),
        role: found.RoleName,
      },
    };
  },

  async change(client, id, _olds, news) {
    const { RoleName, PolicyName } = parts(id);
    await call(client, `putting IAM Role (${RoleName}) Policy (${PolicyName})`, "iam:PutRolePolicy", {
      RoleName,
      PolicyName,
      PolicyDocument: jsonText(news.policy),
    });
  },

  async remove(client, id) {
    const deleting = call(client, `deleting IAM Role Policy (${id})`, "iam:DeleteRolePolicy", parts(id));
    await unless(["NoSuchEntity"], deleting);
  },
});
