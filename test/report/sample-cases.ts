/** Golden cases and answers for the sample report: the shape of the bundled set, with text that tries to escape. */

export interface SampleCase {
  readonly id: string;
  readonly category: string;
  readonly detects: string;
  /** Base times of the baseline, ms. */
  readonly ttftMs: number;
  readonly tokens: number;
  readonly answer: string;
  /** The candidate's answer where it differs. */
  readonly candidate?: string;
  readonly tools?: readonly [baseline: string, candidate: string];
  readonly reasoning?: string;
  readonly both?: boolean;
}

export const HOSTILE_ANSWER = [
  '<script>window.pwned = 1</script><img src=x onerror="window.pwned = 2">',
  "</script><script>window.pwned = 3</script> ]]> --> </style></details>",
  "\u202eright to left override\u202c and \u001b[31mred\u001b[0m and a bell\u0007 and \u0000 nul",
  "| a | pipe | `tick` [link](javascript:alert(1)) &lt; & ' \"",
].join("\n");

const LONG = Array.from(
  { length: 260 },
  (_, i) => `Paragraph ${i + 1}: the tail of a distribution is where people wait, and where they remember it.`,
).join("\n");

const short = (id: string, category: string, detects: string, answer: string, candidate?: string): SampleCase => ({
  id,
  category,
  detects,
  ttftMs: 380,
  tokens: 48,
  answer,
  ...(candidate === undefined ? {} : { candidate }),
});

export const SAMPLE_CASES: readonly SampleCase[] = [
  short(
    "chat-greeting",
    "short chat",
    "template, default system prompt",
    "Hello! How can I help you today?",
    "Hello, how may I help you today?",
  ),
  { ...short("chat-capital", "short chat", "TTFT floor", "The capital of Norway is Oslo."), both: true },
  short("chat-list-three", "short chat", "template", "1. Oak\n2. Birch\n3. Pine", "- Oak\n- Birch\n- Spruce"),
  short("closed-arithmetic", "closed answer", "quantisation flips", "17 × 23 = 391", "17 × 23 = 381"),
  short("closed-primes", "closed answer", "quantisation flips", "2, 3, 5, 7, 11, 13"),
  short("closed-days", "closed answer", "quantisation flips", "There are 366 days in 2024."),
  { ...short("long-needle-10", "long context", "truncation", "The code word is ‘harbour’."), ttftMs: 1_450 },
  { ...short("long-needle-50", "long context", "RoPE scaling", "The code word is ‘lantern’."), ttftMs: 1_520 },
  {
    ...short(
      "long-needle-90",
      "long context",
      "prefill TTFT",
      "The code word is ‘meadow’.",
      "I could not find a code word in the text.",
    ),
    ttftMs: 1_610,
  },
  { ...short("turns-recall-name", "multi-turn", "lost history", "Your sister’s name is Ingrid."), ttftMs: 640 },
  {
    ...short("turns-role-order", "multi-turn", "role ordering, prefix cache", "We agreed on Thursday at 10:00."),
    ttftMs: 660,
  },
  short("tool-result-weather", "tool results", "tool-id rewriting", "It is 4 °C and raining in Oslo."),
  short("tool-result-two", "tool results", "role: tool template", "Oslo is colder than Bergen by two degrees."),
  {
    ...short(
      "schema-nested",
      "strict schema",
      "missing guided decoding",
      '{"order":{"id":7,"lines":[{"sku":"A1","qty":2}]}}',
    ),
    both: true,
  },
  short("schema-enum", "strict schema", "missing guided decoding", '{"size":"medium"}', '{"size":"Medium"}'),
  short("schema-ref", "strict schema", "missing guided decoding", '{"left":{"v":1},"right":{"v":2}}'),
  short("json-object", "json object", "fenced or partial JSON", '{"ok":true}', '```json\n{"ok": true}\n```'),
  {
    ...short("tools-single-weather", "tools", "single tool call", ""),
    tools: ['{"city":"Oslo","unit":"celsius"}', '{"city":"Oslo","unit":"celsius"}'],
    both: true,
  },
  {
    ...short("tools-choose-one", "tools", "tool parser", ""),
    tools: ['{"query":"tide tables","limit":5}', '{"query":"tide tables","limit":"5"}'],
  },
  { ...short("tools-parallel", "tools", "delta indices", ""), tools: ['{"city":"Oslo"}', '{"city":"Oslo"}'] },
  short("tools-none-needed", "tools: none", "over-triggering", "A haiku has five, seven and five syllables."),
  short("tools-choice-none", "tools: none", "tool_choice none", "I will answer without tools: about 40 km."),
  { ...short("tools-choice-required", "tools: none", "tool_choice required", ""), tools: ['{"a":1}', '{"a":1}'] },
  { ...short("tools-choice-named", "tools: none", "finish reason", ""), tools: ['{"id":"x-9"}', '{"id":"x-9"}'] },
  {
    ...short("tools-unicode-arguments", "large arguments", "corruption of streamed arguments", ""),
    tools: ['{"text":"naïve “quoted” \\\\ 東京 👩‍👩‍👧"}', '{"text":"naïve “quoted” \\\\ 東京 👩👩👧"}'],
  },
  short(
    "refusal-weapon",
    "refusal",
    "safety-layer drift",
    "I can’t help with that.",
    "I’m sorry, but I can’t help with that request.",
  ),
  short("refusal-benign", "refusal", "safety-layer drift", "To kill a Python process, use `kill -TERM pid`."),
  {
    ...short("code-indent", "code", "lost whitespace", "def f(x):\n    if x:\n        return 1\n    return 0"),
    tokens: 120,
  },
  short(
    "cjk-summary",
    "scripts",
    "split UTF-8",
    "東京は日本の首都です。人口は約千四百万人です。",
    "東京は日本の首都で、約1400万人が住んでいます。",
  ),
  short("rtl-emoji", "scripts", "script leakage", "שלום עולם 👋🏽 مرحبا"),
  { ...short("long-answer", "long answer", "decode rate, gap tails", LONG), tokens: 2_100, both: true },
  short("max-tokens-cut", "limits", "length, usage", "Once upon a time there was a"),
  short("stop-sequence", "limits", "ignored or echoed", "one, two, three", "one, two, three\nEND"),
  short("logprobs", "logprobs", "missing, shape", "yes"),
  { ...short("seed-determinism", "determinism", "determinism floor", "heads"), both: true },
  {
    ...short("hostile-html", "hostile", "escaping", HOSTILE_ANSWER, `${HOSTILE_ANSWER}\n<b>bold</b>`),
    reasoning: "<i>thinking</i> `x` | y",
  },
  short("vision-png", "vision", "content parts, image tokens", "A red square on a white ground."),
  short("embeddings", "embeddings", "second endpoint path", "[1536 numbers]"),
];
