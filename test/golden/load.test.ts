import { describe, expect, test } from "vitest";
import { TwintailError } from "../../src/core/errors.js";
import { loadGoldenSet } from "../../src/golden/load.js";
import { ONE_CASE, parse, refusal, withFolder } from "./sets.js";

describe("a golden set", () => {
  test("is read with every default applied", () => {
    expect(parse(ONE_CASE).set).toEqual({
      name: "small",
      cases: [
        {
          id: "first",
          category: "chat",
          tags: [],
          detects: "nothing much",
          api: "chat",
          variants: ["stream"],
          repeat: 1,
          prefix: "unique",
          request: { messages: [{ role: "user", content: "Say hello." }] },
          expect: { contains: "hello" },
        },
      ],
    });
  });

  test("has a digest that changes with what is sent, not with how it is written", () => {
    const { digest } = parse(ONE_CASE);
    expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(parse(ONE_CASE.replace("content: Say hello.", 'content: "Say hello."')).digest).toBe(digest);
    expect(parse(ONE_CASE.replace("Say hello.", "Say hello!")).digest).not.toBe(digest);
  });

  test("is loaded from a file, which is named as it was given", () => {
    withFolder({ "set.yaml": ONE_CASE }, (folder) => {
      const loaded = loadGoldenSet(`${folder}/set.yaml`);
      expect(loaded.file).toBe(`${folder}/set.yaml`);
      expect(loaded.set.cases).toHaveLength(1);
    });
    expect(() => loadGoldenSet("nowhere/set.yaml")).toThrow(
      new TwintailError({ place: "nowhere/set.yaml", cause: "no such golden set", remedy: "check the path" }),
    );
  });
});

describe("defaults", () => {
  const withDefaults = (defaults: string, rest = "") =>
    parse(`defaults: ${defaults}\n${ONE_CASE}${rest}`).set.cases.at(-1);

  test("stand under the request, which overrides them", () => {
    const text = ONE_CASE.replace("content: Say hello. }] }", "content: Say hello. }], max_tokens: 9 }");
    const { request } = parse(`defaults: { temperature: 0, max_tokens: 100 }\n${text}`).set.cases[0] ?? {};
    expect(request).toMatchObject({ temperature: 0, max_tokens: 9 });
  });

  test("give way to the same limit under its other name", () => {
    const text = ONE_CASE.replace("content: Say hello. }] }", "content: Say hello. }], max_completion_tokens: 9 }");
    const { request } = parse(`defaults: { max_tokens: 100 }\n${text}`).set.cases[0] ?? {};
    expect(request).toMatchObject({ max_completion_tokens: 9 });
    expect(request).not.toHaveProperty("max_tokens");
  });

  test("say how answers are delivered, unless the case does", () => {
    expect(withDefaults("{ stream: both }")?.variants).toEqual(["stream", "body"]);
    expect(withDefaults("{ stream: both }", "    stream: false\n")?.variants).toEqual(["body"]);
    expect(withDefaults("{ stream: both }")?.request).not.toHaveProperty("stream");
  });

  test("reach /responses under its own names, and embeddings not at all", () => {
    const more = `  - id: second
    category: other
    detects: another path
    api: API
    request: { input: hello }
    expect: {}
`;
    const defaults = "{ temperature: 0, max_tokens: 100, seed: 7, presence_penalty: 0 }";
    expect(withDefaults(defaults, more.replace("API", "responses"))?.request).toEqual({
      input: "hello",
      temperature: 0,
      max_output_tokens: 100,
    });
    const embeddings = withDefaults(defaults, more.replace("API", "embeddings"));
    expect(embeddings?.request).toEqual({ input: "hello" });
    expect(embeddings?.variants).toEqual(["body"]);
  });
});

describe("what a person may write shorter", () => {
  const expected = (expectation: string, more = "") =>
    parse(ONE_CASE.replace("{ contains: hello }", expectation) + more).set.cases[0];

  test("tool calls are a list, or a map with their count and order", () => {
    expect(expected("{ tool_calls: [{ name: f }] }")?.expect).toEqual({ tool_calls: [{ name: "f" }] });
    expect(expected("{ tool_calls: { calls: [{ name: f }], count: at_least, ordered: true } }")?.expect).toEqual({
      tool_calls: [{ name: "f" }],
      tool_calls_count: "at_least",
      tool_calls_ordered: true,
    });
  });

  test("a reference is a text or an assistant message", () => {
    expect(expected("{}", "    reference: Hello!\n")?.reference).toEqual({ content: "Hello!" });
    const message = "{ role: assistant, content: null, tool_calls: [{ name: f, arguments: { a: 1 } }] }";
    expect(expected("{}", `    reference: ${message}\n`)?.reference).toEqual({
      content: null,
      tool_calls: [{ name: "f", arguments: { a: 1 } }],
    });
  });

  test("a JSON Schema's $ref is never touched", () => {
    const schema = '{ $ref: "#/$defs/a", $defs: { a: { type: string } } }';
    expect(expected(`{ is_json: ${schema} }`)?.expect.is_json).toEqual({
      $ref: "#/$defs/a",
      $defs: { a: { type: "string" } },
    });
  });
});

describe("a mistake is one line: place, what was found, what was expected", () => {
  const inExpect = (expectation: string) => refusal(ONE_CASE.replace("{ contains: hello }", expectation));
  const inRequest = (keys: string) => refusal(ONE_CASE.replace("Say hello. }] }", `Say hello. }], ${keys} }`));

  test("an unknown key, with the nearest known one", () => {
    expect(inExpect("{ contain: hello }")).toEqual([
      'set.yaml:7:15: unknown key "contain" in "cases.0.expect"; did you mean "contains"?',
    ]);
    expect(refusal(ONE_CASE.replace("detects", "detect"))).toEqual([
      'set.yaml:5:5: unknown key "detect" in "cases.0"; did you mean "detects"?',
    ]);
  });

  test("bad YAML", () => {
    expect(refusal("name: [\n")).toEqual([
      expect.stringMatching(/^set\.yaml:2:1: not valid YAML: .+; mend the syntax/),
    ]);
  });

  test("an empty file, no cases, none in the list", () => {
    expect(refusal("")).toEqual(["set.yaml:1:1: the file is empty; expected a map"]);
    expect(refusal("name: small\n")).toEqual(['set.yaml:1:1: "cases" is missing; expected a list']);
    expect(refusal("name: small\ncases: []\n")).toEqual(['set.yaml:2:8: "cases" is []; expected at least 1 item']);
  });

  test("an id that is used twice, with both places", () => {
    expect(refusal(ONE_CASE + ONE_CASE.split("\n").slice(2).join("\n"))).toEqual([
      'set.yaml:8:9: duplicate id "first"; it is already used at set.yaml:3:9, choose another',
    ]);
  });

  test("an id that is not kebab-case", () => {
    expect(refusal(ONE_CASE.replace("id: first", "id: First_Case"))).toEqual([
      'set.yaml:3:9: "cases.0.id" is "First_Case"; expected a name in kebab-case, such as tools-single-weather',
    ]);
  });

  test("a regular expression that is none", () => {
    expect(inExpect("{ regex: 'a(' }")).toEqual([
      expect.stringMatching(/^set\.yaml:7:22: not a regular expression: .+; expected JavaScript syntax/),
    ]);
    expect(inExpect("{ tool_calls: [{ name: f, arguments: { a: { matches: '[' } } }] }")).toEqual([
      expect.stringMatching(/^set\.yaml:7:66: not a regular expression: /),
    ]);
  });

  test("a JSON Schema that is none, and a misspelt keyword in one", () => {
    expect(inExpect("{ is_json: { type: strin } }")).toEqual([
      expect.stringMatching(/^set\.yaml:7:24: not a JSON Schema: .+; expected JSON Schema 2020-12$/),
    ]);
    expect(inExpect("{ is_json: { type: object, requird: [a] } }")).toEqual([
      expect.stringMatching(/^set\.yaml:7:24: not a JSON Schema: .*"requird"/),
    ]);
  });

  test("a relaxed argument of the wrong type", () => {
    expect(inExpect("{ tool_calls: [{ name: f, arguments: { a: { any_of: x } } }] }")).toEqual([
      'set.yaml:7:65: "any_of" is "x"; expected a list',
    ]);
  });

  test("a tool_choice that names an unknown tool", () => {
    const tools = "tools: [{ type: function, function: { name: get_weather } }]";
    expect(inRequest(`${tools}, tool_choice: { type: function, function: { name: get_wether } }`)).toEqual([
      'set.yaml:6:140: tool_choice names "get_wether", which the request does not declare; did you mean "get_weather"?',
    ]);
  });

  test("keys that belong elsewhere", () => {
    expect(inRequest("stream: true")).toEqual([
      'set.yaml:6:65: "stream" in the request; write "stream" beside "request"',
    ]);
    expect(inRequest("model: gpt-4o")).toEqual([
      'set.yaml:6:65: "model" in the request; models are mapped in the configuration, by category',
    ]);
    expect(refusal(`defaults: { prompt: hello }\n${ONE_CASE}`)).toEqual([
      'set.yaml:1:13: "prompt" in "defaults"; defaults are settings; a prompt belongs to its case, a model to the configuration',
    ]);
  });

  test("a request without its API's prompt, and an embeddings case that streams", () => {
    expect(refusal(`${ONE_CASE}    api: embeddings\n    stream: true\n`)).toEqual([
      'set.yaml:6:5: the request has no prompt; api "embeddings" needs "input"',
      "set.yaml:9:13: an embeddings case with stream: true; embeddings have no stream",
    ]);
  });

  test("all mistakes at once, in the order of the file", () => {
    const text = ONE_CASE.replace("category: chat", "category: Chat").replace("contains: hello", "contains: 3");
    expect(refusal(text).map((line) => line.split(" ")[0])).toEqual(["set.yaml:4:15:", "set.yaml:7:25:"]);
  });

  test("the error exits as a mistake of usage", () => {
    expect(() => parse("")).toThrow(TwintailError);
    expect(() => parse("")).toThrow(expect.objectContaining({ exitCode: 2 }));
  });
});
