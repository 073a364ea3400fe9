import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeBytes } from "../../src/recording/reads.js";
import { maskKeys, withoutKeys } from "../../src/redact/keys.js";
import { attempt, exchange } from "../recording/exchange-builder.js";

const KEY = "sk-abcdef0123456789";

describe("keys", () => {
  it("are masked in echoed bodies, headers and messages, in place and with equal lengths", () => {
    const made = exchange([
      attempt({
        reads: [
          [1, `your key ${KEY.slice(0, 7)}`],
          [2, `${KEY.slice(7)} is wrong`],
        ],
        headers: [["x-echo", `Bearer ${KEY}`]],
        outcome: { kind: "network", phase: "body", code: "X", message: `refused ${KEY}` },
      }),
    ]);
    const clean = withoutKeys(made, [KEY]);
    expect(JSON.stringify(clean)).not.toContain("abcdef");
    expect(clean.attempts[0]?.reads.map(([at, bytes]) => [at, decodeBytes(bytes).length])).toEqual(
      made.attempts[0]?.reads.map(([at, bytes]) => [at, decodeBytes(bytes).length]),
    );
    expect(clean.attempts[0]?.reads.map(([, bytes]) => bytes)).toEqual(["your key *******", "************ is wrong"]);
  });

  it("are masked inside compressed bodies, which are then written down opened", () => {
    const body = gzipSync(`{"error":{"message":"bad key ${KEY}"}}`);
    const made = attempt({
      status: 401,
      headers: [["content-encoding", "gzip"]],
      reads: [
        [1, { b64: body.subarray(0, 30).toString("base64") }],
        [2, { b64: body.subarray(30).toString("base64") }],
      ],
    });
    const [clean] = withoutKeys(exchange([made]), [KEY]).attempts;
    const text = clean?.reads.map(([, bytes]) => decodeBytes(bytes).toString()).join("");
    expect(text).toBe(`{"error":{"message":"bad key ${"*".repeat(KEY.length)}"}}`);
    expect([clean?.headers, clean?.reads.length]).toEqual([[["content-encoding", "identity"]], 2]);
    // Without a key in it, it stays as it came.
    expect(withoutKeys(exchange([made]), ["another-key-0123"]).attempts[0]?.reads).toEqual(made.reads);
  });

  it("are masked as a URL or base64 writes them", () => {
    const key = "sk-a+b/c=d0123";
    for (const written of [encodeURIComponent(key), Buffer.from(key).toString("base64").replace(/=+$/, "")]) {
      const [clean] = withoutKeys(exchange([attempt({ headers: [["location", `https://x/?k=${written}&z`]] })]), [
        key,
      ]).attempts;
      expect(clean?.headers).toEqual([["location", `https://x/?k=${"*".repeat(written.length)}&z`]]);
    }
  });

  it("are masked where JSON escaped them", () => {
    const key = 'sk-a/b+c"d-012';
    for (const written of ['sk-a\\/b+c\\"d-012', "sk-a\\u002fb\\u002Bc\\u0022d-012", 'sk-a/b+c\\"d-012']) {
      const body = `{"error":{"message":"bad key ${written}"}}`;
      const clean = withoutKeys(exchange([attempt({ reads: [[1, body]] })]), [key]);
      const [, bytes] = clean.attempts[0]?.reads[0] ?? [0, ""];
      const text = decodeBytes(bytes).toString();
      expect(text).toBe(`{"error":{"message":"bad key ${"*".repeat(written.length)}"}}`);
      expect(JSON.parse(text)).toBeTruthy();
    }
  });

  it("are masked whole where one begins with another", () => {
    expect(maskKeys("sk-abcdef-tail sk-abcdef", ["sk-abcdef", "sk-abcdef-tail"])).toBe("************** *********");
  });

  it("leave everything else as it is", () => {
    const made = exchange([attempt({ reads: [[1, "nothing here"]] })]);
    expect(withoutKeys(made, [KEY])).toEqual(made);
    expect(withoutKeys(made, [])).toBe(made);
  });

  it("never survive, wherever the reads are cut", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.array(fc.nat(80), { maxLength: 6 }), (before, after, places) => {
        const text = Buffer.from(`${before}${KEY}${after}${KEY}`);
        const ends = [...new Set([...places.map((place) => Math.min(place, text.length)), text.length])].sort(
          (a, b) => a - b,
        );
        const reads = ends.map(
          (end, index) => [index, { b64: text.subarray(ends[index - 1] ?? 0, end).toString("base64") }] as const,
        );
        const clean = withoutKeys(exchange([attempt({ reads })]), [KEY]);
        const joined = Buffer.concat((clean.attempts[0]?.reads ?? []).map(([, bytes]) => decodeBytes(bytes)));
        expect(joined.includes(KEY)).toBe(false);
        expect(joined.length).toBe(text.length);
      }),
    );
  });
});
