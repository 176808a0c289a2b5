/** IAM documents of a host. */

export interface PolicyDocument {
  Version: "2012-10-17";
  Statement: PolicyStatement[];
}

interface PolicyStatement {
  Sid: string;
  Effect: "Allow";
  Action: string | string[];
  Resource: string | string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

/** Lets EC2 instances, and nothing else, take the role. */
export const INSTANCE_TRUST_POLICY = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

export interface HostAccess {
  /** AWS region of the parameters. */
  region: string;
  /** Exactly the secret parameters that the host may read. */
  secretArns: string[];
  /** The parameter that the host reports to: it may read and write this one and no other. */
  reportArn: string;
  /** Customer key that encrypts the secrets. With the default key aws/ssm no permission is needed. */
  kmsKeyArn?: string | undefined;
  /** True: AWS Systems Manager may open sessions. */
  sessionManager: boolean;
}

/**
 * What the agent of AWS Systems Manager needs for a session and nothing more. AWS's managed policy for it,
 * AmazonSSMManagedInstanceCore, would let the host read every parameter of the account. These actions know no
 * resources. AWS Systems Manager documentation, "Add Session Manager permissions to an existing IAM role".
 */
const SESSION_MANAGER: PolicyStatement = {
  Sid: "SessionManager",
  Effect: "Allow",
  Action: [
    "ssm:UpdateInstanceInformation",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
  ],
  Resource: "*",
};

/**
 * A customer key may be used only through SSM and only for these parameters, whose ARN is the encryption context.
 * AWS Systems Manager documentation, "How AWS Systems Manager Parameter Store uses AWS KMS".
 */
function decryption(region: string, kmsKeyArn: string, secretArns: string[]): PolicyStatement {
  return {
    Sid: "DecryptOwnSecrets",
    Effect: "Allow",
    Action: "kms:Decrypt",
    Resource: kmsKeyArn,
    Condition: {
      StringEquals: {
        "kms:ViaService": `ssm.${region}.amazonaws.com`,
        "kms:EncryptionContext:PARAMETER_ARN": secretArns,
      },
    },
  };
}

/** Reading exactly its own parameters, and writing its own report. */
export function hostPolicy(access: HostAccess): PolicyDocument {
  const { region, secretArns, reportArn, kmsKeyArn, sessionManager } = access;
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "ReadOwnParameters",
        Effect: "Allow",
        Action: ["ssm:GetParameter", "ssm:GetParameters"],
        Resource: [...secretArns, reportArn],
      },
      { Sid: "WriteOwnReport", Effect: "Allow", Action: "ssm:PutParameter", Resource: reportArn },
      ...(kmsKeyArn === undefined ? [] : [decryption(region, kmsKeyArn, secretArns)]),
      ...(sessionManager ? [SESSION_MANAGER] : []),
    ],
  };
}
