/** The one funnel through which every AWS call goes, in process or over the wire. */

/** Who makes a call. The deployer may do everything; a host acts as its instance profile's role. */
export interface Caller {
  /** `arn:aws:iam::<account>:user/deployer`, or `arn:aws:sts::<account>:assumed-role/<role>/<instance id>`. */
  arn: string;
  accountId: string;
  /** ARN of the role whose policies decide; absent for the deployer. */
  roleArn?: string;
}

/** A refusal by AWS: `code` as in AWS's error responses ("DependencyViolation"), `statusCode` of HTTP. */
export class AwsError extends Error {
  readonly code: string;
  readonly statusCode: number;

  constructor(code: string, message: string, statusCode = 400) {
    super(message);
    this.name = "AwsError";
    this.code = code;
    this.statusCode = statusCode;
  }
}

/** What a service offers: operation name ("ec2:CreateVpc") to its input and output, typed by the AWS SDK's own types. */
export type OperationTypes = Record<string, { input: object; output: object }>;

export type Handler<Input, Output> = (input: Input, caller: Caller) => Output | Promise<Output>;

export type Handlers<Types extends OperationTypes> = {
  [Name in keyof Types]: Handler<Types[Name]["input"], Types[Name]["output"]>;
};

/** Output of an SDK command without the SDK's own metadata. */
export type Result<CommandOutput> = Omit<CommandOutput, "$metadata">;

/** Input and output of an operation, taken from the SDK's command class. */
export type OperationOf<Command> = Command extends {
  readonly input: infer Input extends object;
  resolveMiddleware(...args: never[]): (...args: never[]) => Promise<{ output: infer Output }>;
}
  ? { input: Input; output: Result<Output> }
  : never;
