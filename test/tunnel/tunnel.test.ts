import { describe, expect, it } from "vitest";
import { pauseBeforeRetry } from "../../tunnel/deleteRetry.ts";
import { ingressRules } from "../../tunnel/ingress.ts";

describe("ingress rules", () => {
  it("leave out what was not set: an empty originRequest would show as a change for ever", () => {
    expect(ingressRules(["a.example.com"], { service: "http://localhost:1" }, [])).toEqual([
      { hostname: "a.example.com", service: "http://localhost:1" },
      { service: "http_status:404" },
    ]);
  });

  it("carry every origin option under Cloudflare's names", () => {
    const [rule] = ingressRules(
      ["a.example.com"],
      {
        service: "https://localhost:1",
        connectTimeoutSeconds: 5,
        httpHostHeader: "h",
        originServerName: "o.example",
        noTlsVerify: false,
      },
      [],
    );
    expect(rule?.originRequest).toEqual({
      connectTimeout: 5,
      httpHostHeader: "h",
      originServerName: "o.example",
      noTlsVerify: false,
    });
  });
});

describe("deleting a tunnel that still has connections", () => {
  const refusal =
    '400 Bad Request {"success":false,"errors":[{"code":1022,"message":"This tunnel has active connections."}]}';

  it("is tried again with growing pauses, for about four minutes and no longer", () => {
    const pauses: number[] = [];
    for (let errors = [refusal]; ; errors = [refusal, ...errors]) {
      const pause = pauseBeforeRetry(errors);
      if (pause === undefined) break;
      pauses.push(pause);
    }
    expect(pauses.slice(0, 6)).toEqual([1, 2, 4, 8, 16, 30]);
    const total = pauses.reduce((sum, pause) => sum + pause, 0);
    expect(total).toBeGreaterThan(180);
    expect(total).toBeLessThan(300);
  });

  it("is not tried again for any other reason", () => {
    expect(pauseBeforeRetry(['{"errors":[{"code":1013}]}'])).toBeUndefined();
    expect(pauseBeforeRetry(["tunnel 10223 not found"])).toBeUndefined();
  });
});
