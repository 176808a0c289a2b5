/** What hosts may do in an account with 50 tenants, asked of an IAM policy simulator. */
import { validateIdentityPolicy } from "@cloud-copilot/iam-policy";
import { runSimulation } from "@cloud-copilot/iam-simulate";
import { describe, expect, it } from "vitest";
import { BUCKET_ENVIRONMENT_PARAMETER, TUNNEL_TOKEN_PARAMETER } from "../../host/parameters.ts";
import { hostPolicy, type PolicyDocument } from "../../host/policy.ts";
import { hostNames, tenantNames } from "../../naming/names.ts";

const ACCOUNT = "123456789012";
const REGION = "eu-west-1";
const KEY = `arn:aws:kms:${REGION}:${ACCOUNT}:key/00000000-0000-0000-0000-000000000000`;
const OTHER_KEY = KEY.replace(/0$/, "1");
const ENVIRONMENT = "prod";

/** Ids that begin with each other, that look like our own parts of names, and the longest. */
const IDS = [
  "a",
  "acme",
  "acme-2",
  "acme-host",
  "acme-host-2",
  "acme-host-report",
  "acme-tunnel-token",
  "host-report",
  "tunnel-token",
  "prod",
  `a${"b".repeat(62)}`,
  `a${"b".repeat(61)}c`,
  ...Array.from({ length: 38 }, (_, index) => `tenant-${index + 1}`),
];

interface Host {
  tenant: string;
  replica: number;
  secrets: string[];
  report: string;
}

const arnOf = (name: string): string => `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter${name}`;

/** Tenants have one to four replicas in turn. */
const HOSTS: readonly Host[] = IDS.flatMap((tenant, index) =>
  Array.from({ length: (index % 4) + 1 }, (_, at): Host => {
    const { parameterPath } = tenantNames(ENVIRONMENT, tenant);
    return {
      tenant,
      replica: at + 1,
      secrets: [TUNNEL_TOKEN_PARAMETER, BUCKET_ENVIRONMENT_PARAMETER].map((name) =>
        arnOf(`${parameterPath}/${name}`),
      ),
      report: arnOf(hostNames(ENVIRONMENT, tenant, at + 1).reportParameter),
    };
  }),
);

const SETTINGS = [
  ["by default", { sessionManager: false }],
  ["with Session Manager", { sessionManager: true }],
  ["with a customer's key", { sessionManager: false, kmsKeyArn: KEY }],
  ["with both", { sessionManager: true, kmsKeyArn: KEY }],
] as const;

function policyOf({ secrets, report }: Host, settings: (typeof SETTINGS)[number][1]): PolicyDocument {
  return hostPolicy({ region: REGION, secretArns: secrets, reportArn: report, ...settings });
}

/**
 * The simulator knows `kms:EncryptionContext:…` only under its documented placeholder. The policies name one key of
 * the context, so that this one stands for the placeholder.
 */
// biome-ignore lint/suspicious/noTemplateCurlyInString: the simulator's own placeholder
const CONTEXT_KEY = "kms:EncryptionContext:${EncryptionContextKey}";

interface Question {
  action: string;
  resource: string;
  context?: Record<string, string>;
}

async function allowed(
  policy: PolicyDocument,
  { action, resource, context = {} }: Question,
): Promise<boolean> {
  const text = JSON.stringify(policy).replaceAll("kms:EncryptionContext:PARAMETER_ARN", () => CONTEXT_KEY);
  const result = await runSimulation(
    {
      request: {
        principal: `arn:aws:sts::${ACCOUNT}:assumed-role/host/i-0123456789abcdef0`,
        action,
        resource: { resource, accountId: ACCOUNT },
        contextVariables: context,
      },
      identityPolicies: [{ name: "policy", policy: JSON.parse(text) as unknown }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      // As KMS makes it for a new key: the account's own policies decide.
      ...(action.startsWith("kms:") && {
        resourcePolicy: {
          Version: "2012-10-17",
          Statement: [
            {
              Effect: "Allow",
              Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
              Action: "kms:*",
              Resource: "*",
            },
          ],
        },
      }),
    },
    {},
  );
  if (result.resultType === "error") throw new Error(`${action}: ${JSON.stringify(result.errors)}`);
  return result.overallResult === "Allowed";
}

/** Those of the questions that get a yes. */
async function granted<Asked extends Question>(
  policy: PolicyDocument,
  asked: readonly Asked[],
): Promise<Asked[]> {
  const answers = await Promise.all(asked.map((question) => allowed(policy, question)));
  return asked.filter((_, index) => answers[index]);
}

const PARAMETERS = [...new Set(HOSTS.flatMap(({ secrets, report }) => [...secrets, report]))];
const READS = ["ssm:GetParameter", "ssm:GetParameters"];
const WRITE = "ssm:PutParameter";

const ask = (actions: readonly string[], resources: readonly string[]): Question[] =>
  actions.flatMap((action) => resources.map((resource) => ({ action, resource })));

const decrypts = (parameters: readonly string[]): Question[] =>
  parameters.map((parameter) => ({
    action: "kms:Decrypt",
    resource: KEY,
    context: { "kms:ViaService": `ssm.${REGION}.amazonaws.com`, [CONTEXT_KEY]: parameter },
  }));

const texts = (questions: readonly Question[]) =>
  questions.map((question) => JSON.stringify(question)).sort();

it("there are 50 tenants whose parameters are all different", () => {
  expect(new Set(IDS).size).toBe(50);
  expect(PARAMETERS).toHaveLength(2 * IDS.length + HOSTS.length);
});

const EVERYTHING = { sessionManager: true, kmsKeyArn: KEY } as const;

/** What a host should have: its tenant's secrets, and its own report, which it may also write. */
function due({ secrets, report }: Host, settings: (typeof SETTINGS)[number][1]): Question[] {
  return [
    ...ask(READS, [...secrets, report]),
    ...ask([WRITE], [report]),
    ...("kmsKeyArn" in settings ? decrypts(secrets) : []),
  ];
}

describe("a host of 50 tenants", () => {
  it("has no more with any settings than with Session Manager and a customer's key", () => {
    for (const [, settings] of SETTINGS) {
      for (const host of HOSTS) {
        const { Statement } = policyOf(host, settings);
        expect(Statement.map(({ Effect }) => Effect)).toEqual(Statement.map(() => "Allow"));
        expect(policyOf(host, EVERYTHING).Statement).toEqual(expect.arrayContaining(Statement));
      }
    }
  });

  // One host of each tenant, whichever replica it is; those of one tenant are asked about each other below.
  it("may do with the parameters of every tenant what is due to it, and nothing else", async () => {
    const asked = [...ask([...READS, WRITE], PARAMETERS), ...decrypts(PARAMETERS)];
    for (const id of IDS) {
      const host = HOSTS.findLast(({ tenant }) => tenant === id);
      if (host === undefined) throw new Error(`${id} has no host`);
      expect(texts(await granted(policyOf(host, EVERYTHING), asked))).toEqual(texts(due(host, EVERYTHING)));
    }
  }, 120_000);

  it.each(
    SETTINGS,
  )("may %s do what is due to it, and nothing with the report of another replica", async (_, settings) => {
    for (const host of HOSTS) {
      const reports = HOSTS.filter(({ tenant }) => tenant === host.tenant).map(({ report }) => report);
      const asked = [
        ...ask([...READS, WRITE], [...host.secrets, ...reports]),
        ...decrypts([...host.secrets, ...reports]),
      ];
      expect(texts(await granted(policyOf(host, settings), asked))).toEqual(texts(due(host, settings)));
    }
  });
});

describe.each(SETTINGS)("a host %s", (_, settings) => {
  const [first] = HOSTS;
  if (first === undefined) throw new Error("no hosts");
  const own = [...first.secrets, first.report];
  const policy = policyOf(first, settings);

  it("may use the key in no other way", async () => {
    const [secret = ""] = first.secrets;
    const viaService = { "kms:ViaService": `ssm.${REGION}.amazonaws.com` };
    const context = { ...viaService, [CONTEXT_KEY]: secret };
    const asked: Question[] = [
      { action: "kms:Decrypt", resource: KEY },
      { action: "kms:Decrypt", resource: KEY, context: viaService },
      { action: "kms:Decrypt", resource: KEY, context: { [CONTEXT_KEY]: secret } },
      {
        action: "kms:Decrypt",
        resource: KEY,
        context: { ...context, "kms:ViaService": "s3.eu-west-1.amazonaws.com" },
      },
      { action: "kms:Decrypt", resource: OTHER_KEY, context },
      ...["kms:Encrypt", "kms:GenerateDataKey", "kms:CreateGrant", "kms:ReEncryptFrom"].map((action) => ({
        action,
        resource: KEY,
        context,
      })),
    ];
    expect(await granted(policy, asked)).toEqual([]);
  });

  it("may not look around, take away, or change who may read", async () => {
    const { parameterPath } = tenantNames(ENVIRONMENT, first.tenant);
    const places = [...own, arnOf(parameterPath), arnOf("/tenant-edge")];
    const actions = [
      "ssm:GetParametersByPath",
      "ssm:GetParameterHistory",
      "ssm:DeleteParameter",
      "ssm:DeleteParameters",
      "ssm:LabelParameterVersion",
      "ssm:AddTagsToResource",
    ];
    const account = [
      { action: "ssm:DescribeParameters", resource: "*" },
      {
        action: "ssm:SendCommand",
        resource: `arn:aws:ec2:${REGION}:${ACCOUNT}:instance/i-0123456789abcdef0`,
      },
      {
        action: "ssm:StartSession",
        resource: `arn:aws:ec2:${REGION}:${ACCOUNT}:instance/i-0123456789abcdef0`,
      },
      { action: "sts:AssumeRole", resource: `arn:aws:iam::${ACCOUNT}:role/admin` },
      { action: "iam:PutRolePolicy", resource: `arn:aws:iam::${ACCOUNT}:role/te-prod-a-host` },
      { action: "ec2:DescribeInstances", resource: "*" },
      { action: "s3:GetObject", resource: "arn:aws:s3:::example/x" },
    ];
    expect(await granted(policy, [...ask(actions, places), ...account])).toEqual([]);
  });

  it("may not reach its parameters in another region or account", async () => {
    const elsewhere = own.flatMap((arn) => [
      arn.replace(REGION, "us-east-1"),
      arn.replace(ACCOUNT, "210987654321"),
    ]);
    expect(await granted(policy, ask([...READS, WRITE], elsewhere))).toEqual([]);
  });

  it("may open a session only when asked for", async () => {
    const channels = ["CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel"];
    const asked = channels.map((name) => ({ action: `ssmmessages:${name}`, resource: "*" }));
    expect(await granted(policy, asked)).toEqual(settings.sessionManager ? asked : []);
  });
});

describe("the policy of a host", () => {
  it.each(
    SETTINGS,
  )("%s is valid, has no wildcard in what it allows, and fits into an inline policy", (_, settings) => {
    for (const host of HOSTS) {
      const policy = policyOf(host, settings);
      expect(validateIdentityPolicy(policy)).toEqual([]);
      expect(
        policy.Statement.flatMap(({ Action }) => Action).filter((action) => action.includes("*")),
      ).toEqual([]);
      const wide = policy.Statement.filter(({ Resource }) =>
        [Resource].flat().some((arn) => arn.includes("*")),
      );
      expect(wide.map(({ Sid }) => Sid)).toEqual(settings.sessionManager ? ["SessionManager"] : []);
      // IAM counts no white space. AWS documentation, "IAM and AWS STS quotas".
      expect(JSON.stringify(policy).length).toBeLessThanOrEqual(10_240);
    }
  });
});
