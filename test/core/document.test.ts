import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { checkDocument, nearest, parseDocument, readDocument } from "../../src/core/document.js";
import { TwintailError } from "../../src/core/errors.js";

const parse = (text: string) => parseDocument(text, "a.yaml");

const schema = z.strictObject({
  name: z.string(),
  order: z.enum(["random", "serial"]).optional(),
  count: z.int().positive().max(10).optional(),
  tags: z.array(z.string()).min(2).optional(),
  inner: z.strictObject({ depth: z.number() }).optional(),
  either: z.union([z.strictObject({ left: z.number() }), z.strictObject({ right: z.number() })]).optional(),
});

function mistakes(text: string): string[] {
  try {
    checkDocument(parse(text), schema);
  } catch (error) {
    return (error as Error).message.split("\n");
  }
  return [];
}

describe("places", () => {
  const document = parse("a: 1\nb:\n  - x\n  - { c: y }\nd: &anchor { e: 2 }\nf: *anchor\n");

  test("are of values, and of keys on request", () => {
    expect(document.place(["a"])).toBe("a.yaml:1:4");
    expect(document.place(["a"], "key")).toBe("a.yaml:1:1");
    expect(document.place(["b", 0])).toBe("a.yaml:3:5");
    expect(document.place(["b", 1, "c"])).toBe("a.yaml:4:10");
    expect(document.place(["b", 1, "c"], "key")).toBe("a.yaml:4:7");
  });

  test("are of the nearest parent where a value is absent", () => {
    expect(document.place(["b", 1, "nope"])).toBe("a.yaml:4:5");
    expect(document.place([])).toBe("a.yaml:1:1");
  });

  test("follow an alias to where its value stands", () => {
    expect(document.place(["f", "e"])).toBe("a.yaml:5:17");
  });
});

describe("what is no YAML", () => {
  const refused = (text: string): string => {
    try {
      parse(text);
    } catch (error) {
      expect(error).toBeInstanceOf(TwintailError);
      return (error as Error).message;
    }
    return "";
  };

  test("is told with its place", () => {
    expect(refused("a: 1\na: 2\n")).toBe("a.yaml:2:1: not valid YAML: Map keys must be unique; mend the syntax there");
    expect(refused("a: [1\n")).toMatch(/^a\.yaml:2:1: not valid YAML: /);
  });

  test("names an alias without an anchor", () => {
    expect(refused("a: *b\n")).toBe("a.yaml: the alias *b has no anchor; write &b before the value that it stands for");
  });

  test("has one document, and no value that holds itself", () => {
    expect(refused("a: 1\n---\nb: 2\n")).toBe(
      "a.yaml:2:1: more than one YAML document; write one, without --- between its parts",
    );
    for (const text of ["a: &x [*x]\n", "a: &x { b: { c: *x } }\n"]) {
      expect(refused(text)).toBe("a.yaml: an alias stands within what it stands for; write that part out");
    }
    expect(parse("a: &x [1]\nb: [*x, *x]\n").value).toEqual({ a: [1], b: [[1], [1]] });
  });

  test("is bounded in aliases and depth", () => {
    const ten = (anchor: string, of: string) => `${anchor}: &${anchor} [${Array(10).fill(of).join(", ")}]\n`;
    expect(refused(ten("a", "1") + ten("b", "*a") + ten("c", "*b") + ten("d", "*c"))).toContain(
      "too many YAML aliases",
    );
    expect(refused(`a: ${"[".repeat(20_000)}`)).toContain("nested too deeply");
  });
});

describe("a file", () => {
  test("that is missing, or too large, is told", () => {
    const folder = mkdtempSync(join(tmpdir(), "twintail-document-"));
    try {
      const file = join(folder, "large.yaml");
      writeFileSync(file, "#".repeat(5 * 1024 * 1024));
      expect(() => readDocument(file, "golden set")).toThrow(/the golden set has 5242880 bytes; keep it under 4194304/);
      expect(() => readDocument(join(folder, "none.yaml"), "golden set")).toThrow(/none\.yaml: no such golden set/);
      expect(() => readDocument(folder, "golden set")).toThrow(/cannot be read \(EISDIR\)/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("what does not fit the schema is told as place, found, expected", () => {
  test.each([
    ["", "a.yaml:1:1: the file is empty; expected a map"],
    ["- 1\n", "a.yaml:1:1: the file is [1]; expected a map"],
    ["order: random\n", 'a.yaml:1:1: "name" is missing; expected a text'],
    ["name: 3\n", 'a.yaml:1:7: "name" is 3; expected a text'],
    [
      "name: x\norder: randm\n",
      'a.yaml:2:8: "order" is "randm"; expected "random" or "serial", did you mean "random"?',
    ],
    ["name: x\ncount: 0\n", 'a.yaml:2:8: "count" is 0; expected a number above 0'],
    ["name: x\ncount: 11\n", 'a.yaml:2:8: "count" is 11; expected a number of at most 10'],
    ["name: x\ncount: 1.5\n", 'a.yaml:2:8: "count" is 1.5; expected a whole number'],
    ["name: x\ntags: [a]\n", 'a.yaml:2:7: "tags" is ["a"]; expected at least 2 items'],
    ["name: x\ntags: a\n", 'a.yaml:2:7: "tags" is "a"; expected a list'],
    ["name: x\ninner: { depth: deep }\n", 'a.yaml:2:17: "inner.depth" is "deep"; expected a number'],
    ["name: x\ninner: {}\n", 'a.yaml:2:8: "inner.depth" is missing; expected a number'],
    ["name: x\ninner: { depth: 1, dept: 2 }\n", 'a.yaml:2:20: unknown key "dept" in "inner"; did you mean "depth"?'],
    ["name: x\ninner: { depth: 1, zzz: 2 }\n", 'a.yaml:2:20: unknown key "zzz" in "inner"; expected "depth"'],
  ])("%j", (text, line) => {
    expect(mistakes(text)).toEqual([line]);
  });

  test("a misspelt required key is told once", () => {
    expect(mistakes("nam: x\n")).toEqual(['a.yaml:1:1: unknown key "nam"; did you mean "name"?']);
  });

  test("a union is told by the branch that was most likely meant", () => {
    expect(mistakes("name: x\neither: { left: far }\n")).toEqual([
      'a.yaml:2:17: "either.left" is "far"; expected a number',
    ]);
  });

  test("all mistakes come at once, in the order of the file", () => {
    const lines = mistakes("count: 0\nodd: 1\nname: 3\n");
    expect(lines.map((line) => line.split(":")[1])).toEqual(["1", "2", "3"]);
  });
});

describe("the nearest word", () => {
  test("is within a third of the word's length", () => {
    expect(nearest("temprature", ["temperature", "top_p"])).toBe("temperature");
    expect(nearest("Temperature", ["temperature"])).toBe("temperature");
    expect(nearest("colour", ["temperature", "top_p"])).toBeUndefined();
    expect(nearest("x", [])).toBeUndefined();
  });
});
