import { describe, expect, it } from "vitest";
import { printable, printableJson, printableLine } from "../../src/core/printable.js";

describe("printable", () => {
  it("shows control sequences and direction overrides instead of obeying them", () => {
    expect(printable("\u001b[2Jgone")).toBe("\\u{1b}[2Jgone");
    expect(printable("a\u202eb\u2066c")).toBe("a\\u{202e}b\\u{2066}c");
    expect(printable("a\rb")).toBe("a\\rb");
    expect(printable("\u009b31m")).toBe("\\u{9b}31m");
  });

  it("shows text that nobody would see", () => {
    expect(printable("a\u{e0041}\u{e007f}b\ufff9\u206a")).toBe("a\\u{e0041}\\u{e007f}b\\u{fff9}\\u{206a}");
  });

  it("keeps JSON the same value, without a control character in it", () => {
    const value = { "k\u009b31m": ["\u001b[2J\u007f\u202e\u2028\u{e0041}\ud800", "한국어 👩‍👩‍👧\n\t"] };
    const text = printableJson(value);
    expect(JSON.parse(text)).toEqual(value);
    expect(text).toContain("\\u009b31m");
    expect(text).toContain("\\udb40\\udc41");
    expect(text).toContain("한국어 👩‍👩‍👧");
    expect([...text].filter((character) => /[\u007f-\u009f\u2028-\u202e]/.test(character))).toEqual([]);
    expect(printableJson({ plain: [1, "a"] })).toBe(JSON.stringify({ plain: [1, "a"] }, null, 2));
  });

  it("leaves text, tabs, line feeds and emoji alone", () => {
    expect(printable("한국어\tشكرا\n👩‍👩‍👧")).toBe("한국어\tشكرا\n👩‍👩‍👧");
  });

  it("cuts by characters and says so", () => {
    expect(printableLine("abcdef", 4)).toBe("abc…");
    expect(printableLine("a\nb", 10)).toBe("a⏎b");
    expect(printableLine("👍👍👍", 3)).toBe("👍👍👍");
  });
});
