import type { GoldenCase, GoldenSet, Reference } from "../../src/golden/golden-set.js";

export function goldenCase(id: string, request: Readonly<Record<string, unknown>>, reference: Reference): GoldenCase {
  return {
    id,
    category: "test",
    tags: [],
    detects: "nothing",
    api: "chat",
    variants: ["stream"],
    repeat: 1,
    prefix: "unique",
    request,
    expect: {},
    reference,
  };
}

export const goldenSet = (...cases: GoldenCase[]): GoldenSet => ({ name: "test", cases });

export const user = (content: string): { messages: { role: string; content: string }[] } => ({
  messages: [{ role: "user", content }],
});
