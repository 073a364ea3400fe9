/** The decision table of retries: what is asked again, and after how long. */
import { describe, expect, test } from "vitest";
import { backoffAfter, coldBackoffAfter, retryAfterMs } from "../../src/capture/retry.js";
import { seededRandom } from "../../src/core/random.js";
import type { Outcome } from "../../src/recording/recording.js";

const NOW = Date.parse("2026-11-21T12:00:00Z");
const SETTINGS = { attempts: 4, on: [429, "5xx", "network"] } as const;
const backoff = (
  attempt: { status?: number; outcome?: Outcome; headers?: [string, string][] },
  made = 1,
  settings: Parameters<typeof backoffAfter>[2] = SETTINGS,
) => backoffAfter({ outcome: { kind: "complete" }, ...attempt }, made, settings, seededRandom(1, "retry"), NOW);

describe("Retry-After", () => {
  test.each<[string, [string, string][], number | null]>([
    ["whole seconds", [["retry-after", "7"]], 7_000],
    ["a fraction", [["retry-after", "0.25"]], 250],
    ["a date", [["retry-after", "Sat, 21 Nov 2026 12:00:30 GMT"]], 30_000],
    ["a date that is past", [["retry-after", "Sat, 21 Nov 2026 11:00:00 GMT"]], 0],
    [
      "milliseconds, which go first",
      [
        ["retry-after", "7"],
        ["retry-after-ms", "1500"],
      ],
      1_500,
    ],
    [
      "0 ms beside seconds, which Azure sends",
      [
        ["retry-after", "1"],
        ["retry-after-ms", "0"],
      ],
      1_000,
    ],
    ["0 ms alone", [["retry-after-ms", "0"]], 0],
    ["white space", [["retry-after", " 3 "]], 3_000],
    ["a negative number", [["retry-after", "-5"]], null],
    ["words", [["retry-after", "soon"]], null],
    ["nothing", [["retry-after", ""]], null],
    ["no header", [], null],
  ])("%s", (_name, headers, expected) => {
    expect(retryAfterMs(headers, NOW)).toBe(expected);
  });

  test("is honoured on 429 and 5xx, at most for 60 s", () => {
    for (const status of [429, 500, 503, 529]) {
      expect(backoff({ status, headers: [["retry-after", "7"]] })).toEqual({ ms: 7_000, from: "retry-after" });
      expect(backoff({ status, headers: [["retry-after", "3600"]] })).toEqual({ ms: 60_000, from: "retry-after" });
    }
  });
});

describe("what is asked again", () => {
  const dropped: Outcome = { kind: "network", phase: "body", code: "ECONNRESET", message: "reset" };
  test.each<[string, Parameters<typeof backoff>[0]]>([
    ["429", { status: 429 }],
    ["500", { status: 500 }],
    ["502", { status: 502 }],
    ["529", { status: 529 }],
    ["a dropped stream, whole", { status: 200, outcome: dropped }],
    ["a timeout", { status: 200, outcome: { kind: "timeout", phase: "idle", afterMs: 5 } }],
    ["a refused connection", { outcome: { kind: "network", phase: "connect", code: "ECONNREFUSED", message: "no" } }],
  ])("%s", (_name, attempt) => {
    expect(backoff(attempt)?.from).toBe("exponential");
    expect(backoff(attempt, SETTINGS.attempts)).toBeNull();
  });

  test.each([400, 401, 402, 403, 404, 408, 409, 413, 422])("%d never, whatever Retry-After says", (status) => {
    expect(backoff({ status, headers: [["retry-after", "1"]] })).toBeNull();
  });

  test.each<[string, Parameters<typeof backoff>[0]]>([
    ["an answer", { status: 200 }],
    ["a redirect", { status: 308 }],
    ["what the plan cancelled", { status: 200, outcome: { kind: "cancelled", by: "plan" } }],
    ["what the deadline ended", { outcome: { kind: "cancelled", by: "deadline" } }],
    ["what was too long", { status: 200, outcome: { kind: "truncated", limitBytes: 5 } }],
  ])("not %s", (_name, attempt) => {
    expect(backoff(attempt)).toBeNull();
  });

  test("waits 1 s, 2 s, 4 s, and up to a quarter more", () => {
    for (const [made, base] of [
      [1, 1_000],
      [2, 2_000],
      [3, 4_000],
    ] as const) {
      const { ms = 0 } = backoff({ status: 503 }, made) ?? {};
      expect(ms).toBeGreaterThanOrEqual(base);
      expect(ms).toBeLessThanOrEqual(1.25 * base);
    }
  });

  test("a dead kept-alive socket at once, whatever the settings", () => {
    const stale: Outcome = { kind: "staleConnection", code: "ECONNRESET", message: "" };
    expect(backoff({ outcome: stale }, 1, { attempts: 1, on: [] })).toEqual({ ms: 0, from: "immediate" });
  });
});

describe("a cold endpoint", () => {
  const CAP = 600_000;
  const cold = (
    attempt: { status?: number; outcome?: Outcome; headers?: [string, string][] },
    elapsedMs = 0,
  ): number | null =>
    coldBackoffAfter({ outcome: { kind: "complete" }, ...attempt }, elapsedMs, CAP, seededRandom(1, "cold"), NOW)?.ms ??
    null;
  const network = (phase: (Outcome & { kind: "network" })["phase"], code: string): { outcome: Outcome } => ({
    outcome: { kind: "network", phase, code, message: code },
  });

  test.each([202, 408, 425, 429, 502, 503, 504, 522, 524, 529])(
    "HTTP %i is asked again, after about two seconds",
    (status) => {
      expect(cold({ status })).toBeGreaterThanOrEqual(1_750);
      expect(cold({ status })).toBeLessThanOrEqual(2_250);
    },
  );

  test.each([200, 303, 307, 400, 401, 402, 403, 404, 500, 501])("HTTP %i stands", (status) => {
    expect(cold({ status })).toBeNull();
  });

  test.each([
    ["refused", network("connect", "ECONNREFUSED"), true],
    ["a name that does not resolve yet", network("dns", "ENOTFOUND"), true],
    ["a connection reset in the handshake", network("tls", "ECONNRESET"), true],
    ["a certificate that no waiting mends", network("tls", "CERT_HAS_EXPIRED"), false],
    ["no TLS at all", network("tls", "EPROTO"), false],
    ["held, then reset before any header", network("headers", "ECONNRESET"), true],
    ["an answer that broke off", { ...network("body", "ECONNRESET"), status: 200 }, false],
    ["a 503 that broke off", { ...network("body", "ECONNRESET"), status: 503 }, true],
    ["no connection in time", { outcome: { kind: "timeout", phase: "connect", afterMs: 1 } as const }, true],
    ["no answer before the cap", { outcome: { kind: "timeout", phase: "total", afterMs: 1 } as const }, false],
    ["interrupted", { outcome: { kind: "cancelled", by: "user" } as const }, false],
  ])("%s", (_, attempt, again) => {
    expect(cold(attempt) !== null).toBe(again);
  });

  test("a Retry-After is heeded between half a second and a minute, and nothing is asked past the cap", () => {
    const asking = (value: string) => ({ status: 503, headers: [["retry-after", value]] as [string, string][] });
    expect(cold(asking("7"))).toBe(7_000);
    expect(cold(asking("0"))).toBe(500);
    expect(cold(asking("3600"))).toBe(60_000);
    expect(cold(asking("7"), CAP - 7_001)).toBe(7_000);
    expect(cold(asking("7"), CAP - 7_000)).toBeNull();
    expect(cold({ status: 504 }, CAP)).toBeNull();
  });
});
