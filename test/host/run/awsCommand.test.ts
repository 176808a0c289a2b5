import { describe, expect, it } from "vitest";
import { hasThrowAwayRoots } from "./available.ts";
import { BootedHost } from "./bootedHost.ts";
import { BUCKET_PARAMETER, REPORT_PARAMETER, TOKEN_PARAMETER } from "./tenant.ts";
import type { Run } from "./throwAwayRoot.ts";

/** The two hosts' parameters were not made at the same moment. */
const withoutTimes = ({ exitCode, output }: Run) => ({
  exitCode,
  output: output.replaceAll(/\d{4}-\d\d-\d\dT[\d:]{8}(\.\d{6})?\+00:00/g, "a time"),
});

/** Hides the secrets from the test's own search for them, and keeps every byte. */
const asDigest = "| sha256sum";

describe.runIf(hasThrowAwayRoots())("the stand-in for the AWS command line", () => {
  it("prints the same bytes as the real one for the commands of the scripts, and fails alike", async () => {
    const [real, standIn] = [await BootedHost.create({ hasRealAws: true }), await BootedHost.create()];
    const query = "Parameters[].[Name, Version, LastModifiedDate, Type=='String' && Value || '-']";
    const names = `--names ${TOKEN_PARAMETER} ${BUCKET_PARAMETER} ${REPORT_PARAMETER}`;
    const get = (name: string) =>
      `aws ssm get-parameter --with-decryption --name ${name} --output text --query Parameter.Value`;
    const report = '{"instanceId":"i-1","keyGeneration":1}';
    const commands = [
      `aws ssm get-parameters ${names} --output text --query "${query}"`,
      `${get(`${TOKEN_PARAMETER}:1`)} ${asDigest}`,
      `${get(`${BUCKET_PARAMETER}:1`)} ${asDigest}`,
      `aws ssm put-parameter --name ${REPORT_PARAMETER} --overwrite --value '${report}' --output text`,
      `${get(`${TOKEN_PARAMETER}:9`)} 2>/dev/null; echo "$?"`,
      `${get("/tenant-edge/prod/other/tunnel-token")} 2>/dev/null; echo "$?"`,
    ];
    for (const command of commands) {
      expect(withoutTimes(await standIn.run(command)), command).toEqual(
        withoutTimes(await real.run(command)),
      );
    }
    expect(standIn.parameters.calls).toEqual(real.parameters.calls);
  });
});
