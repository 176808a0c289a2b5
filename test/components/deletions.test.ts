/** What the hooks before deletions decide, on a virtual clock and with the clouds' answers given. */
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { ConnectorLooks } from "../../components/connectorLooks.ts";
import { beforeHostDelete, type LiveHost } from "../../components/hostReplacement.ts";
import { beforeKeyDelete, type LiveKeys, splitKeyUrn } from "../../components/keyRevocation.ts";
import type { HostReport } from "../../host/hostReport.ts";

const OLD = "i-00000000000000001";
const NEW = "i-00000000000000002";
const CONNECTOR = "11111111-1111-4111-8111-111111111111";
const SECOND = 1000;

let time: number;
let told: string[];

const clock = {
  now: () => time,
  async pause(milliseconds: number) {
    time += milliseconds;
  },
  async tell(text: string) {
    told.push(text);
  },
};

beforeEach(() => {
  time = 0;
  told = [];
});

function report(changes: Partial<HostReport> = {}): HostReport {
  return {
    instanceId: NEW,
    connectorId: CONNECTOR,
    cloudflared: "2026.10.0",
    tunnelToken: 1,
    bucketEnvironment: 1,
    keyGeneration: 1,
    ...changes,
  };
}

/** @param reportAt what the parameter has at a time. */
function liveHost(
  reportAt: (now: number) => HostReport | undefined,
  changes: Partial<LiveHost> = {},
): LiveHost {
  return {
    name: "acme",
    reportParameter: "/acme/host-report",
    timeoutSeconds: 900,
    instanceId: NEW,
    going: false,
    readReport: async () => reportAt(time),
    looks: () => undefined,
    ...changes,
  };
}

/** Cloudflare's list of connectors at a time, and the times at which it was asked. */
function cloudflare(connectorsAt: (now: number) => string[]): { looks: ConnectorLooks; asked: number[] } {
  const asked: number[] = [];
  const looks = new ConnectorLooks(async () => {
    asked.push(time);
    return connectorsAt(time);
  }, clock.now);
  return { looks, asked };
}

const del = (host: LiveHost | undefined, id = OLD, isPreview = false) =>
  beforeHostDelete(host, id, isPreview, clock);

describe("a replaced host", () => {
  it("goes when the new one reports its connector and Cloudflare counts it", async () => {
    const { looks, asked } = cloudflare((now) => (now >= 95 * SECOND ? [CONNECTOR] : []));
    await del(liveHost((now) => (now < 90 * SECOND ? undefined : report()), { looks: () => looks }));
    expect(time).toBeGreaterThanOrEqual(95 * SECOND);
    expect(time).toBeLessThan(115 * SECOND);
    expect(asked.length).toBeLessThanOrEqual(4);
    expect(told.length).toBeLessThanOrEqual(5);
    expect(told[0]).toBe(
      `acme: ${OLD} stays until the new host ${NEW} is connected: there is no report of any host yet`,
    );
  });

  it.each<[string, HostReport | undefined, string]>([
    ["no host has reported", undefined, "there is no report of any host yet"],
    ["only the old one reports", report({ instanceId: OLD }), `the last report is from ${OLD}`],
    ["the new one has no connection", report({ connectorId: "" }), "its connector is not connected"],
  ])("stays when %s in time, and Cloudflare is not asked", async (_, last, missing) => {
    const { looks, asked } = cloudflare(() => [CONNECTOR]);
    const waiting = del(liveHost(() => last, { looks: () => looks }));
    await expect(waiting).rejects.toThrow(`acme: the new host ${NEW} was not seen connected in `);
    await expect(waiting).rejects.toThrow(missing);
    await expect(waiting).rejects.toThrow(`The old host ${OLD} was not terminated and still serves`);
    await expect(waiting).rejects.toThrow("The next `pulumi up` waits again and goes on");
    expect(time).toBeGreaterThan(890 * SECOND);
    expect(time).toBeLessThanOrEqual(900 * SECOND);
    expect(asked).toEqual([]);
  });

  it("stays when Cloudflare never counts the new one, after at most six calls for all replicas", async () => {
    const { looks, asked } = cloudflare(() => []);
    const hosts = [1, 2, 3, 4].map((replica) =>
      liveHost(() => report({ connectorId: `connector-${replica}` }), { looks: () => looks }),
    );
    const results = await Promise.allSettled(hosts.map((host) => del(host)));
    expect(results.map(({ status }) => status)).toEqual(Array(4).fill("rejected"));
    expect(String(results.map((result) => (result.status === "rejected" ? result.reason : "")))).toMatch(
      /in 3\d\d s: Cloudflare does not count its connector connector-1 as connected, and was asked 6 times/,
    );
    expect(asked.length).toBeLessThanOrEqual(6);
  });

  it("goes when its successor is there, however late the other replicas' are", async () => {
    vi.useFakeTimers();
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const begin = Date.now();
    const seconds = () => (Date.now() - begin) / SECOND;
    const shared = {
      now: () => Date.now(),
      pause: (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds)),
      tell: async () => {},
    };
    const connectedAt = new Map([20, 60, 120, 150, 500].map((at, index) => [`connector-${index}`, at]));
    let calls = 0;
    const looks = new ConnectorLooks(async () => {
      calls += 1;
      return [...connectedAt].flatMap(([id, at]) => (seconds() >= at + 10 ? [id] : []));
    }, shared.now);
    const waiting = [...connectedAt].map(async ([connectorId, at]) => {
      const last = () => (seconds() >= at ? report({ connectorId }) : undefined);
      await beforeHostDelete(liveHost(last, { looks: () => looks }), OLD, false, shared);
      return seconds() - at;
    });
    await vi.runAllTimersAsync();
    for (const late of await Promise.all(waiting)) expect(late).toBeLessThan(200);
    expect(calls).toBeLessThanOrEqual(6);
  });

  it("goes although it reports over the new one's report, which is seen only now and then", async () => {
    const { looks, asked } = cloudflare((now) => (now >= 60 * SECOND ? [CONNECTOR] : []));
    const both = (now: number) => (now === 500 ? report() : report({ instanceId: OLD, connectorId: "old" }));
    await del(liveHost(both, { looks: () => looks }));
    expect(time).toBeLessThan(140 * SECOND);
    expect(asked.length).toBeLessThanOrEqual(6);
  });

  it("is not kept by an answer that failed once, of AWS or of Cloudflare", async () => {
    const { looks } = cloudflare((now) => {
      if (now < 20 * SECOND) throw new Error("500");
      return [CONNECTOR];
    });
    await del(
      liveHost(
        (now) => {
          if (now < 10 * SECOND) throw new Error("ThrottlingException");
          return report();
        },
        { looks: () => looks },
      ),
    );
    expect(time).toBeGreaterThanOrEqual(20 * SECOND);
  });

  it("says why when the reports cannot be read at all", async () => {
    const host = liveHost(() => {
      throw new Error("AccessDeniedException: ssm:GetParameter");
    });
    await expect(del(host)).rejects.toThrow("AccessDeniedException: ssm:GetParameter");
  });
});

describe("nothing is waited for", () => {
  const never = () => undefined;

  it.each<[string, LiveHost | undefined, string, boolean]>([
    ["by a host that the program no longer has", undefined, OLD, false],
    ["by the current host in a destroy", liveHost(never), NEW, false],
    ["in a preview", liveHost(never), OLD, true],
    [
      "when the old host must go before the new one is made",
      liveHost(never, { instanceId: undefined }),
      OLD,
      false,
    ],
    ["with a timeout of 0", liveHost(never, { timeoutSeconds: 0 }), OLD, false],
  ])("%s", async (_, host, id, isPreview) => {
    await del(host, id, isPreview);
    expect(time).toBe(0);
    expect(told).toEqual([]);
  });

  it("any more when the new host goes itself, as in a destroy after a replacement that failed", async () => {
    const host = liveHost(never);
    const waiting = del(host);
    await del(host, NEW);
    await waiting;
    expect(time).toBeLessThan(10 * SECOND);
    told = [];
    await del(host);
    expect(told).toEqual([]);
  });
});

const URN =
  "urn:pulumi:staging::tenant-edge::tenant-edge:index:TenantBucket$cloudflare:index/accountToken:AccountToken::acme-key-";

describe("a generation of a bucket's key", () => {
  const drop = (
    last: HostReport | undefined,
    {
      generations = [2],
      hosts = [],
      pause = clock.pause,
    }: { generations?: number[]; hosts?: LiveHost[]; pause?: typeof clock.pause } = {},
  ) => {
    const live: LiveKeys = {
      name: "acme",
      generations,
      reportParameters: ["/acme/host-report"],
      readReport: async () => last,
    };
    return beforeKeyDelete(new Map([[URN, live]]), hosts, `${URN}1`, false, { ...clock, pause });
  };

  it("is kept while a host is seen to run with it", async () => {
    const refused = drop(report({ instanceId: OLD }));
    await expect(refused).rejects.toThrow(
      `acme: generation 1 of the bucket's key was not deleted: by its last report, ${OLD} still runs with it.`,
    );
    await expect(refused).rejects.toThrow(
      "Keep 1 in bucket.keyGenerations, before the current one, until every host reports keyGeneration 2",
    );
    await expect(refused).rejects.toThrow(/aws ssm get-parameter .* --name \/acme\/host-report/);
  });

  it.each([
    ["when the hosts run with another one", report({ keyGeneration: 2 })],
    ["when no host has reported", undefined],
  ])("goes %s", async (_, last) => {
    await expect(drop(last)).resolves.toBeUndefined();
    expect(time).toBe(0);
  });

  it("goes with its bucket, and without a look at the hosts", async () => {
    await expect(drop(report(), { generations: [1, 2] })).resolves.toBeUndefined();
    await expect(beforeKeyDelete(new Map(), [], `${URN}1`, false, clock)).resolves.toBeUndefined();
  });

  it("goes with the host that runs with it, of which the engine may tell a moment later", async () => {
    const host = liveHost(() => undefined);
    const pause = async (milliseconds: number) => {
      await clock.pause(milliseconds);
      if (time >= SECOND) await del(host, NEW);
    };
    await expect(drop(report(), { hosts: [host], pause })).resolves.toBeUndefined();
    expect(time).toBe(SECOND);
  });

  it("stays with a host that stays", async () => {
    await expect(drop(report(), { hosts: [liveHost(() => undefined)] })).rejects.toThrow("generation 1");
    expect(time).toBeLessThanOrEqual(5 * SECOND);
  });

  it("is shown as going by a preview that may not look, and stays in an update that may not", async () => {
    const live: LiveKeys = {
      name: "acme",
      generations: [2],
      reportParameters: ["/acme/host-report"],
      readReport: async () => {
        throw new Error("AccessDeniedException");
      },
    };
    const dropping = (isPreview: boolean) =>
      beforeKeyDelete(new Map([[URN, live]]), [], `${URN}1`, isPreview, clock);
    await expect(dropping(true)).resolves.toBeUndefined();
    expect(told).toEqual([
      expect.stringMatching(/^acme: whether a host runs with generation 1 .*AccessDeniedException/),
    ]);
    await expect(dropping(false)).rejects.toThrow("AccessDeniedException");
  });

  it("is the number at the end of its token's name", () => {
    expect(splitKeyUrn(`${URN}12`)).toEqual({ bucket: URN, generation: 12 });
  });
});
