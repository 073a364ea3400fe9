import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { renderJunit } from "../../src/report/junit.js";
import { gate, gatedReport } from "./gated.js";
import { elements, readXml, type XmlElement } from "./xml.js";

/**
 * What both the Ant schema (Windy Road, Apache-2.0) and Jenkins' junit-10.xsd (MIT) allow and require, as facts: children in
 * this order, attributes required (`!`) or allowed.
 */
const SHAPE: Readonly<Record<string, { children: readonly string[]; attributes: Readonly<Record<string, RegExp>> }>> = {
  testsuites: { children: ["testsuite"], attributes: {} },
  testsuite: {
    children: ["properties", "testcase", "system-out", "system-err"],
    attributes: {
      "name!": /\S/,
      "package!": /\S/,
      "id!": /^\d+$/,
      "timestamp!": /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/,
      "hostname!": /\S/,
      "tests!": /^\d+$/,
      "failures!": /^\d+$/,
      "errors!": /^\d+$/,
      skipped: /^\d+$/,
      "time!": /^\d+\.\d+$/,
    },
  },
  properties: { children: ["property"], attributes: {} },
  property: { children: [], attributes: { "name!": /\S/, "value!": /^/ } },
  testcase: {
    children: ["skipped", "error", "failure"],
    attributes: { "name!": /\S/, "classname!": /^twintail\.(latency|contract)$/, "time!": /^\d+(\.\d+)?$/ },
  },
  failure: { children: [], attributes: { "type!": /^gate$/, message: /\S/ } },
  error: { children: [], attributes: { "type!": /^gate$/, message: /\S/ } },
  skipped: { children: [], attributes: { message: /\S/ } },
  "system-out": { children: [], attributes: {} },
  "system-err": { children: [], attributes: {} },
};

/** Tokens must not be what a schema would normalize, or two servers would name one test differently. */
const TOKEN = /^\S+( \S+)*$/;

function faults(element: XmlElement): string[] {
  const shape = SHAPE[element.name];
  if (shape === undefined) return [`unknown element ${element.name}`];
  const order = element.children.map(({ name }) => shape.children.indexOf(name));
  const names = Object.keys(shape.attributes).map((name) => name.replace("!", ""));
  return [
    ...(order.some((place, index) => place < Math.max(0, ...order.slice(0, index)))
      ? [`${element.name}: children out of order or unknown: ${element.children.map(({ name }) => name)}`]
      : []),
    ...Object.keys(element.attributes)
      .filter((name) => !names.includes(name))
      .map((name) => `${element.name}: unknown attribute ${name}`),
    ...Object.entries(shape.attributes).flatMap(([key, pattern]) => {
      const value = element.attributes[key.replace("!", "")];
      if (value === undefined) return key.endsWith("!") ? [`${element.name} lacks ${key}`] : [];
      return pattern.test(value) ? [] : [`${element.name} ${key}: ${JSON.stringify(value)}`];
    }),
    ...["name", "classname", "hostname"].flatMap((name) => {
      const value = element.attributes[name];
      return value === undefined || TOKEN.test(value) ? [] : [`${element.name} ${name} is no token`];
    }),
    ...element.children.flatMap(faults),
  ];
}

/** Counts of a suite must be those of its cases. */
function countFaults(suite: XmlElement): string[] {
  const counted = { tests: "testcase", failures: "failure", errors: "error", skipped: "skipped" };
  return Object.entries(counted).flatMap(([attribute, name]) => {
    const seen = elements(suite, name).length;
    return suite.attributes[attribute] === String(seen) ? [] : [`${attribute} is not ${seen}`];
  });
}

function suiteOf(xml: string): XmlElement {
  const root = readXml(xml);
  const suite = root.children[0];
  if (suite === undefined) throw new Error("no suite");
  expect([...faults(root), ...countFaults(suite)]).toEqual([]);
  return suite;
}

const FIVE = [
  gate(),
  gate({ text: "errors rate < 0.02", kind: "contract", result: "pass", unit: "share", value: 0.004, reads: null }),
  gate({ text: "ttfa p95 < 800ms", result: "inconclusive", reason: "n = 40 supports no p95" }),
  gate({ text: "char_rate shift > 0.90", result: "skipped", reason: "a quick run asks contract gates alone" }),
  gate({ text: "e2e p50 < 4s", result: "invalid", reason: "the measuring machine stalled" }),
];

describe("junit.xml", () => {
  it("has one test case a gate, in the shape that servers read", () => {
    const suite = suiteOf(renderJunit(gatedReport(FIVE, "fail").summary));
    const outcomes = elements(suite, "testcase").map(({ attributes, children }) => [
      attributes.name,
      attributes.classname,
      children.map(({ name }) => name).join(),
      children[0]?.attributes.message,
    ]);
    expect(outcomes).toEqual([
      ["ttfa shift < 1.20", "twintail.latency", "failure", "fail: the candidate takes at least 1.25 times as long"],
      ["errors rate < 0.02", "twintail.contract", "", undefined],
      ["ttfa p95 < 800ms", "twintail.latency", "skipped", "inconclusive: n = 40 supports no p95"],
      ["char_rate shift > 0.90", "twintail.latency", "skipped", "a quick run asks contract gates alone"],
      ["e2e p50 < 4s", "twintail.latency", "error", "invalid: the measuring machine stalled"],
    ]);
    expect(suite.attributes).toMatchObject({ tests: "5", failures: "1", errors: "1", skipped: "2" });
  });

  it("gives a failed gate its evidence", () => {
    const { summary } = gatedReport([gate({ notes: ["2 pairs were dropped"] })], "fail");
    const [failure] = elements(suiteOf(renderJunit(summary)), "failure");
    expect(failure?.text.split("\n")).toEqual([
      "fail: the candidate takes at least 1.25 times as long",
      "gate: ttfa shift < 1.20, line 31 of the configuration",
      "seen: 1.31",
      "bounds: lower bound 1.25, upper bound 1.38, one-sided, each at 98.3 %",
      "margin: < 1.20",
      "sample: n = 380 over 10 rounds, method rounds",
      "reads: slower",
      "would have decided: pass at 1.13, fail at 1.27",
      "note: 2 pairs were dropped",
    ]);
  });

  it("says which run it was, from where, to which endpoints, and what it said", () => {
    const { summary } = gatedReport(FIVE, "fail");
    const suite = suiteOf(renderJunit(summary));
    const properties = Object.fromEntries(
      elements(suite, "property").map(({ attributes }) => [attributes.name, attributes.value]),
    );
    expect(properties).toMatchObject({
      run: summary.run.runId,
      created: summary.run.createdAt,
      verdict: "fail",
      look: "1 of 3",
      "confidence of each bound": String(summary.judgement.confidence),
      baseline: summary.endpoints.baseline.baseUrl,
      candidate: summary.endpoints.candidate.baseUrl,
      "golden set digest": summary.run.goldenSet.digest,
    });
    expect(`${suite.attributes.timestamp}`).toBe(summary.run.createdAt.slice(0, 19));
    expect(Number(suite.attributes.time) * 1_000).toBeCloseTo(summary.run.durationMs, 0);
    expect(elements(suite, "system-out")[0]?.text).toMatch(/^Fail: ttfa shift < 1\.20: the candidate takes/);
  });

  it("names a suite and a gate the same in every run, so that a new failure is told from an old one", () => {
    const names = (xml: string) => [
      suiteOf(xml).attributes.name,
      ...elements(readXml(xml), "testcase").map(({ attributes: { name, classname } }) => [name, classname]),
    ];
    const monday = gatedReport([gate()], "fail").summary;
    const tuesday = gatedReport([gate({ result: "pass", value: 1.01 })], "pass", {
      run: { ...monday.run, runId: "another", createdAt: "2026-08-04T03:00:00Z" },
    }).summary;
    expect(names(renderJunit(tuesday))).toEqual(names(renderJunit(monday)));
  });

  it("of a run without gates is a suite without tests", () => {
    const suite = suiteOf(renderJunit(gatedReport([], null).summary));
    expect(suite.attributes).toMatchObject({ tests: "0", failures: "0" });
    expect(elements(suite, "testcase")).toEqual([]);
  });

  it("keeps two gates of one text apart", () => {
    const suite = suiteOf(renderJunit(gatedReport([gate(), gate({ place: null })], "fail").summary));
    expect(elements(suite, "testcase").map(({ attributes }) => attributes.name)).toEqual([
      "ttfa shift < 1.20",
      "ttfa shift < 1.20 (2)",
    ]);
  });

  it("needs no host name and no duration", () => {
    const { run } = gatedReport([], null).summary;
    const change = { run: { ...run, host: "", durationMs: 0, createdAt: "not a date" } };
    expect(suiteOf(renderJunit(gatedReport([], null, change).summary)).attributes).toMatchObject({
      hostname: "localhost",
      time: "0.000",
    });
  });

  const anything = fc.oneof(
    fc.string({ unit: "binary", maxLength: 60 }),
    fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 }).map((units) => String.fromCharCode(...units)),
    fc.constantFrom("]]>", "<!--", "&#0;", "\u0000\u001b[31m", "\ud800", "\ufffe\uffff", "</testsuite>", '"/><x y="'),
  );

  it("stays well-formed and of its shape whatever the texts hold", () => {
    fc.assert(
      fc.property(
        anything,
        anything,
        anything,
        fc.constantFrom("fail", "inconclusive", "invalid"),
        (a, b, c, result) => {
          const gates = [gate({ text: `x${a}`, reason: `y${b}`, notes: [c], result })];
          const { run } = gatedReport([], null).summary;
          const { summary } = gatedReport(gates, "fail", { run: { ...run, host: a, runId: b } });
          const xml = renderJunit(summary);
          expect(elements(suiteOf(xml), "testcase")).toHaveLength(1);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("is bounded however long the texts are", () => {
    const long = "&\u0001".repeat(500_000);
    const xml = renderJunit(
      gatedReport([gate({ text: `g ${long}`, reason: `r ${long}`, notes: [long] })], "fail").summary,
    );
    suiteOf(xml);
    expect(xml.length).toBeLessThan(200_000);
  });

  it("is XML to libxml2 as well", (context) => {
    if (spawnSync("xmllint", ["--version"]).error !== undefined) {
      console.log("skipped: no xmllint here (apt-get install libxml2-utils)");
      context.skip();
    }
    const hostile = "\u0000\u001b]]>&<\ud800\ufffe'\"é😀";
    const xml = renderJunit(gatedReport([...FIVE, gate({ text: hostile, reason: hostile })], "fail").summary);
    const { status, stderr } = spawnSync("xmllint", ["--noout", "-"], { input: xml, encoding: "utf8" });
    expect([status, stderr]).toEqual([0, ""]);
  });
});
