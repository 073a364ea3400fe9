import { describe, expect, it } from "vitest";
import { type CapacitySettings, parseCapacity } from "../../src/config/capacity-file.js";

const TIER = "tiers: [{ name: a, pricePerHour: 1 }]";
const read = (text: string): CapacitySettings => parseCapacity(text, "/plans");
const demandOf = (demand: string): CapacitySettings["demand"] => read(`${TIER}\ndemand: ${demand}`).demand;
const day = (rate: number): string => `[${Array(24).fill(rate).join(", ")}]`;

describe("capacity.yaml", () => {
  it("reads a tier, with paths from where the file stands and durations in ms", () => {
    const { tiers } = read(`
tiers:
  - name: dual H100
    gpu: H100
    gpus: 2
    sweep: ../results/one
    endpoint: candidate
    pricePerHour: 6.5
    wake: { time: 8m, idleTail: 15m, paid: false }
    maxReplicas: 16
demand: { requestsPerSecond: 2.5 }`);
    expect(tiers).toEqual([
      {
        name: "dual H100",
        label: "dual H100",
        gpu: "H100",
        gpus: 2,
        sweep: "/results/one",
        endpoint: "candidate",
        sweptReplicas: 1,
        price: { kind: "hour", perHour: 6.5 },
        wake: { timeMs: 480_000, idleTailMs: 900_000, paid: false },
        maxReplicas: 16,
        place: "capacity.yaml:3:5",
      },
    ]);
  });

  it("has defaults, and knows which it took", () => {
    expect(demandOf("{ requestsPerSecond: 2.5, headroom: 10% }")).toEqual({
      weekday: Array(24).fill(2.5),
      weekend: null,
      inputTokens: null,
      outputTokens: null,
      cachedShare: null,
      growth: 0,
      headroom: 0.1,
      spare: 1,
      peakToMean: 1,
      kneeShare: 0.8,
      mayWait: null,
      defaults: ["growth", "spare", "peakToMean", "kneeShare"],
    });
  });

  it("turns requests an hour into requests a second, weekends apart", () => {
    const { weekday, weekend } = demandOf(`{ requestsPerHour: { weekday: ${day(7200)}, weekend: ${day(0)} } }`);
    expect([weekday, weekend]).toEqual([Array(24).fill(2), Array(24).fill(0)]);
  });

  it("scales a shape so that its highest hour is the peak", () => {
    const shape = `[${[1, 2, 4, ...Array(21).fill(0)].join(", ")}]`;
    expect(demandOf(`{ requestsPerSecond: { peak: 42, shape: ${shape} } }`).weekday.slice(0, 4)).toEqual([
      10.5, 21, 42, 0,
    ]);
  });

  it.each([
    ["30%", 0.3],
    ["0.3", 0.3],
    ["150 %", 1.5],
    ["1", 1],
  ])("reads growth of %s as %d", (text, share) => {
    expect(demandOf(`{ requestsPerSecond: 1, growth: ${text} }`).growth).toBe(share);
  });

  it.each([
    ["growth: 30", 'capacity.yaml:2:41: "demand.growth" is 30; expected a share such as 20% or 0.2'],
    ["cachedShare: 120%", "expected a share of 100% or less"],
    ["hedroom: 20%", 'unknown key "hedroom" in "demand"; did you mean "headroom"?'],
    ["requestsPerHour: [1, 2]", "either requestsPerSecond or requestsPerHour"],
    ["growth: 20000%", "expected a share of 10000% or less"],
    ["outputTokens: 1e-9", "expected a number of at least 0.01"],
    ["inputTokens: .inf", '"demand.inputTokens" is Infinity'],
    ["peakToMean: 0.5", "expected a number of at least 1"],
  ])("refuses a demand with %s", (more, message) => {
    expect(() => demandOf(`{ requestsPerSecond: 1, ${more} }`)).toThrow(message);
  });

  it("refuses a day that has not 24 hours, or nothing to do", () => {
    expect(() => demandOf("{ requestsPerHour: [1, 2] }")).toThrow(
      'capacity.yaml:2:28: "demand.requestsPerHour" is [1,2]; expected 24 numbers, one for each hour from midnight, with at least one above 0',
    );
    expect(() => demandOf(`{ requestsPerHour: ${day(0)} }`)).toThrow("at least one above 0");
    expect(() => demandOf(`{ requestsPerHour: { weekday: ${day(0)}, weekend: ${day(0)} } }`)).toThrow(
      "at least one above 0",
    );
    expect(demandOf(`{ requestsPerHour: { weekday: ${day(0)}, weekend: ${day(3_600)} } }`).weekend?.[5]).toBe(1);
    expect(() => demandOf("{ requestsPerSecond: 1e308 }")).toThrow('"demand.requestsPerSecond" is 1e+308; expected');
    expect(() => demandOf("{ headroom: 20% }")).toThrow("either requestsPerSecond or requestsPerHour");
  });

  it.each([
    ["{ name: a, pricePerHour: 1, pricePerMTok: { input: 1, output: 1 } }", "either pricePerHour or pricePerMTok"],
    ["{ name: a, pricePerMTok: { input: 1, output: 1 }, maxReplicas: 2 }", "no replicas of yours"],
    ["{ name: a, pricePerMTok: { input: 1, output: 1 }, sweptReplicas: 2 }", "no replicas of yours"],
    ["{ name: a, pricePerHour: 1, wake: { idleTail: 15m } }", "either time or report"],
    ["{ name: a, pricePerHour: 1, wake: { time: 5m } }", 'idleTail" is missing; expected a duration such as 500ms'],
    ["{ name: a, pricePerHour: 1, wake: { time: 13h, idleTail: 15m } }", "a duration of 12h or less"],
    ["{ name: a, pricePerHuor: 1 }", 'did you mean "pricePerHour"?'],
  ])("refuses the tier %s", (tier, message) => {
    expect(() => read(`tiers: [${tier}]\ndemand: { requestsPerSecond: 1 }`)).toThrow(message);
  });

  it("refuses two tiers of one name, at the second", () => {
    const text = "tiers: [{ name: a }, { name: a }]\ndemand: { requestsPerSecond: 1 }";
    expect(() => read(text)).toThrow('capacity.yaml:1:30: two tiers are called "a"; give each a name of its own');
  });
});
