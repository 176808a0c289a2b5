import { Parameter } from "@pulumi/aws/ssm/parameter.js";
import { ParameterType } from "@pulumi/aws/types/enums/ssm/index.js";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  type Output,
  output,
  secret,
} from "@pulumi/pulumi";
import { environmentFile, type S3Credentials } from "../bucket/credentials.ts";
import { BUCKET_ENVIRONMENT_PARAMETER, TUNNEL_TOKEN_PARAMETER } from "../host/parameters.ts";
import { creationHooks } from "./creationHooks.ts";
import { derived } from "./derived.ts";
import { Parts } from "./parts.ts";

export interface TenantSecretsArgs {
  /** SSM path of the tenant: begins with a slash, ends without one. */
  parameterPath: string;
  /** The connector token. */
  connectorToken: Input<string>;
  /** The bucket's S3 credentials, kept as an environment file. Default: none, and no parameter for them. */
  bucketCredentials?: Input<S3Credentials> | undefined;
  /** ARN of the KMS key that encrypts the parameters. Default: the account's key aws/ssm, which costs nothing. */
  kmsKeyArn?: Input<string> | undefined;
  /** Tags of the parameters. Default: none. */
  tags?: Record<string, Input<string>> | undefined;
}

/** The inner resources of `TenantSecrets`. */
export interface TenantSecretsNodes {
  tunnelToken: Parameter;
  bucketEnvironment: Parameter | undefined;
}

/**
 * A tenant's secrets as SSM SecureString parameters under one path. Standard parameters, which cost nothing; one value
 * has at most 4 KB. A name that exists already is refused, never overwritten.
 */
export class TenantSecrets extends ComponentResource {
  static readonly #parts = new Parts<TenantSecrets, TenantSecretsNodes>();

  /** ARNs of exactly the tenant's parameters, for its host's policy. */
  readonly parameterArns: Output<string>[];
  readonly parameterNames: Output<string>[];

  constructor(name: string, args: TenantSecretsArgs, opts?: ComponentResourceOptions) {
    super("tenant-edge:index:TenantSecrets", name, {}, opts);
    const { bucketCredentials } = args;

    const tunnelToken = this.#createParameter(name, args, TUNNEL_TOKEN_PARAMETER, args.connectorToken);
    const bucketEnvironment =
      bucketCredentials === undefined
        ? undefined
        : this.#createParameter(
            name,
            args,
            BUCKET_ENVIRONMENT_PARAMETER,
            derived(output(bucketCredentials), environmentFile),
          );

    TenantSecrets.#parts.set(this, { tunnelToken, bucketEnvironment });
    const parameters = bucketEnvironment === undefined ? [tunnelToken] : [tunnelToken, bucketEnvironment];
    this.parameterArns = parameters.map(({ arn }) => arn);
    this.parameterNames = parameters.map((parameter) => parameter.name);
    this.registerOutputs({ parameterNames: this.parameterNames });
  }

  get nodes(): TenantSecretsNodes {
    return TenantSecrets.#parts.get(this);
  }

  #createParameter(name: string, args: TenantSecretsArgs, key: string, value: Input<string>): Parameter {
    return new Parameter(
      `${name}-${key}`,
      {
        name: `${args.parameterPath}/${key}`,
        type: ParameterType.SecureString,
        tier: "Standard",
        value: secret(value),
        keyId: args.kmsKeyArn,
        tags: args.tags ?? {},
      },
      { parent: this, hooks: { onError: [creationHooks().failed] } },
    );
  }
}
