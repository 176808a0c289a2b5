import { describe, expect, it } from "vitest";
import type { Aws } from "../../../sandbox/aws/cloud.ts";
import type { Caller } from "../../../sandbox/aws/operation.ts";
import { ACCOUNT, newAws, newProfile, REGION, refusal } from "./fixture.ts";

const SECRET = "the-token";
const arnOf = (name: string) => `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter${name}`;

function putSecret(aws: Aws, Name: string, more: object = {}) {
  return aws.call("ssm:PutParameter", { Name, Value: SECRET, Type: "SecureString", ...more });
}

function hostOf(role: string): Caller {
  const arn = `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/i-0123456789abcdef0`;
  return { arn, accountId: ACCOUNT, roleArn: `arn:aws:iam::${ACCOUNT}:role/${role}` };
}

describe("a parameter", () => {
  it("counts its versions, keeps a hundred, and starts anew after a deletion", async () => {
    const aws = newAws();
    await putSecret(aws, "/a/token", { Tags: [{ Key: "tenant", Value: "a" }] });
    for (let version = 2; version <= 101; version++) {
      const { Version } = await aws.call("ssm:PutParameter", {
        Name: "/a/token",
        Value: `v${version}`,
        Overwrite: true,
      });
      expect(Version).toBe(version);
    }
    const get = (Name: string) => aws.call("ssm:GetParameter", { Name, WithDecryption: true });
    expect((await get("/a/token:2")).Parameter).toMatchObject({ Value: "v2", Selector: ":2", Version: 2 });
    expect(await refusal(get("/a/token:1"))).toMatch(/^ParameterVersionNotFound/);
    expect((await get(arnOf("/a/token"))).Parameter).toMatchObject({ Value: "v101", ARN: arnOf("/a/token") });
    const tags = { ResourceType: "Parameter", ResourceId: "/a/token" } as const;
    expect((await aws.call("ssm:ListTagsForResource", tags)).TagList).toEqual([
      { Key: "tenant", Value: "a" },
    ]);
    await aws.call("ssm:DeleteParameter", { Name: "/a/token" });
    expect(await refusal(get("/a/token"))).toBe("ParameterNotFound: ");
    expect((await putSecret(aws, "/a/token")).Version).toBe(1);
  });

  it("shows its value only to those who ask for decryption", async () => {
    const aws = newAws();
    await putSecret(aws, "/a/token");
    const { Parameter } = await aws.call("ssm:GetParameter", { Name: "/a/token" });
    expect(Parameter?.Value).toMatch(/^AQICAH/);
    expect(Buffer.from(Parameter?.Value ?? "", "base64").toString("latin1")).not.toContain(SECRET);
  });

  it.each([
    ["ParameterAlreadyExists: The parameter already exists.", { Name: "/taken" }],
    ["ValidationException: A parameter type is required", { Type: undefined }],
    ["ValidationException: Standard tier parameters", { Value: "a".repeat(4097) }],
    ["ValidationException: 1 validation error", { Value: "" }],
    ["ValidationException: Parameter value can't nest", { Value: "{{ssm:x}}" }],
    ["ValidationException: Parameter name must be a fully qualified name.", { Name: "a/b" }],
    ["ValidationException: Parameter name: can't be prefixed", { Name: "awsthing" }],
    ["AccessDeniedException: No access to reserved parameter name: /aws/x.", { Name: "/aws/x" }],
    ["ValidationException", { Name: "/a b" }],
    ["HierarchyLevelLimitExceededException", { Name: "/a".repeat(16) }],
    ["ParameterPatternMismatchException", { AllowedPattern: "^\\d+$" }],
    [
      "ValidationException: Invalid request: tags and overwrite",
      { Overwrite: true, Tags: [{ Key: "a", Value: "b" }] },
    ],
    ["InvalidKeyId: Alias", { KeyId: "alias/missing" }],
    ["ValidationException: KeyId", { Type: "String", KeyId: "alias/aws/ssm" }],
  ])("is refused with %s", async (message, input) => {
    const aws = newAws();
    await putSecret(aws, "/taken");
    const call = aws.call("ssm:PutParameter", {
      Name: "/new",
      Value: "x",
      Type: "SecureString",
      ...(input as object),
    });
    expect(await refusal(call)).toContain(message);
  });

  it("of the advanced tier holds 8 KB and cannot go back", async () => {
    const aws = newAws();
    await putSecret(aws, "/large", { Value: "a".repeat(8192), Tier: "Advanced" });
    const back = putSecret(aws, "/large", { Tier: "Standard", Overwrite: true });
    expect(await refusal(back)).toMatch(/can't downgrade/);
  });
});

describe("several parameters", () => {
  it("are read ten at a time, in the order of their names, with the missing ones named", async () => {
    const aws = newAws();
    await putSecret(aws, "/b");
    await putSecret(aws, "/a");
    const { Parameters, InvalidParameters } = await aws.call("ssm:GetParameters", {
      Names: ["/b", "/x", "/a"],
    });
    expect(Parameters?.map((parameter) => parameter.Name)).toEqual(["/a", "/b"]);
    expect(InvalidParameters).toEqual(["/x"]);
    const eleven = Array.from({ length: 11 }, (_, index) => `/${index}`);
    expect(await refusal(aws.call("ssm:GetParameters", { Names: eleven }))).toMatch(/^ValidationException/);
  });

  it("are listed in pages", async () => {
    const aws = newAws();
    for (const name of ["/t/1", "/t/2", "/t/3", "/u/1"]) await putSecret(aws, name);
    const ParameterFilters = [{ Key: "Name", Option: "BeginsWith", Values: ["/t/"] }];
    const first = await aws.call("ssm:DescribeParameters", { ParameterFilters, MaxResults: 2 });
    expect(first.Parameters?.map((one) => one.Name)).toEqual(["/t/1", "/t/2"]);
    const page = { ParameterFilters, MaxResults: 2, NextToken: first.NextToken };
    const second = await aws.call("ssm:DescribeParameters", page);
    expect(second.Parameters?.map((one) => one.Name)).toEqual(["/t/3"]);
    expect(second.NextToken).toBeUndefined();
  });
});

describe("a host's role", () => {
  const reads = (...names: string[]) => ({
    Effect: "Allow",
    Action: ["ssm:GetParameter", "ssm:GetParameters"],
    Resource: names.map(arnOf),
  });

  it("reads its own parameters and nobody else's", async () => {
    const aws = newAws();
    for (const tenant of ["a", "b"]) {
      await putSecret(aws, `/t/${tenant}/token`);
      await newProfile(aws, tenant, [reads(`/t/${tenant}/token`)]);
    }
    const get = (tenant: string, Name: string) =>
      aws.call("ssm:GetParameter", { Name, WithDecryption: true }, hostOf(tenant));
    expect((await get("a", "/t/a/token")).Parameter?.Value).toBe(SECRET);
    expect(await refusal(get("a", "/t/b/token"))).toBe(
      `AccessDeniedException: User: ${hostOf("a").arn} is not authorized to perform: ssm:GetParameter on resource: ` +
        `${arnOf("/t/b/token")} because no identity-based policy allows the ssm:GetParameter action`,
    );
    const both = { Names: ["/t/a/token", "/t/b/token"] };
    expect(await refusal(aws.call("ssm:GetParameters", both, hostOf("a")))).toContain(arnOf("/t/b/token"));
    // Whether a parameter exists is not told either, however it is named.
    expect(await refusal(get("a", "/t/c/token"))).toMatch(/^AccessDeniedException/);
    expect(await refusal(get("a", arnOf("/t/b/token")))).toMatch(/^AccessDeniedException/);
    expect(await refusal(get("a", "/t/b/token:1"))).toMatch(/^AccessDeniedException/);
  });

  it("writes nothing, lists nothing and starts nothing that its policies do not allow", async () => {
    const aws = newAws();
    await newProfile(aws, "a", [reads("/t/a/token")]);
    const put = { Name: "/t/a/token", Value: "x", Overwrite: true };
    expect(await refusal(aws.call("ssm:PutParameter", put, hostOf("a")))).toMatch(/^AccessDeniedException/);
    expect(await refusal(aws.call("ssm:DescribeParameters", {}, hostOf("a")))).toContain(
      `on resource: arn:aws:ssm:${REGION}:${ACCOUNT}:*`,
    );
    expect(await refusal(aws.call("ec2:DescribeInstances", {}, hostOf("a")))).toMatch(
      /^UnauthorizedOperation/,
    );
    expect(await refusal(aws.call("iam:GetRole", { RoleName: "a" }, hostOf("a")))).toMatch(/^AccessDenied/);
    expect((await aws.call("sts:GetCallerIdentity", {}, hostOf("a"))).Arn).toBe(hostOf("a").arn);
  });

  it("loses what its policy no longer allows at once, and an explicit deny wins", async () => {
    const aws = newAws();
    await putSecret(aws, "/t/a/token");
    await newProfile(aws, "a", [reads("/t/a/token")]);
    const get = () => aws.call("ssm:GetParameter", { Name: "/t/a/token" }, hostOf("a"));
    expect(await refusal(get())).toBe("accepted");
    const PolicyDocument = JSON.stringify({
      Version: "2012-10-17",
      Statement: [reads("/t/a/token"), { Effect: "Deny", Action: "ssm:*", Resource: "*" }],
    });
    await aws.call("iam:PutRolePolicy", { RoleName: "a", PolicyName: "own", PolicyDocument });
    expect(await refusal(get())).toMatch(/with an explicit deny in an identity-based policy$/);
    await aws.call("iam:DeleteRolePolicy", { RoleName: "a", PolicyName: "own" });
    expect(await refusal(get())).toMatch(/^AccessDenied/);
  });

  it("sees every parameter with Amazon's own policy for Session Manager", async () => {
    const aws = newAws();
    await putSecret(aws, "/t/b/token");
    await newProfile(aws, "a", [reads("/t/a/token")]);
    const PolicyArn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";
    await aws.call("iam:AttachRolePolicy", { RoleName: "a", PolicyArn });
    const get = aws.call("ssm:GetParameter", { Name: "/t/b/token", WithDecryption: true }, hostOf("a"));
    expect((await get).Parameter?.Value).toBe(SECRET);
  });

  it("needs kms:Decrypt for a customer's key, and only for the parameter that its condition names", async () => {
    const aws = newAws();
    const keyId = "11111111-2222-3333-4444-555555555555";
    const keyArn = aws.ensureKey({ keyId, alias: "alias/tenants" });
    await putSecret(aws, "/t/a/token", { KeyId: "alias/tenants" });
    await putSecret(aws, "/t/a/other", { KeyId: keyArn });
    await newProfile(aws, "a", [reads("/t/a/token", "/t/a/other")]);
    const get = (Name: string, WithDecryption = true) =>
      refusal(aws.call("ssm:GetParameter", { Name, WithDecryption }, hostOf("a")));
    expect(await get("/t/a/token")).toMatch(
      /^AccessDeniedException: The ciphertext refers to a customer master key/,
    );
    expect(await get("/t/a/token", false)).toBe("accepted");
    const decrypt = {
      Effect: "Allow",
      Action: "kms:Decrypt",
      Resource: keyArn,
      Condition: {
        StringEquals: {
          "kms:ViaService": `ssm.${REGION}.amazonaws.com`,
          "kms:EncryptionContext:PARAMETER_ARN": arnOf("/t/a/token"),
        },
      },
    };
    const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [decrypt] });
    await aws.call("iam:PutRolePolicy", { RoleName: "a", PolicyName: "key", PolicyDocument });
    expect(await get("/t/a/token")).toBe("accepted");
    expect(await get("/t/a/other")).toMatch(/^AccessDeniedException: The ciphertext/);
  });
});

describe("the seam for faults", () => {
  it("can refuse a call and lose the answer of one that took effect; the log shows what the caller saw", async () => {
    const lost = { now: false };
    const aws = newAws({
      async intercept({ operation }, proceed) {
        const answer = await proceed();
        if (lost.now && operation === "ssm:PutParameter") throw new Error("connection reset");
        return answer;
      },
    });
    const mark = aws.calls.mark();
    lost.now = true;
    await expect(putSecret(aws, "/a")).rejects.toThrow("connection reset");
    lost.now = false;
    expect(await refusal(putSecret(aws, "/a"))).toMatch(/^ParameterAlreadyExists/);
    expect(aws.calls.since(mark).map((call) => call.error)).toEqual([
      "InternalError",
      "ParameterAlreadyExists",
    ]);
  });
});
