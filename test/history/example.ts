/** The examples of docs/nights.md: seventeen nights with a step at the end, and two runs of which one lost a case. */
import { seededRandom } from "../../src/core/random.js";
import type { Night } from "../../src/history/night.js";
import { trendOf } from "../../src/history/trend.js";
import { renderTrendTerminal } from "../../src/report/trend-terminal.js";
import { night } from "./nights.js";

const random = seededRandom(20_260_117, "nights of the documentation");
const near = (spread: number, center = 1): number => center * Math.exp(spread * random.normal());

function exampleNight(index: number): Night {
  const slow = index >= 15 ? 1.16 : 1;
  const ratios = {
    ttft: near(0.03, 0.9 * slow),
    ttfa: near(0.03, 0.92 * slow),
    e2e: near(0.015, 0.97),
    stall: near(0.06, 1.05),
    char_rate: near(0.01, 1.02),
    decode_rate: near(0.01, 1.01),
  };
  const plain = night(index, {
    ratios,
    errors: { baseline: random.int(3), candidate: random.int(3) },
    models: { baseline: "gpt-4o-2024-11-20", candidate: index >= 9 ? "gpt-oss-120b-r2" : "gpt-oss-120b-r1" },
  });
  return {
    ...plain,
    verdict: index === 6 ? "inconclusive" : "pass",
    endpoints: {
      baseline: { ...plain.endpoints.baseline, baseUrl: "https://api.openai.com/v1", models: { default: "gpt-4o" } },
      candidate: {
        ...plain.endpoints.candidate,
        baseUrl: "https://inference.example/v1",
        models: { default: "gpt-oss-120b" },
      },
    },
    cold: {
      baseline: [],
      candidate: index % 4 === 0 ? [{ wakeMs: near(0.1, 262_000), verdict: "cold", attempts: 12 }] : [],
    },
    cost: { baseline: near(0.01, 1.31), candidate: near(0.01, 0.42) },
  };
}

export function exampleTrend(): string {
  const nights = Array.from({ length: 17 }, (_, index) => exampleNight(index));
  return renderTrendTerminal(trendOf({ nights, unreadable: [] }), { columns: 100, color: false });
}
