import { describe, expect, it } from "vitest";
import { EmulatedClouds, until } from "./emulatedClouds.ts";

/** A host whose timer runs a script every minute. Resolves when the script has said the word. */
async function untilSaid(word: string, script: string): Promise<void> {
  const clouds = await EmulatedClouds.start();
  const unit = (name: string, content: string) => ({ path: `/etc/systemd/system/${name}`, content });
  const userData = `#cloud-config\n${JSON.stringify({
    write_files: [
      { path: "/root/run", permissions: "0755", content: `#!/bin/bash\n${script}\n` },
      unit("a.service", "[Service]\nType=oneshot\nExecStart=/root/run\n"),
      unit("a.timer", "[Timer]\nOnActiveSec=60\nOnUnitInactiveSec=60\n"),
    ],
    runcmd: ["date +%s >/root/start", "systemctl start a.timer"],
  })}`;
  const { instanceId } = await clouds.boot({ userData });
  await until(() => clouds.report(instanceId).log.includes(`a.service: ${word}`));
}

/** Resolves when the timer was set anew so many times. */
async function untilElapsed(clouds: EmulatedClouds, instanceId: string, times: number): Promise<void> {
  let last = 0;
  let count = 0;
  await until(() => {
    const [timer] = clouds.report(instanceId).timers;
    const next = timer?.nextSeconds ?? last;
    if (next > last) count += 1;
    last = next;
    return count > times;
  });
}

describe("a timer", () => {
  it("runs a script that changes something in silence each time", () =>
    untilSaid("three", "echo x >>/root/count; if [[ $(wc -l </root/count) -ge 3 ]]; then echo three; fi"));

  it("runs a script that looks at the time each time", () =>
    untilSaid("late", "if [[ $(date +%s) -gt $(($(cat /root/start) + 400)) ]]; then echo late; fi"));

  it("asks SSM nothing as long as the host and its parameters are what they were", async () => {
    const clouds = await EmulatedClouds.start({ millisecondsPerSecond: 2 });
    await clouds.tenantParts();
    const { instanceId } = await clouds.boot();
    await untilElapsed(clouds, instanceId, 3);
    const mark = clouds.aws.calls.mark();
    await untilElapsed(clouds, instanceId, 3);
    expect(clouds.aws.calls.since(mark)).toEqual([]);

    await clouds.publishKey(2);
    await clouds.hosts.settled();
    expect(clouds.report(instanceId).reported?.bucketEnvironment).toBe(2);
  });
});
