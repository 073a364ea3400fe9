/** What an endpoint says ends up in terminals, pages, logs of CI and files: it stays text in all of them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { plainAnswer } from "../../capture/harness.js";
import { readXml } from "../../report/xml.js";
import { complete, type Place, type Recorded, unharmed } from "../place.js";
import type { Scenario } from "../scenario.js";
import { type Answer, body, status } from "../servers.js";

const area = "display" as const;

/** Clears a screen, sets a title, and turns text around. */
const CONTROL =
  "\u001b[2J\u001b]0;owned\u0007\u009b31m\u202egnp.exe\u2066 \r\n::stop-commands::x\n::add-mask::y\n##[error]z";
const MARKUP = `"><script>alert(1)</script><img src=x onerror=alert(2)>' onmouseover='x' {{7*7}} @everyone | \`x\` </script>`;

const answerOf = (content: string, model = "m"): string =>
  JSON.stringify({
    id: "c",
    model,
    system_fingerprint: content.slice(0, 200),
    choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  });

async function against(place: Place, answer: Answer, more: object = {}): Promise<Recorded> {
  const hostile = await place.server(answer);
  const recorded = await place.recorded({ baseline: await place.healthy(), candidate: hostile.baseUrl, ...more });
  unharmed(recorded);
  complete(recorded, "candidate");
  return recorded;
}

/** Control characters but tab and line feed, and marks that turn text around. */
function controls(text: string): string[] {
  return [...text].filter((character) => {
    const code = character.codePointAt(0) ?? 0;
    if (character === "\n" || character === "\t") return false;
    return (
      code < 0x20 ||
      (code >= 0x7f && code < 0xa0) ||
      (code >= 0x202a && code <= 0x202e) ||
      (code >= 0x2066 && code <= 0x2069)
    );
  });
}

const written = ({ folder }: Recorded, name: string): string => readFileSync(join(folder, name), "utf8");

export const HOSTILE_TEXT: readonly Scenario[] = [
  {
    area,
    fault: "terminal control sequences and direction overrides in errors, answers and model names",
    outcome: "visible escapes in the terminal's report; no control character of the endpoint is printed",
    run: async (place) => {
      const error = JSON.stringify({ error: { message: CONTROL } });
      const recorded = await against(place, (socket, request, count) =>
        count % 2 === 0
          ? status("500 Internal Server Error", "x-note: \u202e\r\n", error)(socket, request, count)
          : body(answerOf(CONTROL, CONTROL))(socket, request, count),
      );
      expect(controls(recorded.out + recorded.err)).toEqual([]);
      expect(recorded.out).toContain("\\u{1b}[2J");
    },
  },
  {
    area,
    fault: "workflow commands in an answer, where GitHub's runner reads the output",
    outcome: "the runner sees no command but twintail's own annotations",
    run: async (place) => {
      const error = JSON.stringify({ error: { message: CONTROL, code: "::set-output name=a::b" } });
      const recorded = await against(place, status("500 Internal Server Error", "", error), {
        environment: { GITHUB_ACTIONS: "true" },
      });
      const text = `${recorded.out}\n${recorded.err}`;
      const commands = text.split(/\r\n|\r|\n/).filter((line) => /^\s*::/.test(line));
      for (const command of commands) expect(command).toMatch(/^::(?:error|warning) /);
      expect(commands.length).toBeGreaterThan(0);
      expect(text).not.toContain("##[");
    },
  },
  {
    area,
    fault: "script and markup in answers, model names, fingerprints and error texts",
    outcome: "text in report.html and report.md: no element, no attribute, no mention",
    run: async (place) => {
      const error = JSON.stringify({ error: { message: MARKUP, type: MARKUP } });
      const recorded = await against(place, (socket, request, count) =>
        count % 2 === 0
          ? status("400 Bad Request", "", error)(socket, request, count)
          : body(answerOf(MARKUP, MARKUP))(socket, request, count),
      );
      const page = written(recorded, "report.html");
      expect(page.match(/<script/g)).toHaveLength(1);
      // What stands in a quoted value is no attribute of its own.
      expect(page.replace(/"[^"]*"/g, '""')).not.toMatch(/<img|<[a-z]+[^>]*\sonmouseover/i);
      expect(page).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
      expect(written(recorded, "report.md")).not.toMatch(/<script|<img|@everyone/);
    },
  },
  {
    area,
    fault: "NUL bytes, half surrogate pairs and markup in what junit.xml holds",
    outcome: "the file stays well-formed",
    run: async (place) => {
      const error = '{"error":{"message":"\\u0000\\ud800]]>&<x/>\\uffff"}}';
      const recorded = await against(place, status("500 Internal Server Error", "", error));
      const xml = written(recorded, "junit.xml");
      expect(() => readXml(xml)).not.toThrow();
      expect(xml).not.toContain("<x/>");
    },
  },
  {
    area,
    fault: "a formula in what exchanges.csv holds: a finish reason, an error",
    outcome: "a cell of text: no spreadsheet computes it",
    run: async (place) => {
      const formula = "=HYPERLINK(1)\r\n+1";
      const recorded = await against(place, (socket, request, count) =>
        count % 2 === 0
          ? body(answerOf("hi").replace('"stop"', JSON.stringify(formula)))(socket, request, count)
          : status("400 Bad Request", "", JSON.stringify({ error: { message: formula } }))(socket, request, count),
      );
      const rows = written(recorded, "exchanges.csv").trimEnd().split("\r\n");
      expect(rows).toHaveLength(25);
      expect(rows.join("\n")).not.toMatch(/(?:^|,)"?[=+@]/m);
      expect(rows.filter((row) => row.includes("HYPERLINK")).length).toBeGreaterThanOrEqual(6);
    },
  },
  {
    area,
    fault: "names and ids of 1 MB: the model, the fingerprint, a header, an error code",
    outcome: "recorded whole, and cut in every report: none grows with them",
    run: async (place) => {
      const long = "L".repeat(1024 * 1024);
      const recorded = await against(
        place,
        (socket, _request, count) =>
          count % 2 === 0
            ? socket.write(plainAnswer(answerOf("hi", long).replace('"id":"c"', `"id":"${long}"`)))
            : socket.write(plainAnswer(JSON.stringify({ error: { message: long, code: long } }), "400 Bad Request")),
        { capture: { rounds: 1 } },
      );
      for (const name of readdirSync(recorded.folder)) {
        if (!/^report\.|^junit/.test(name)) continue;
        expect([name, written(recorded, name).includes("L".repeat(20_000))]).toEqual([name, false]);
      }
      expect(recorded.out.length).toBeLessThan(60_000);
    },
  },
  {
    area,
    fault: "hostile text where `--json` is read by a program",
    outcome: "standard output is one JSON document and nothing else, with no control character in it",
    run: async (place) => {
      const recorded = await against(
        place,
        status("500 Internal Server Error", "", JSON.stringify({ error: { message: CONTROL } })),
        {
          flags: ["--json"],
          environment: { GITHUB_ACTIONS: "true" },
        },
      );
      expect(JSON.parse(recorded.out)).toMatchObject({ schemaVersion: 1, verdict: "fail" });
      expect(controls(recorded.out)).toEqual([]);
    },
  },
];
