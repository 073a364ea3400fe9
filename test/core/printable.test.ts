import { describe, expect, it } from "vitest";
import { printable, printableLine } from "../../src/core/printable.js";

describe("printable", () => {
  it("shows control sequences and direction overrides instead of obeying them", () => {
    expect(printable("\u001b[2Jgone")).toBe("\\u{1b}[2Jgone");
    expect(printable("a\u202eb\u2066c")).toBe("a\\u{202e}b\\u{2066}c");
    expect(printable("a\rb")).toBe("a\\rb");
    expect(printable("\u009b31m")).toBe("\\u{9b}31m");
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
