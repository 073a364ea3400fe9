/** What holds for an endpoint and for the comparison, whatever the feature. */
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { judgeProbe } from "../../src/probe/judge.js";
import { probeJsonSchema, renderProbeJson } from "../../src/report/probe-json.js";
import type { ProbeSummary, Verdict } from "../../src/report/probe-summary.js";
import { renderProbeTerminal } from "../../src/report/probe-terminal.js";
import { headerLine } from "../recording/exchange-builder.js";
import { called, fails, IDEAL, judged, OSLO, planned, play, type Replies, said } from "./replies.js";

const everything = (reply: Replies[string]): Replies =>
  Object.fromEntries(Object.keys(IDEAL).map((caseId) => [caseId, reply as NonNullable<Replies[string]>]));
const verdictsOf = (summary: ProbeSummary, role: "baseline" | "candidate" = "candidate"): Record<string, Verdict> =>
  Object.fromEntries(summary.features.map((feature) => [feature.id, feature[role].verdict]));
const featureOf = (summary: ProbeSummary, id: string) => summary.features.find((feature) => feature.id === id);
const text = (summary: ProbeSummary, columns = 100): string => renderProbeTerminal(summary, { columns, color: false });

const SET = `name: desk
defaults: { temperature: 0, max_tokens: 64, stream: true }
cases:
  - id: call
    category: tools
    detects: d
    request: { messages: [{ role: user, content: x }], tools: [{ type: function, function: { name: f } }] }
    expect: {}
  - id: shape
    category: json
    detects: d
    request: { messages: [{ role: user, content: x }], response_format: { type: json_schema, json_schema: { name: s, schema: {} } }, stop: "6" }
    expect: {}
`;

describe("an endpoint", () => {
  it("that is down: nothing was tried there, and no feature is to blame", () => {
    const down = {
      reads: [],
      outcome: { kind: "network", phase: "connect", code: "ECONNREFUSED", message: "refused" },
    } as const;
    const summary = judged(everything(down));
    expect(summary.endpoints).toMatchObject({ baseline: { answered: true }, candidate: { answered: false } });
    expect(new Set(Object.values(verdictsOf(summary)))).toEqual(new Set(["not tried"]));
    expect(featureOf(summary, "tools")?.candidate.seen).toBe(
      "no chat request of the candidate succeeded: connect: refused",
    );
    expect(summary.features.every(({ differs }) => differs === null)).toBe(true);
    expect(summary.lost).toEqual([]);
    expect(text(summary)).toMatch(
      /No chat request of the candidate succeeded, so nothing was compared: connect: refused/,
    );
    expect(text(summary).match(/connect: refused/g)).toHaveLength(2);
  });

  it.each([
    [
      "refuses connections",
      { reads: [], outcome: { kind: "network", phase: "connect", code: "ECONNREFUSED", message: "x" } },
    ],
    ["resets them", { reads: [], outcome: { kind: "network", phase: "headers", code: "ECONNRESET", message: "x" } }],
    ["answers 502", fails(502, "bad gateway")],
    [
      "loses what it had begun",
      { reads: [[20, "{"]], outcome: { kind: "network", phase: "body", code: "E", message: "x" } },
    ],
  ] as const)("that goes away midway and %s has lost nothing for sure", (_what, lost) => {
    const gone: Replies = { ...everything({ ...lost, before: [lost] }), "chat.plain": said("ready") };
    // Long streams have their own reading of what was cut twice.
    const summary = judged(gone, {}, { set: SET.replace("stream: true", "stream: false") });
    const { chat, "long-stream": _, ...rest } = verdictsOf(summary);
    expect(chat).toBe("supported");
    expect(new Set(Object.values(rest))).toEqual(new Set(["unclear"]));
    expect(summary.lost).toEqual([]);
  });

  it("that refuses everybody still has its list of models", () => {
    const { "models.list": _, ...rest } = everything(fails(401, "bad key"));
    const summary = judged(rest);
    expect(summary.endpoints.candidate.answered).toBe(false);
    expect(verdictsOf(summary)).toMatchObject({ models: "supported", "bad-key": "not tried", chat: "not tried" });
  });

  it("that answers 500 to one feature is up: the feature is rejected", () => {
    const summary = judged({ "vision.colour": { ...fails(500, "boom"), before: [fails(500, "boom")] } });
    expect(verdictsOf(summary)).toMatchObject({ vision: "rejected", chat: "supported", stop: "supported" });
  });

  it("that refuses a plain request says nothing of features by refusing them alike", () => {
    const refusal = fails(400, "Unsupported parameter: 'max_tokens'");
    const { "max-completion-tokens.few": _, "models.list": __, ...refused } = everything(refusal);
    const summary = judged(refused);
    expect(verdictsOf(summary)).toMatchObject({
      chat: "rejected",
      "max-completion-tokens": "supported",
      tools: "not tried",
      seed: "not tried",
    });
    expect(featureOf(summary, "tools")?.candidate.seen).toMatch(/a plain chat request fails in the same way: HTTP 400/);
  });

  it("whose model is unknown has other services that are judged, and no chat", () => {
    const wrong = fails(404, "The model 'm' does not exist");
    const { "models.list": _, "riva-speech.speech": __, ...rest } = everything(wrong);
    const summary = judged({
      ...rest,
      "wrong-model.model": fails(404, "The model 'twintail-no-such-model' does not exist"),
    });
    expect(summary.endpoints.candidate).toMatchObject({
      answered: false,
      failure: "HTTP 404: The model 'm' does not exist",
    });
    expect(verdictsOf(summary)).toMatchObject({
      "riva-speech": "supported",
      models: "supported",
      "unknown-field": "not tried",
    });
  });

  it("that refuses a plain request in one way rejects a feature by refusing it in another", () => {
    const summary = judged({
      "chat.plain": fails(400, "temperature is not supported"),
      "n.two": fails(400, "n must be 1"),
      "stop.stop": fails(400, "temperature is not supported"),
    });
    expect(verdictsOf(summary)).toMatchObject({
      chat: "rejected",
      n: "rejected",
      stop: "not tried",
      seed: "supported",
    });
  });

  it("that was asleep has its waking apart from its features", () => {
    const summary = judged(
      { "wake.first": { ...said("ready"), endedMs: 9_000 } },
      {},
      { candidate: "wake: { budget: 1m, cap: 2m }" },
    );
    expect(summary.endpoints.baseline.wake).toBeNull();
    expect(summary.endpoints.candidate.wake).toMatchObject({ ok: true, ms: 9_010, attempts: 1 });
    expect(text(summary)).toMatch(/first answer after 9\.0 s, a wake where it slept/);
  });
});

describe("a comparison", () => {
  it("lists what is in use and lost, and what is in use and unclear", () => {
    const replies: Replies = {
      "tools.call": said("It rains."),
      "tools.without": said("It rains."),
      "json-schema.against": said('{"color": "blue"}'),
      "stop.stop": said("I cannot."),
      "logprobs.logprobs": said("ready"),
    };
    const summary = judged(replies, {}, { set: SET });
    expect(summary.lost).toEqual(["tools", "json-schema"]);
    expect(summary.unclear).toEqual(["stop"]);
    expect(featureOf(summary, "logprobs")).toMatchObject({ inUse: 0, differs: true });
    expect(featureOf(summary, "json-schema")).toMatchObject({
      inUse: 1,
      differs: true,
      baseline: { verdict: "enforced" },
      candidate: { verdict: "encouraged" },
    });
    expect(judged(replies, replies, { set: SET })).toMatchObject({ lost: [], unclear: [] });
  });

  it("shows what is in use and different first, then what was seen", () => {
    const summary = judged({ "stop.stop": said("1,2,3,4,5,6,7"), "n.two": said("ready") }, {}, { set: SET });
    const lines = text(summary).split("\n");
    expect(lines.find((line) => line.startsWith("In use, and lost"))).toBe("In use, and lost on the candidate: stop.");
    const table = lines.slice(lines.findIndex((line) => line.startsWith("In use by")) + 2);
    expect(table[0]).toMatch(/^stop +1 +supported +≠ +ignored$/);
    expect(lines.find((line) => /^n > 1 /.test(line))).toMatch(/supported +≠ +ignored/);
    expect(text(summary)).toMatch(
      /stop\n {2}baseline {2}supported: ended before.*\n {2}candidate ignored: went on past the stop text: "1,2,3/,
    );
  });

  it("fits any window, and shows no control character of an endpoint", () => {
    const hostile = fails(400, "\u001b[31mred\u202e evil\r\n".repeat(40));
    const summary = judged({ "stop.stop": hostile }, {}, { set: SET });
    for (const columns of [40, 60, 80, 100]) {
      const shown = text(summary, columns);
      expect(Math.max(...shown.split("\n").map((line) => line.length))).toBeLessThanOrEqual(columns);
      for (const control of ["\u001b", "\u202e", "\r"]) expect(shown).not.toContain(control);
    }
  });
});

describe("a recording", () => {
  const frame = (header: ReturnType<typeof play>["header"]) => ({
    header,
    extensions: [],
    segments: [],
    machine: [],
    pauses: [],
    stopped: [],
    resumes: [],
    points: [],
    begun: [],
    dropped: [],
    end: null,
    tornBytes: 0,
  });

  it("that ends early: what was not asked is not tried, what was is judged", () => {
    const { header, exchanges } = play(planned());
    const some = exchanges.filter(({ caseId }) => caseId.startsWith("chat.") || caseId === "seed.same");
    const summary = judgeProbe(frame(header), some, "f");
    expect(verdictsOf(summary)).toMatchObject({ chat: "supported", seed: "not tried", tools: "not tried" });
    expect(featureOf(summary, "tools")?.candidate.seen).toBe("the probe ended before it");
    expect(summary.probe).toMatchObject({ ended: "killed", recorded: some.length });
    expect(text(summary)).toMatch(/Partial probe, killed before its end was written: \d+ of \d+ planned requests/);
  });

  it("that was interrupted: the request in flight is not tried", () => {
    const stopped = { reads: [], outcome: { kind: "cancelled", by: "user" } } as const;
    const { header, exchanges } = play(planned(), { "tools.call": stopped });
    expect(verdictsOf(judgeProbe(frame(header), exchanges, "f"))).toMatchObject({
      tools: "not tried",
      chat: "supported",
    });
  });

  it("is judged the same whatever the order of its lines", () => {
    const { header, exchanges } = play(planned(), { "n.two": said("x"), "tools.call": called([OSLO]) });
    expect(judgeProbe(frame(header), [...exchanges].reverse(), "f")).toEqual(judgeProbe(frame(header), exchanges, "f"));
  });

  it("of a run is refused, and so is one that was tampered with", () => {
    expect(() => judgeProbe(frame(headerLine()), [], "x.jsonl")).toThrow(
      /^x\.jsonl: this is no recording of a probe; judge a run with twintail score x\.jsonl$/,
    );
    const { header, exchanges } = play(planned());
    const stray = exchanges.map((each) => ({ ...each, caseId: "nothing.here" }));
    expect(() => judgeProbe(frame(header), stray, "x.jsonl")).toThrow(
      /^x\.jsonl: exchange 0 is of case "nothing\.here", which/,
    );
    const renamed = exchanges.map((each) =>
      each.caseId === "tools.call" ? { ...each, caseId: "tools.without" } : each,
    );
    expect(() => judgeProbe(frame(header), renamed, "x.jsonl")).toThrow(
      /^x\.jsonl: the answer of tools\.call is missing/,
    );
  });
});

describe("probe.json", () => {
  it("satisfies its published schema", () => {
    const validate = new Ajv2020({ strict: false }).compile(probeJsonSchema());
    for (const summary of [
      judged(),
      judged(everything(fails(500, "x"))),
      judged({}, {}, { candidate: "wake: {}, omit: [seed]" }),
    ]) {
      expect([validate(JSON.parse(renderProbeJson(summary))), validate.errors]).toEqual([true, null]);
    }
    expect(validate({ ...judged(), lost: "none" })).toBe(false);
  });
});
