/** IAM documents of a host. */

export interface PolicyDocument {
  Version: "2012-10-17";
  Statement: PolicyStatement[];
}

interface PolicyStatement {
  Sid: string;
  Effect: "Allow";
  Action: string;
  Resource: string | string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

/** Lets EC2 instances, and nothing else, take the role. */
export const INSTANCE_TRUST_POLICY = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

export interface ParameterAccess {
  /** AWS region of the parameters. */
  region: string;
  /** Exactly the parameters that the host may read. */
  parameterArns: string[];
  /** Customer key that encrypts them. With the default key aws/ssm no permission is needed. */
  kmsKeyArn?: string | undefined;
}

/**
 * Read access to exactly these parameters. A customer key may be used only through SSM and only for these parameters,
 * whose ARN is the encryption context. AWS Systems Manager documentation, "How AWS Systems Manager Parameter Store uses
 * AWS KMS".
 */
export function parameterPolicy({ region, parameterArns, kmsKeyArn }: ParameterAccess): PolicyDocument {
  const read: PolicyStatement = {
    Sid: "ReadOwnParameters",
    Effect: "Allow",
    Action: "ssm:GetParameter",
    Resource: parameterArns,
  };
  if (kmsKeyArn === undefined) return { Version: "2012-10-17", Statement: [read] };
  const decrypt: PolicyStatement = {
    Sid: "DecryptOwnParameters",
    Effect: "Allow",
    Action: "kms:Decrypt",
    Resource: kmsKeyArn,
    Condition: {
      StringEquals: {
        "kms:ViaService": `ssm.${region}.amazonaws.com`,
        "kms:EncryptionContext:PARAMETER_ARN": parameterArns,
      },
    },
  };
  return { Version: "2012-10-17", Statement: [read, decrypt] };
}
