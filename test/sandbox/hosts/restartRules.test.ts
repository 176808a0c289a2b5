import { describe, expect, it } from "vitest";
import { ExitError } from "../../../sandbox/hosts/programs/program.ts";
import { repeatsTooQuickly, restartsAfter } from "../../../sandbox/hosts/restartRules.ts";
import { parseServiceUnit } from "../../../sandbox/hosts/serviceUnit.ts";

const unit = (settings: string, limits = "") =>
  parseServiceUnit("app.service", `[Unit]\n${limits}\n[Service]\nExecStart=/bin/app\n${settings}\n`);

describe("a service", () => {
  it.each([
    ["always", true, true],
    ["on-failure", false, true],
    ["on-success", true, false],
    ["no", false, false],
  ])("with Restart=%s is started again after a good end: %s, after a failure: %s", (restart, good, failed) => {
    const service = unit(`Restart=${restart}`);
    expect(restartsAfter(service, undefined)).toBe(good);
    expect(restartsAfter(service, new ExitError("status 1"))).toBe(failed);
  });

  it("is given up after too many starts in its interval, and never without one", () => {
    const limited = unit("", "StartLimitIntervalSec=60\nStartLimitBurst=3");
    expect(repeatsTooQuickly(limited, [0, 10])).toBe(false);
    expect(repeatsTooQuickly(limited, [0, 10, 59])).toBe(true);
    expect(repeatsTooQuickly(limited, [0, 10, 60])).toBe(false);
    const unlimited = unit("", "StartLimitIntervalSec=0\nStartLimitBurst=3");
    expect(repeatsTooQuickly(unlimited, [0, 0, 0, 0])).toBe(false);
  });
});
