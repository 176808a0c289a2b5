/** Access keys: the deployer's own, and the temporary ones that instances get from their metadata service. */
import { randomBytes } from "node:crypto";
import { noteSecret, SecretKind } from "../canaries/secrets.ts";
import { trustsEc2 } from "./iam/policyDocument.ts";
import type { RoleRecord } from "./iam/roles.ts";
import { newTemporaryAccessKeyId } from "./ids.ts";
import { AwsError, type Caller } from "./operation.ts";
import type { AwsState } from "./state.ts";

export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

export interface InstanceCredentials extends AwsCredentials {
  sessionToken: string;
  /** They stay valid until then, also when the instance is gone. */
  expiration: Date;
}

interface Session {
  credentials: InstanceCredentials;
  instanceId: string;
  roleArn: string;
}

const LIFETIME = 6 * 3_600_000;
/** New credentials are there this long before the old ones expire. */
const RENEWED_BEFORE = 300_000;

/** The deployer's key pair, the same in every sandbox: it opens nothing outside of one. */
export const deployerCredentials: AwsCredentials = {
  accessKeyId: "AKIASANDBOXDEPLOYER1",
  secretAccessKey: "sandbox-deployer-not-a-secret",
};

export class Credentials {
  readonly #state: AwsState;
  readonly #sessions = new Map<string, Session>();

  constructor(state: AwsState) {
    this.#state = state;
  }

  deployer(): Caller {
    const { accountId } = this.#state;
    return { arn: `arn:aws:iam::${accountId}:user/deployer`, accountId };
  }

  /** Why the metadata service of an instance has no credentials; `undefined` when it has. */
  problem(instanceId: string): string | undefined {
    const role = this.#roleOf(instanceId);
    return typeof role === "string" ? role : undefined;
  }

  /** Credentials of the instance's role: the same ones until shortly before they expire or the role changes. */
  forInstance(instanceId: string): InstanceCredentials | undefined {
    const role = this.#roleOf(instanceId);
    if (typeof role === "string") return undefined;
    const now = this.#state.now().getTime();
    for (const [key, { credentials, ...session }] of this.#sessions) {
      const left = credentials.expiration.getTime() - now;
      if (left <= 0) this.#sessions.delete(key);
      const fits = session.instanceId === instanceId && session.roleArn === role.arn;
      if (fits && left > RENEWED_BEFORE) return credentials;
    }
    const credentials = {
      expiration: new Date(now + LIFETIME),
      accessKeyId: newTemporaryAccessKeyId(),
      secretAccessKey: randomBytes(30).toString("base64"),
      sessionToken: randomBytes(90).toString("base64"),
    };
    noteSecret(SecretKind.HostSession, credentials.secretAccessKey);
    noteSecret(SecretKind.HostSession, credentials.sessionToken);
    this.#sessions.set(credentials.accessKeyId, { credentials, instanceId, roleArn: role.arn });
    return credentials;
  }

  /** Who has this access key. Throws for an unknown key, a wrong token and a role that is gone. */
  resolve(
    accessKeyId: string,
    sessionToken: string | undefined,
  ): { caller: Caller; credentials: AwsCredentials } {
    if (accessKeyId === deployerCredentials.accessKeyId) {
      return { caller: this.deployer(), credentials: deployerCredentials };
    }
    const session = this.#sessions.get(accessKeyId);
    const role = this.#state.roles.find((one) => one.arn === session?.roleArn);
    if (session === undefined || role === undefined || session.credentials.sessionToken !== sessionToken) {
      throw new AwsError(
        "InvalidClientTokenId",
        "The security token included in the request is invalid.",
        403,
      );
    }
    if (session.credentials.expiration <= this.#state.now()) {
      throw new AwsError("ExpiredToken", "The security token included in the request is expired", 403);
    }
    const { accountId } = this.#state;
    const arn = `arn:aws:sts::${accountId}:assumed-role/${role.name}/${session.instanceId}`;
    return { caller: { arn, accountId, roleArn: role.arn }, credentials: session.credentials };
  }

  #roleOf(instanceId: string): RoleRecord | string {
    const instance = this.#state.instances.get(instanceId);
    if (instance === undefined || instance.state !== "running") return `instance ${instanceId} does not run`;
    if (instance.profile === undefined) return `instance ${instanceId} has no instance profile`;
    const { profileName } = instance.profile;
    const profile = this.#state.instanceProfiles.get(profileName);
    if (profile === undefined) return `instance profile ${profileName} does not exist`;
    const role = this.#state.roles.get(profile.roleName ?? "");
    if (role === undefined) return `instance profile ${profileName} has no role`;
    if (!trustsEc2(role.assumeRolePolicy)) {
      return `EC2 cannot assume the role ${role.name}: its trust policy does not name ec2.amazonaws.com`;
    }
    return role;
  }
}
