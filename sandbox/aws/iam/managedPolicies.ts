/** AWS managed policies that can be attached here. Any other is refused as one that does not exist. */

interface PolicyStatement {
  Effect: "Allow" | "Deny";
  Action: string[];
  Resource: string;
}

export interface ManagedPolicy {
  Version: "2012-10-17";
  Statement: PolicyStatement[];
}

function allowing(...Action: string[]): ManagedPolicy {
  return { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource: "*" }] };
}

const PREFIX = "arn:aws:iam::aws:policy/";

const policies: Record<string, ManagedPolicy> = {
  // Session Manager. It also reads every parameter of the account.
  AmazonSSMManagedInstanceCore: allowing(
    "ssm:DescribeAssociation",
    "ssm:GetDeployablePatchSnapshotForInstance",
    "ssm:GetDocument",
    "ssm:DescribeDocument",
    "ssm:GetManifest",
    "ssm:GetParameter",
    "ssm:GetParameters",
    "ssm:ListAssociations",
    "ssm:ListInstanceAssociations",
    "ssm:PutInventory",
    "ssm:PutComplianceItems",
    "ssm:PutConfigurePackageResult",
    "ssm:UpdateAssociationStatus",
    "ssm:UpdateInstanceAssociationStatus",
    "ssm:UpdateInstanceInformation",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
    "ec2messages:AcknowledgeMessage",
    "ec2messages:DeleteMessage",
    "ec2messages:FailMessage",
    "ec2messages:GetEndpoint",
    "ec2messages:GetMessages",
    "ec2messages:SendReply",
  ),
  CloudWatchAgentServerPolicy: {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Action: [
          "cloudwatch:PutMetricData",
          "ec2:DescribeVolumes",
          "ec2:DescribeTags",
          "logs:PutLogEvents",
          "logs:PutRetentionPolicy",
          "logs:DescribeLogStreams",
          "logs:DescribeLogGroups",
          "logs:CreateLogStream",
          "logs:CreateLogGroup",
          "xray:PutTraceSegments",
          "xray:PutTelemetryRecords",
          "xray:GetSamplingRules",
          "xray:GetSamplingTargets",
          "xray:GetSamplingStatisticSummaries",
        ],
        Resource: "*",
      },
      {
        Effect: "Allow",
        Action: ["ssm:GetParameter"],
        Resource: "arn:aws:ssm:*:*:parameter/AmazonCloudWatch-*",
      },
    ],
  },
  AmazonEC2ContainerRegistryReadOnly: allowing(
    "ecr:GetAuthorizationToken",
    "ecr:BatchCheckLayerAvailability",
    "ecr:GetDownloadUrlForLayer",
    "ecr:GetRepositoryPolicy",
    "ecr:DescribeRepositories",
    "ecr:ListImages",
    "ecr:DescribeImages",
    "ecr:BatchGetImage",
    "ecr:GetLifecyclePolicy",
    "ecr:GetLifecyclePolicyPreview",
    "ecr:ListTagsForResource",
    "ecr:DescribeImageScanFindings",
  ),
};

/** The document of an AWS managed policy; `undefined` for one that does not exist here. */
export function managedPolicy(arn: string): ManagedPolicy | undefined {
  return arn.startsWith(PREFIX) ? policies[arn.slice(PREFIX.length)] : undefined;
}
