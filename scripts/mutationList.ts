/** Mistakes that the tests have to notice, one each. */

export interface Mutation {
  /** What somebody might do by mistake. */
  name: string;
  /** Path from the repository's root. */
  file: string;
  /** Stands there exactly once. */
  found: string;
  replacement: string;
  guards: Guards;
}

/** The tests that notice it. */
export interface Guards {
  /** Paths of test files. */
  files: readonly string[];
  /** Regular expression for the tests' names. */
  names: string;
}

const SCRIPTS_FOLDER = "host/files/";

/** True for a script that has to be packed anew before a host has it. */
export function isPacked({ file }: Mutation): boolean {
  return file.startsWith(SCRIPTS_FOLDER);
}

const ISOLATION = { files: ["test/host/isolation.test.ts"], names: "another replica" };

export const MUTATIONS: readonly Mutation[] = [
  {
    name: "unit: the connector has no credential with its token",
    file: "host/systemd.ts",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of the file
    found: "LoadCredential=token:${TOKEN_FILE}\n",
    replacement: "",
    guards: { files: ["test/host/userData.test.ts"], names: "token from a credential" },
  },
  {
    name: "unit: a setting of the connector is misspelled",
    file: "host/systemd.ts",
    found: "PrivateDevices=yes\nPrivateTmp=yes\n",
    replacement: "PrivateDevices=yes\nPrivateTemp=yes\n",
    guards: { files: ["test/host/units.test.ts"], names: "finds nothing wrong with the units" },
  },
  {
    name: "schema: 20 KB of cloud-config are accepted",
    file: "config/hostRules.ts",
    found: "if (bytes <= USER_DATA_BUDGET) return [];",
    replacement: "if (bytes <= 3 * USER_DATA_BUDGET) return [];",
    guards: { files: ["test/host/size.test.ts"], names: "is refused" },
  },
  {
    name: "schema: unknown keys of a host are ignored",
    file: "config/hostSchema.ts",
    found: "export const tenantHostSchema = z.strictObject({",
    replacement: "export const tenantHostSchema = z.object({",
    guards: { files: ["test/host/hostSettings.test.ts"], names: "unknown key" },
  },
  {
    name: "policy: a host may read every parameter",
    file: "host/policy.ts",
    found: "Resource: [...secretArns, reportArn],",
    replacement: 'Resource: "*",',
    guards: ISOLATION,
  },
  {
    name: "policy: a host may write the reports of other replicas",
    file: "host/policy.ts",
    found: 'Action: "ssm:PutParameter", Resource: reportArn }',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of the file
    replacement: 'Action: "ssm:PutParameter", Resource: `${reportArn}*` }',
    guards: ISOLATION,
  },
  {
    name: "scripts: the checksum of cloudflared is not checked",
    file: "host/files/install-cloudflared.sh",
    found: "| sha256sum --check --status ||",
    // Not `true`: it may be gone before it is written to, and then the check still fails.
    replacement: "| cat >/dev/null ||",
    guards: { files: ["test/host/run/boot.test.ts"], names: "another checksum" },
  },
  {
    name: "scripts: a secret is printed",
    file: "host/files/fetch-secrets.sh",
    found: 'say "$1: fetched version $2"',
    replacement: 'say "$1: fetched version $2: $(cat "$secrets/$4")"',
    guards: { files: ["test/host/run/boot.test.ts"], names: "the first boot" },
  },
];
