import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { printable } from "../../src/core/printable.js";
import {
  type ClientResult,
  type ClientsReport,
  clientsJsonSchema,
  clientsSchema,
  renderClientsJson,
} from "../../src/report/clients.js";
import { renderClientsTerminal } from "../../src/report/clients-terminal.js";

const result = (over: Partial<ClientResult>): ClientResult => ({
  client: "openai 6.0.0",
  call: "chat.completions.create",
  endpoint: "candidate",
  caseId: "greeting",
  variant: "stream",
  round: 0,
  exchange: 1,
  verdict: "parsed",
  new: false,
  lost: [],
  thrown: null,
  failure: null,
  unguarded: null,
  note: null,
  ...over,
});

const counts = { parsed: 0, lost: 0, thrown: 0, swallowed: 0, error: 0, "not tested": 0 };
const report = (results: readonly ClientResult[], more: Partial<ClientsReport> = {}): ClientsReport => ({
  schemaVersion: 1,
  run: { id: "run-1", goldenSet: "set", node: "20.0.0" },
  clients: [
    { id: "openai 6.0.0", asked: "openai@6", packages: { openai: "6.0.0" }, unusable: null },
    { id: "ai 7.0.0", asked: "ai@latest", packages: { ai: "7.0.0" }, unusable: "ai 7.0.0 needs Node >=22" },
  ],
  table: [
    {
      client: "openai 6.0.0",
      call: "chat.completions.create",
      endpoint: "baseline",
      verdicts: { ...counts, parsed: 8 },
      unguarded: 0,
    },
    {
      client: "openai 6.0.0",
      call: "chat.completions.create",
      endpoint: "candidate",
      verdicts: { ...counts, parsed: 6, lost: 2 },
      unguarded: 3,
    },
  ],
  results: [...results],
  notReplayed: [],
  ...more,
});
const usage = { what: "usage", sent: "5 in, 2 out, in x_groq.usage", got: "nothing" };
const lost = (caseId: string, over: Partial<ClientResult> = {}): ClientResult =>
  result({ caseId, verdict: "lost", lost: [usage], ...over });
const shown = (given: ClientsReport, columns = 100): string => renderClientsTerminal(given, { columns, color: false });

describe("the terminal", () => {
  it("counts by call and endpoint, and says who did not run", () => {
    const text = shown(report([result({})]));
    expect(text).toMatch(/chat\.completions\.create {2}baseline +8 +· +· +· +· +·\n/);
    expect(text).toMatch(/chat\.completions\.create {2}candidate +6 +2 +· +· +· +3\n/);
    expect(text).toContain("not run: ai 7.0.0 needs Node >=22");
  });

  it("tells the same loss of many cases once, and what is new on the candidate first", () => {
    const alike = ["baseline", "candidate"] as const;
    const old = alike.flatMap((endpoint) => ["a", "b", "c"].map((caseId) => lost(caseId, { endpoint })));
    const fresh = result({
      caseId: "tool",
      verdict: "thrown",
      new: true,
      thrown: { name: "TypeError", message: "no index 7", where: "event 12", status: null, code: null },
    });
    const text = shown(report([...old, fresh, result({ endpoint: "baseline", caseId: "tool" })]));
    expect(text.indexOf("TypeError: no index")).toBeGreaterThan(text.indexOf("New on the candidate"));
    expect(text.indexOf("TypeError: no index")).toBeLessThan(text.indexOf("Also seen"));
    expect(text).toContain("at event 12: no index 7");
    expect(text).toContain("3 cases on both endpoints: a, b, c");
    expect(text.match(/x_groq/g)).toHaveLength(1);
  });

  it("says so when nothing is new, and does not speak of news with one endpoint", () => {
    const baseline = result({ endpoint: "baseline" });
    expect(shown(report([baseline, result({})]))).toMatch(/New on the candidate .*\nNothing\./);
    expect(shown(report([result({})]))).not.toContain("New on the candidate");
  });

  it("shows no control character of an endpoint, and fits its columns", () => {
    const evil = "\u001b[2J\u202e\u0007".repeat(200);
    const results = [
      lost(evil, { lost: [{ what: evil, sent: evil, got: evil }], new: true }),
      result({ verdict: "thrown", thrown: { name: evil, message: evil, where: evil, status: null, code: evil } }),
      result({ verdict: "swallowed", failure: evil, endpoint: "baseline" }),
    ];
    const notReplayed = [{ endpoint: "candidate" as const, caseId: evil, variant: "stream" as const, reason: evil }];
    for (const columns of [40, 60, 100]) {
      const text = shown(report(results, { notReplayed, run: { id: evil, goldenSet: evil, node: "20" } }), columns);
      expect(text).toBe(printable(text));
      for (const line of text.split("\n")) expect([...line].length).toBeLessThanOrEqual(columns);
    }
  });
});

describe("the JSON", () => {
  it("satisfies its schema, by zod and by JSON Schema, and control characters are escaped in it", () => {
    const given = report([lost("\u001b[2J"), result({ verdict: "not tested", note: "none" })]);
    const text = renderClientsJson(given);
    const validate = new Ajv2020({ strict: false }).compile(clientsJsonSchema());
    validate(JSON.parse(text));
    expect(validate.errors).toBeNull();
    expect(clientsSchema.parse(JSON.parse(text))).toEqual(given);
    expect(text).not.toContain("\u001b");
  });
});
