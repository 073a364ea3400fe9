import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ONE_CASE, parse, refusal, withFolder } from "./sets.js";

const saying = (content: string): string => ONE_CASE.replace("Say hello.", content);

/** What the first message of the first case says once its include was resolved. */
function said(content: string, files: Readonly<Record<string, string | Uint8Array>>): unknown {
  return withFolder(files, (folder) => {
    const [first] = parse(saying(content), folder).set.cases;
    const messages = first?.request.messages as { content: unknown }[] | undefined;
    return messages?.[0]?.content;
  });
}

function refused(content: string, files: Readonly<Record<string, string>>): string[] {
  return withFolder(files, (folder) => refusal(saying(content), folder));
}

describe("$file", () => {
  test("takes a whole file, or what a JSON pointer leads to", () => {
    expect(said("{ $file: text.yaml }", { "text.yaml": "Say hello." })).toBe("Say hello.");
    expect(said('{ $file: "parts.yaml#/a~1b/1" }', { "parts.yaml": "a/b: [no, yes!]" })).toBe("yes!");
    expect(said('{ $file: "parts.json#/greeting" }', { "parts.json": '{"greeting": "hi"}' })).toBe("hi");
  });

  test("takes other files as text, and pictures as data URLs", () => {
    expect(said("{ $file: prompt.md }", { "prompt.md": "# Hello\n" })).toBe("# Hello\n");
    expect(said("{ $file: dot.png }", { "dot.png": new Uint8Array([1, 2, 3]) })).toBe("data:image/png;base64,AQID");
    expect(said("{ $file: a.json, as: text }", { "a.json": '{"a": 1}' })).toBe('{"a": 1}');
  });

  test("is relative to the file that it stands in", () => {
    const files = {
      "inner/outer.yaml": "text: { $file: deep/leaf.txt }",
      "inner/deep/leaf.txt": "found",
    };
    expect(said('{ $file: "inner/outer.yaml#/text" }', files)).toBe("found");
  });

  test("keeps the places of what it includes", () => {
    withFolder({ "cases.yaml": "odd:\n  id: first\n  categry: chat\n" }, (folder) => {
      const lines = refusal("name: small\ncases:\n  - { $file: cases.yaml#/odd }\n", folder);
      expect(lines[0]).toMatch(/^(.*\/)?cases\.yaml:2:3: "cases\.0\.detects" is missing/);
      expect(lines.at(-1)).toMatch(
        /^(.*\/)?cases\.yaml:3:3: unknown key "categry" in "cases\.0"; did you mean "category"\?$/,
      );
    });
  });

  test("refuses what does not exist", () => {
    expect(refused("{ $file: nope.md }", {})).toEqual([
      `set.yaml:6:59: no file "nope.md"; give a path that starts from this file's folder`,
    ]);
    expect(refused('{ $file: "a.yaml#/two" }', { "a.yaml": "one: 1" })).toEqual([
      'set.yaml:6:59: "a.yaml#/two" leads to nothing at "two"; there is one',
    ]);
    expect(refused('{ $file: "a.yaml#one" }', { "a.yaml": "one: 1" })).toEqual([
      'set.yaml:6:59: "#one" is no JSON pointer; write a.yaml#/one',
    ]);
  });

  test("never leaves the golden set's folder", () => {
    const outside = `lies outside the golden set's folder`;
    expect(refused("{ $file: ../../etc/hostname }", {})[0]).toContain(outside);
    expect(refused("{ $file: /etc/hostname }", {})[0]).toContain(outside);
    withFolder({ "secret.txt": "secret", "set/prompt.txt": "hello" }, (folder) => {
      symlinkSync(join(folder, "secret.txt"), join(folder, "set", "link.txt"));
      expect(refusal(saying("{ $file: link.txt }"), join(folder, "set"))[0]).toContain(outside);
      expect(refusal(saying("{ $file: ../set/prompt.txt }"), join(folder, "set"))).toEqual([]);
    });
  });

  test("refuses to include itself, however long the way round is", () => {
    const files = { "a.yaml": "x: { $file: b.yaml }", "b.yaml": "y: { $file: a.yaml }" };
    expect(refused("{ $file: a.yaml }", files)[0]).toMatch(/b\.yaml:1:13: "a\.yaml" includes itself; break the circle/);
  });

  test("is bounded in all, so that small files cannot fill the memory", () => {
    const tenTimes = (next: string) => `[${Array(10).fill(`{ $file: ${next} }`).join(", ")}]`;
    const files = {
      "a.yaml": tenTimes("b.yaml"),
      "b.yaml": tenTimes("c.yaml"),
      "c.yaml": tenTimes("d.yaml"),
      "d.yaml": tenTimes("e.txt"),
      "e.txt": "hello",
    };
    expect(refused("{ $file: a.yaml }", files)[0]).toContain("make the golden set smaller");
  });

  test("has no other keys", () => {
    expect(refused("{ $file: a.md, form: text }", { "a.md": "" })).toEqual([
      'set.yaml:6:65: unknown key "form"; expected "$file" or "as"',
    ]);
  });
});

describe("$filler", () => {
  test("becomes prose around its needles", () => {
    const text = said(
      '{ $filler: { words: 100, needles: [{ at: 0.5, text: "Gate: 42." }], after: "Which gate?" } }',
      {},
    );
    expect(text).toContain("Gate: 42.");
    expect(text).toMatch(/\n\nWhich gate\?$/);
  });

  test("names a key that it does not know", () => {
    expect(refused("{ $filler: { word: 100 } }", {})).toEqual([
      'set.yaml:6:63: unknown key "word" in "$filler"; did you mean "words"?',
    ]);
  });
});
