/** What is told by its form as personal data, and what is not. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeAttempt } from "../../src/decode/decode.js";
import { decodeBytes } from "../../src/recording/reads.js";
import { storedExchange } from "../../src/redact/exchange.js";
import { personalDataIn } from "../../src/redact/personal-data.js";
import { attempt, exchange } from "../recording/exchange-builder.js";
import { chunk, DONE, finish, ROLE, text } from "../wire/row.js";
import { cutAt } from "../wire/streams.js";

const found = (said: string): string[] => personalDataIn(said).map(({ start, end }) => said.slice(start, end));

const PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----";
const IN: Readonly<Record<string, string>> = {
  "an e-mail address": "jane.doe+news@mail.example.co.uk",
  "an address with letters of its own": "jürgen@müller.example",
  "an international number": "+49 151 23456789",
  "an international number in one piece": "+4915123456789",
  "an American number": "(555) 010-9999",
  "an American number with a country": "+1 (555) 010-9999",
  "a British number": "020 7946 0958",
  "a German number": "0151/23456789",
  "a French number": "06 12 34 56 78",
  "a card": "4111 1111 1111 1111",
  "a card in one piece": "5555555555554444",
  "a card of fifteen digits": "3782-822463-10005",
  "an IBAN": "DE89 3704 0044 0532 0130 00",
  "an IBAN in one piece": "GB82WEST12345698765432",
  "a social security number": "078-05-1120",
  "a public address": "8.8.4.4",
  "a public address of version 6": "2a00:1450:4001:82a::200e",
  "an OpenAI key": "sk-proj-abcDEF0123456789_-xyz",
  "an Anthropic key": "sk-ant-api03-abcdefghijklmnop",
  "an AWS key": "AKIAIOSFODNN7EXAMPLE",
  "a GitHub token": "ghp_0123456789abcdefghij0123456789abcdef",
  "a fine-grained GitHub token": "github_pat_11ABCDEFG0123456789_abcdef",
  "a Slack token": "xoxb-123456789012-abcdefghij",
  "a Google key": "AIzaSyA-1234567890abcdefghijklmnopqrstu",
  "a JSON web token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
  "a private key": PEM,
  "a bearer token": "Bearer abcdef0123456789abcdef",
};

const NONE = [
  "It took 1234567890 tokens, 15.7 % of 4000000000000.",
  "2024-01-31T09:00:00Z, 12:30:45, 1999-2024, 01-02-2024",
  "v1.2.3.4567 and 127.0.0.1, 10.0.0.8, 192.168.1.1, ::1",
  "call f(a, b) at a@b, std::vector<int>, a::b::c",
  "order 4111111111111112 is no card, DE89 3704 0044 0532 0130 01 is no IBAN",
  "id 550e8400-e29b-41d4-a716-446655440000, sha 9f86d081884c7d659a2feaa0c55ad015",
  "1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 3.14159265358979",
  "the task-force sk-learn, bearer of news",
];

describe("personal data", () => {
  it.each(Object.entries(IN))("is %s", (_name, value) => {
    expect(found(`Here it is: ${value}, and no more.`)).toEqual([value]);
    expect(found(value)).toEqual([value]);
  });

  it.each(NONE)("is not: %s", (said) => expect(found(said)).toEqual([]));

  it("is found in linear time", () => {
    const size = 200_000;
    for (const unit of ["@", "a@", "+1", "0", "1 ", "eyJ", "sk-", "A1", "1.", "a:", "-----BEGIN "]) {
      const started = performance.now();
      personalDataIn(unit.repeat(size / unit.length));
      expect(performance.now() - started, unit).toBeLessThan(2_000);
    }
  });
});

function redactedText(bytes: Buffer, cuts: readonly number[]): { said: string; calls: unknown; masked: number } {
  const reads = cutAt(bytes, cuts).map((piece, index) => [index + 1, { b64: piece.toString("base64") }] as const);
  const { attempts, masked = 0 } = storedExchange(exchange([attempt({ reads })]), [], "redacted");
  const [clean] = attempts;
  if (clean === undefined) throw new Error("no attempt");
  const written = Buffer.concat(clean.reads.map(([, each]) => decodeBytes(each))).toString();
  const completion = decodeAttempt(clean, "chat", "stream");
  const said = [written, completion.content, completion.reasoning, completion.toolCalls[0]?.argumentsText].join("\n");
  return { said, calls: completion.toolCalls[0]?.arguments, masked };
}

const OF_ANY = fc.constantFrom(...Object.values(IN).filter((value) => value !== PEM));
const places = fc.array(fc.nat(), { maxLength: 8 });

/** A text in deltas of a few characters. */
function inDeltas(said: string, sizes: readonly number[]): string[] {
  const characters = [...said];
  const deltas: string[] = [];
  for (let i = 0; characters.length > 0; i++)
    deltas.push(characters.splice(0, 1 + ((sizes[i % sizes.length] ?? 0) % 4)).join(""));
  return deltas;
}

describe("a redacted answer", () => {
  it("has no piece of it left, however it lies over deltas, reads and escapes", () => {
    fc.assert(
      fc.property(OF_ANY, fc.array(fc.nat(), { minLength: 3 }), places, fc.boolean(), (value, sizes, cuts, escaped) => {
        const events = inDeltas(`It is ${value} – "yes".`, sizes).map(text);
        const plain = [ROLE, ...events, finish(), DONE].join("");
        const sent = escaped
          ? plain.replace(/[é-ü–@]/g, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`)
          : plain;
        const { said, masked } = redactedText(Buffer.from(sent), cuts);
        expect(said).not.toContain(value);
        expect(said).toContain('"yes".');
        expect(masked).toBe(1);
      }),
      { numRuns: 150 },
    );
  });

  it("keeps arguments JSON of the same keys, where the data is a string, escaped, or a bare number", () => {
    fc.assert(
      fc.property(OF_ANY, fc.array(fc.nat(), { minLength: 3 }), places, (value, sizes, cuts) => {
        const args = JSON.stringify({ to: `a\n${value}\n"b"`, card: 4111111111111111, n: 3 });
        const events = inDeltas(args, sizes).map((piece) =>
          chunk({ tool_calls: [{ index: 0, id: "c", type: "function", function: { name: "f", arguments: piece } }] }),
        );
        const { said, calls, masked } = redactedText(
          Buffer.from([ROLE, ...events, finish("tool_calls"), DONE].join("")),
          cuts,
        );
        expect(said).not.toContain(value);
        expect(calls).toEqual({ to: expect.stringMatching(/^a\n.*\n"b"$/s), card: 1111111111111111, n: 3 });
        expect(masked).toBe(2);
      }),
      { numRuns: 100 },
    );
  });

  it("keeps what clients decide by, ids and usage among it", () => {
    const id = "chatcmpl-4111111111111111";
    const made = chunk({ content: "Hi" }, {}, { id, model: "user@host/model", system_fingerprint: "8.8.4.4" });
    const bytes = Buffer.from([made, finish(), DONE].join(""));
    expect(redactedText(bytes, []).masked).toBe(0);
  });

  it("hides sessions and addresses in headers", () => {
    const headers = [
      ["set-cookie", "session=abc"],
      ["x-owner", "ops@example.com, please"],
      ["x-request-id", "req_4111111111111111"],
    ] as const;
    const [clean] = storedExchange(exchange([attempt({ headers, reads: [[1, "ok"]] })]), [], "redacted").attempts;
    expect(clean?.headers).toEqual([
      ["set-cookie", "###########"],
      ["x-owner", "###############, please"],
      ["x-request-id", "req_4111111111111111"],
    ]);
  });
});
