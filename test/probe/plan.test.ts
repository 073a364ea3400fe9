/** What is sent, by intent: which requests, where, with which model, in which order; never by bytes. */
import { inflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { BUNDLED_GOLDEN_SET, loadGoldenSet } from "../../src/golden/load.js";
import type { RequestTemplate } from "../../src/plan/plan.js";
import type { ProbePlan } from "../../src/probe/plan.js";
import { planProbe } from "../../src/probe/plan.js";
import { soundFormat } from "../../src/probe/sound.js";
import { planned, settingsOf } from "./replies.js";

const requestOf = (plan: ProbePlan, caseId: string, role = "candidate"): RequestTemplate => {
  const template = plan.plan.requests[`${role}.${caseId}`];
  if (template === undefined) throw new Error(`no request ${role}.${caseId}`);
  return template;
};
const bodyOf = (plan: ProbePlan, caseId: string, role = "candidate") => requestOf(plan, caseId, role).body;
const reasons = (plan: ProbePlan, id: string): (string | undefined)[] =>
  ["baseline", "candidate"].map(
    (role) => plan.plan.notTested.find(({ caseId, endpoint }) => caseId === id && endpoint === role)?.reason,
  );

describe("a probe plans", () => {
  it("these requests, at these paths", () => {
    const { plan } = planned();
    const rows = plan.rows.filter(({ endpoint }) => endpoint === "candidate");
    const counted = new Map<string, number>();
    for (const { caseId, variant, requestId } of rows) {
      const { method, path, key } = plan.requests[requestId] as RequestTemplate;
      const line = `${caseId} ${method} ${path} ${variant}${key === undefined ? "" : " with a wrong key"}`;
      counted.set(line, (counted.get(line) ?? 0) + 1);
    }
    expect([...counted].map(([line, count]) => (count === 1 ? line : `${line} × ${count}`)).sort()).toMatchSnapshot();
  });

  it("the same for both endpoints, each pair at the same moment", () => {
    const { plan } = planned();
    const cases = (role: string): string[] =>
      plan.rows.filter(({ endpoint }) => endpoint === role).map(({ caseId }) => caseId);
    expect(cases("candidate")).toEqual(cases("baseline"));
    expect(plan.rows.every(({ phase }) => phase === "probe")).toBe(true);
    expect(plan.blocks.flatMap(({ releases }) => releases).every(({ rows }) => rows.length === 2)).toBe(true);
  });

  it("few tokens, in the name of the limit that the golden set uses, with the sampling that all its cases share", () => {
    expect(bodyOf(planned(), "chat.plain")).toMatchObject({
      max_tokens: 512,
      temperature: 0,
      stream: false,
      model: "m",
    });
    const set = (request: string): string =>
      `name: a\ncases:\n  - { id: a, category: c, detects: d, request: { messages: [{ role: user, content: x }], ${request} }, expect: {} }\n`;
    const other = bodyOf(planned({ set: set("max_completion_tokens: 9") }), "chat.plain");
    expect(other).toMatchObject({ max_completion_tokens: 512 });
    expect(other).not.toHaveProperty("max_tokens");
    expect(other).not.toHaveProperty("temperature");
  });

  it("with the endpoint's own differences applied, but none that would hide the field under test", () => {
    const plan = planned({
      candidate:
        "rename: { max_tokens: max_completion_tokens }, extra: { reasoning_effort: low, safe: true }, headers: { x-team: a }",
    });
    expect(bodyOf(plan, "chat.plain")).toMatchObject({
      max_completion_tokens: 512,
      reasoning_effort: "low",
      safe: true,
    });
    expect(bodyOf(plan, "chat.plain")).not.toHaveProperty("max_tokens");
    expect(requestOf(plan, "chat.plain").headers["x-team"]).toBe("a");
    expect(bodyOf(plan, "reasoning-effort.high").reasoning_effort).toBe("high");
    expect(bodyOf(plan, "chat.plain", "baseline")).not.toHaveProperty("safe");
  });

  it("usage in a stream only where it is looked for", () => {
    const plan = planned();
    expect(bodyOf(plan, "stream-usage.usage").stream_options).toEqual({ include_usage: true });
    expect(bodyOf(plan, "stream.stream")).not.toHaveProperty("stream_options");
  });

  it("no field that the configuration omits, and says so", () => {
    const plan = planned({ candidate: "omit: [seed]" });
    expect(reasons(plan, "seed")).toEqual([undefined, 'endpoints.candidate.omit takes "seed" out of every request']);
    expect(plan.plan.rows.filter(({ caseId }) => caseId.startsWith("seed.")).map(({ endpoint }) => endpoint)).toEqual([
      "baseline",
      "baseline",
      "baseline",
    ]);
  });

  it("costly ones only where a model is mapped for them, or with all", () => {
    const models = "models: { default: m, speech: s, images: null }";
    const careful = planned({ baseline: models, candidate: models, options: {} });
    expect(reasons(careful, "images")).toEqual(
      ["baseline", "candidate"].map((role) => `endpoints.${role}.models.images is null`),
    );
    expect(reasons(careful, "transcription")[0]).toMatch(
      /billed by the minute: map models\.transcription, or give --all/,
    );
    expect(reasons(careful, "over-long-context")[0]).toMatch(/--all tries it/);
    expect(reasons(careful, "long-stream")[0]).toMatch(/--long-stream/);
    expect(reasons(careful, "embeddings")[0]).toMatch(/no model under/);
    expect(bodyOf(careful, "speech.speech")).toMatchObject({ model: "s", input: "Hello." });
    const all = planned({ baseline: models, candidate: models, options: { all: true } });
    expect(requestOf(all, "transcription.tone").path).toBe("/v1/audio/transcriptions");
    expect(reasons(all, "images")[0]).toMatch(/is null/);
    expect(reasons(all, "over-long-context")).toEqual([undefined, undefined]);
  });

  it("each feature with the model that the golden set uses it with", () => {
    const set = `name: a
cases:
  - id: call
    category: agents
    detects: d
    request: { messages: [{ role: user, content: x }], tools: [{ type: function, function: { name: f } }] }
    expect: {}
`;
    const plan = planned({ set, candidate: "models: { default: m, agents: tool-model, vision: eye }" });
    expect(bodyOf(plan, "tools.call").model).toBe("tool-model");
    expect(bodyOf(plan, "vision.colour").model).toBe("eye");
    expect(bodyOf(plan, "chat.plain").model).toBe("m");
    expect(bodyOf(plan, "wrong-model.model").model).toBe("twintail-no-such-model");
  });

  it("an endpoint that sleeps first of all, in a phase of its own", () => {
    const { plan } = planned({ candidate: "wake: { budget: 1m, cap: 2m }" });
    const [first] = plan.blocks;
    expect(first?.phase).toBe("cold");
    expect(first?.releases.flatMap(({ rows }) => rows.map((id) => plan.rows[id]))).toMatchObject([
      { endpoint: "candidate", caseId: "wake.first", phase: "cold" },
    ]);
    expect(plan.rows.filter(({ phase }) => phase === "cold")).toHaveLength(1);
  });

  it("cancelled streams together, each try followed by one request, references before and the control after", () => {
    const { plan } = planned({ options: { cancelStreams: 3 } });
    const blocks = plan.blocks.map(({ concurrency, releases }) => {
      const ids = new Set(releases.flatMap(({ rows }) => rows.map((id) => plan.rows[id]?.caseId)));
      return `${[...ids].join(" + ")} × ${releases.length}, ${concurrency} at once`;
    });
    expect(blocks.slice(1)).toEqual([
      ...Array(3).fill("cancel-frees.reference × 1, 1 at once"),
      ...Array(3).fill(["cancel-frees.cancelled × 3, 3 at once", "cancel-frees.next × 1, 1 at once"]).flat(),
      "cancel-frees.running + cancel-frees.beside × 4, 4 at once",
    ]);
    expect(plan.rows.find(({ caseId }) => caseId === "cancel-frees.cancelled")?.cancel).toEqual({ afterReads: 4 });
  });

  it("a long stream without a limit of its own, unless one is given", () => {
    const free = planned({ options: { longStreamMs: 90_000 } });
    expect(bodyOf(free, "long-stream.long")).not.toHaveProperty("max_tokens");
    expect(free.plan.rows.find(({ caseId }) => caseId === "long-stream.long")?.cancel).toEqual({ afterMs: 90_000 });
    expect(
      bodyOf(planned({ options: { longStreamMs: 90_000, longStreamTokens: 16_000 } }), "long-stream.long").max_tokens,
    ).toBe(16_000);
  });

  it("one request at a time where endpoints share hardware", () => {
    const { plan } = planned({ capture: "order: serial" });
    expect(plan.blocks[0]?.concurrency).toBe(1);
    for (const { releases } of plan.blocks) {
      expect(releases.every(({ rows }) => rows.length === 1)).toBe(true);
    }
    const mixed = plan.blocks
      .slice(1)
      .filter(
        ({ releases }) => new Set(releases.flatMap(({ rows }) => rows.map((id) => plan.rows[id]?.endpoint))).size > 1,
      );
    expect(mixed).toEqual([]);
  });

  it("nothing without a model for chat", () => {
    expect(() => planned({ candidate: "models: { vision: eye }" })).toThrow(
      /^endpoints\.candidate\.models: the candidate has no model for chat; map a default model$/,
    );
  });
});

describe("what is in use", () => {
  it("is counted in the bundled golden set, and sent first", () => {
    const golden = loadGoldenSet(BUNDLED_GOLDEN_SET);
    const { facts, plan } = planProbe({ settings: settingsOf(), golden, options: {}, seed: 1, userAgent: "t" });
    expect(facts.goldenSet).toMatchObject({ name: "migration", cases: golden.set.cases.length });
    expect(facts.inUse).toMatchObject({
      "tool-choice-none": 1,
      "tool-choice-required": 1,
      "tool-choice-named": 1,
      "parallel-tools": 1,
      "json-object": 1,
      logprobs: 1,
      "top-logprobs": 1,
      vision: 1,
      embeddings: 1,
      "cancel-frees": 1,
      stop: 1,
    });
    expect(facts.inUse.tools).toBe(golden.set.cases.filter(({ request }) => request.tools !== undefined).length);
    expect(facts.inUse["json-schema"]).toBe(3);
    expect(facts.inUse).not.toHaveProperty("n");
    const order = [...new Set(plan.rows.map(({ caseId }) => caseId.split(".")[0] as string))];
    const used = order.map((id) => id in facts.inUse);
    const alone = order.indexOf("cancel-frees");
    expect(used.slice(0, alone).lastIndexOf(true)).toBeLessThan(used.slice(0, alone).indexOf(false));
  });
});

describe("what is shown to the model", () => {
  it("is a PNG of one colour", () => {
    const [message] = bodyOf(planned(), "vision.colour").messages as { content: { image_url?: { url: string } }[] }[];
    const url = message?.content[1]?.image_url?.url ?? "";
    const png = Buffer.from(url.slice("data:image/png;base64,".length), "base64");
    expect(png.subarray(1, 4).toString()).toBe("PNG");
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([64, 64]);
    const start = png.indexOf("IDAT");
    const pixels = inflateSync(png.subarray(start + 4, start + 4 + png.readUInt32BE(start - 4)));
    expect(pixels).toHaveLength(64 * (1 + 64 * 3));
    expect([...pixels.subarray(1, 4)]).toEqual([255, 140, 0]);
  });

  it("is a form with a WAV file", () => {
    const { raw, headers } = requestOf(planned(), "transcription.tone");
    const form = Buffer.from(raw ?? "", "base64");
    const boundary = /boundary=(.+)$/.exec(headers["content-type"] ?? "")?.[1] ?? "none";
    const parts = form.toString("latin1").split(`--${boundary}`);
    expect(parts).toHaveLength(5);
    expect(parts.at(-1)).toBe("--\r\n");
    expect(parts[1]).toBe('\r\ncontent-disposition: form-data; name="model"\r\n\r\nt\r\n');
    const [head = "", ...rest] = (parts[3] ?? "").split("\r\n\r\n");
    expect(head).toMatch(/name="file"; filename="tone\.wav"\r\ncontent-type: audio\/wav$/);
    const wav = Buffer.from(rest.join("\r\n\r\n").slice(0, -2), "latin1");
    expect(soundFormat(wav)).toBe("WAV");
    expect(wav.readUInt32LE(40)).toBe(wav.length - 44);
  });
});
