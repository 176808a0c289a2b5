import { describe, expect, it } from "vitest";
import { newAws, newProfile, refusal, TRUST_EC2 } from "./fixture.ts";

const READ = { Effect: "Allow", Action: "ssm:GetParameter", Resource: "*" };
const CORE = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";

describe("roles", () => {
  it("cannot be deleted before profiles, policies and attachments, each with its own words", async () => {
    const aws = newAws();
    await newProfile(aws, "host", [READ]);
    await aws.call("iam:AttachRolePolicy", { RoleName: "host", PolicyArn: CORE });
    const remove = () => refusal(aws.call("iam:DeleteRole", { RoleName: "host" }));
    const profile = { InstanceProfileName: "host" };
    expect(await refusal(aws.call("iam:DeleteInstanceProfile", profile))).toBe(
      "DeleteConflict: Cannot delete entity, must remove roles from instance profile first.",
    );
    expect(await remove()).toBe(
      "DeleteConflict: Cannot delete entity, must remove roles from instance profile first.",
    );
    await aws.call("iam:RemoveRoleFromInstanceProfile", { ...profile, RoleName: "host" });
    expect(await remove()).toBe("DeleteConflict: Cannot delete entity, must detach all policies first.");
    await aws.call("iam:DetachRolePolicy", { RoleName: "host", PolicyArn: CORE });
    expect(await remove()).toBe("DeleteConflict: Cannot delete entity, must delete policies first.");
    await aws.call("iam:DeleteRolePolicy", { RoleName: "host", PolicyName: "own" });
    expect(await remove()).toBe("accepted");
    await aws.call("iam:DeleteInstanceProfile", profile);
    expect(aws.inventory()).toEqual([]);
  });

  it.each([
    ["EntityAlreadyExists: Role with name host already exists.", { RoleName: "host" }],
    ["ValidationError", { RoleName: "a".repeat(65) }],
    ["ValidationError", { RoleName: "a b" }],
    ["ValidationError", { RoleName: "x", MaxSessionDuration: 60 }],
    ["MalformedPolicyDocument", { RoleName: "x", AssumeRolePolicyDocument: "{" }],
    [
      "MalformedPolicyDocument",
      { RoleName: "x", AssumeRolePolicyDocument: TRUST_EC2.replace("Principal", "Principals") },
    ],
    [
      'MalformedPolicyDocument: Invalid principal in policy: "SERVICE":"ec2"',
      { RoleName: "x", AssumeRolePolicyDocument: TRUST_EC2.replace("ec2.amazonaws.com", "ec2") },
    ],
    [
      "MalformedPolicyDocument: AssumeRole policy may only specify STS AssumeRole actions.",
      { RoleName: "x", AssumeRolePolicyDocument: TRUST_EC2.replace("sts:AssumeRole", "s3:GetObject") },
    ],
    [
      "LimitExceeded",
      {
        RoleName: "x",
        AssumeRolePolicyDocument: TRUST_EC2.replace('"Effect"', `"Sid":"${"a".repeat(2048)}","Effect"`),
      },
    ],
  ])("are refused with %s", async (message, input) => {
    const aws = newAws();
    await aws.call("iam:CreateRole", { RoleName: "host", AssumeRolePolicyDocument: TRUST_EC2 });
    const call = aws.call("iam:CreateRole", { AssumeRolePolicyDocument: TRUST_EC2, ...input });
    expect(await refusal(call)).toContain(message);
  });
});

describe("policies", () => {
  const documentOf = (...Statement: object[]) => JSON.stringify({ Version: "2012-10-17", Statement });

  it.each([
    ["This policy contains invalid Json", "not json"],
    ["Principal", documentOf({ ...READ, Principal: "*" })],
    ["Effect", documentOf({ ...READ, Effect: "allow" })],
    ["Resource", documentOf({ Effect: "Allow", Action: "ssm:GetParameter" })],
    ["Action", documentOf({ ...READ, Action: "GetParameter" })],
    ['Resource parameter must be in ARN format or "*".', documentOf({ ...READ, Resource: "parameter" })],
    ["The policy failed legacy parsing", documentOf({ ...READ, Resource: "arn:aws:ssm:parameter/x" })],
    ["must contain resources", documentOf({ ...READ, Resource: [] })],
    ["must contain actions", documentOf({ ...READ, Action: [] })],
    ["must be alpha-numeric", documentOf({ ...READ, Sid: "read-it" })],
    ["must be unique", documentOf({ ...READ, Sid: "read" }, { ...READ, Sid: "read" })],
    ["Condition type : StringIs", documentOf({ ...READ, Condition: { StringIs: { "aws:username": "a" } } })],
    [
      "Condition type : NullIf",
      documentOf({ ...READ, Condition: { NullIfExists: { "aws:username": "a" } } }),
    ],
  ])("are malformed: %s", async (reason, PolicyDocument) => {
    const aws = newAws();
    await aws.call("iam:CreateRole", { RoleName: "host", AssumeRolePolicyDocument: TRUST_EC2 });
    const message = await refusal(
      aws.call("iam:PutRolePolicy", { RoleName: "host", PolicyName: "p", PolicyDocument }),
    );
    expect(message).toMatch(/^MalformedPolicyDocument/);
    expect(message).toContain(reason);
  });

  it("may have conditions, statement ids that differ and ARNs with variables", async () => {
    const aws = newAws();
    const Condition = {
      "ForAnyValue:StringNotEqualsIgnoreCaseIfExists": { "aws:TagKeys": "a" },
      Null: { "aws:username": "true" },
      NumericLessThanEquals: { "s3:max-keys": "1" },
      NotIpAddress: { "aws:SourceIp": "10.0.0.0/8" },
    };
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the policy
    const Resource = "arn:aws:s3:::bucket/${aws:username}/*";
    await newProfile(aws, "host", [
      { ...READ, Sid: "one", Condition },
      { ...READ, Sid: "two", Resource },
    ]);
  });

  it("may have 10240 characters in all, white space not counted", async () => {
    const aws = newAws();
    await aws.call("iam:CreateRole", { RoleName: "host", AssumeRolePolicyDocument: TRUST_EC2 });
    const put = (PolicyName: string, PolicyDocument: string) =>
      refusal(aws.call("iam:PutRolePolicy", { RoleName: "host", PolicyName, PolicyDocument }));
    const half = documentOf({ ...READ, Sid: "a".repeat(5000) });
    expect(await put("one", half)).toBe("accepted");
    expect(await put("one", half + " ".repeat(9000))).toBe("accepted");
    expect(await put("two", half)).toBe("accepted");
    expect(await put("three", half)).toBe(
      "LimitExceeded: Maximum policy size of 10240 bytes exceeded for role host",
    );
  });

  it("of AWS can be attached, others do not exist", async () => {
    const aws = newAws();
    await aws.call("iam:CreateRole", { RoleName: "host", AssumeRolePolicyDocument: TRUST_EC2 });
    const attach = (PolicyArn: string) =>
      refusal(aws.call("iam:AttachRolePolicy", { RoleName: "host", PolicyArn }));
    expect(await attach(CORE)).toBe("accepted");
    expect(await attach(CORE)).toBe("accepted");
    const unknown = "arn:aws:iam::123456789012:policy/mine";
    expect(await attach(unknown)).toBe(
      `NoSuchEntity: Policy ${unknown} does not exist or is not attachable.`,
    );
    expect(await refusal(aws.call("iam:AttachRolePolicy", { RoleName: "nobody", PolicyArn: CORE }))).toBe(
      "NoSuchEntity: The role with name nobody cannot be found.",
    );
  });
});

describe("instance profiles", () => {
  it("hold one role and have a name of their own", async () => {
    const aws = newAws();
    await newProfile(aws, "host", [READ]);
    await aws.call("iam:CreateRole", { RoleName: "other", AssumeRolePolicyDocument: TRUST_EC2 });
    const add = { InstanceProfileName: "host", RoleName: "other" };
    expect(await refusal(aws.call("iam:AddRoleToInstanceProfile", add))).toBe(
      "LimitExceeded: Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1",
    );
    expect(await refusal(aws.call("iam:CreateInstanceProfile", { InstanceProfileName: "host" }))).toMatch(
      /^EntityAlreadyExists/,
    );
  });
});
