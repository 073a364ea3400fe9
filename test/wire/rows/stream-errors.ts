/** Errors that come after status 200. */
import {
  answered,
  body,
  COUNTED,
  chunk,
  DONE,
  data,
  ENVELOPE,
  finish,
  HELLO,
  SAID,
  streamed,
  usageEvent,
} from "../row.js";

const OVERLOADED = { error: { message: "overloaded", type: "server_error", param: null, code: 503 } };
const said = { content: "Hello", error: { message: "overloaded", inBand: true } } as const;

export const streamErrorRows = [
  streamed({
    row: "`event: error`",
    seenAt: "Groq",
    bytes: [...HELLO, `event: error\n${data(OVERLOADED)}`].join(""),
    expects: {
      content: "Hello",
      error: {
        message: "overloaded",
        type: "server_error",
        code: "503",
        codeType: "number",
        envelope: "openai",
        inBand: true,
      },
    },
    anomalies: ["error-event", "error-in-stream"],
  }),
  streamed({
    row: "`event: error` whose data is plain text",
    seenAt: "proxies",
    bytes: [...HELLO, "event: error\ndata: upstream reset\n\n"].join(""),
    expects: { content: "Hello", error: { message: "upstream reset", envelope: "plain", inBand: true } },
    anomalies: ["error-event", "error-in-stream"],
  }),
  streamed({
    row: '`data: {"error": …}`',
    seenAt: "vLLM",
    bytes: [...HELLO, data(OVERLOADED), DONE].join(""),
    expects: { ...said, done: true },
    anomalies: ["error-in-stream"],
  }),
  streamed({
    row: "`error` beside `choices`",
    seenAt: "OpenRouter",
    bytes: [
      ...HELLO,
      data({
        ...ENVELOPE,
        choices: [{ index: 0, delta: { content: "" }, finish_reason: "error" }],
        error: { code: 502, message: "overloaded" },
      }),
      DONE,
    ].join(""),
    expects: { ...said, finishReason: "error", done: true },
    anomalies: ["error-in-stream", "error-beside-choices"],
  }),
  streamed({
    row: "`error: null` beside `choices` is none",
    seenAt: "gateways",
    bytes: [...HELLO, chunk({}, { finish_reason: "stop" }, { error: null }), usageEvent(), DONE].join(""),
    expects: { ...SAID, ...COUNTED, done: true },
  }),
  streamed({
    row: "a field named `error:`",
    seenAt: "llama.cpp",
    bytes: [...HELLO, 'error: {"code":503,"message":"overloaded","type":"unavailable_error"}\n\n'].join(""),
    expects: {
      content: "Hello",
      error: { message: "overloaded", type: "unavailable_error", code: "503", envelope: "flat", inBand: true },
    },
    anomalies: ["error-field", "error-in-stream"],
  }),
  streamed({
    row: "raw JSON after 200",
    seenAt: "Lemonade, GPUStack",
    bytes: [...HELLO, `${JSON.stringify(OVERLOADED)}\n`].join(""),
    expects: said,
    anomalies: ["raw-json-in-stream", "error-in-stream"],
  }),
  streamed({
    row: "raw JSON after 200, on many lines and without a line end",
    seenAt: "Lemonade",
    bytes: [...HELLO, JSON.stringify(OVERLOADED, null, 2)].join(""),
    expects: said,
    anomalies: ["raw-json-in-stream", "error-in-stream", "unterminated-line"],
  }),
  streamed({
    row: "a 200 whose body is only `error`, in answer to `stream: true`",
    seenAt: "OpenRouter",
    headers: [["content-type", "application/json"]],
    bytes: JSON.stringify(OVERLOADED),
    expects: { error: { message: "overloaded", envelope: "openai", inBand: true }, choices: 0 },
    anomalies: ["body-for-stream", "error-in-body"],
  }),
  answered({
    row: "a 200 whose body is only `error`",
    seenAt: "OpenRouter, gateways",
    bytes: OVERLOADED,
    expects: { error: { message: "overloaded", envelope: "openai", inBand: true }, choices: 0 },
    anomalies: ["error-in-body"],
  }),
  answered({
    row: "`error` beside `choices` in a body",
    seenAt: "OpenRouter",
    bytes: body({ content: "Hello" }, { finish_reason: "error" }, { error: { code: 502, message: "overloaded" } }),
    expects: { ...said, finishReason: "error", ...COUNTED },
    anomalies: ["error-beside-choices"],
  }),
  answered({
    row: "`error` inside the choice",
    seenAt: "OpenRouter",
    bytes: body({ content: "Hello" }, { finish_reason: "error", error: { code: 502, message: "overloaded" } }),
    expects: { ...said, finishReason: "error", ...COUNTED },
    anomalies: ["error-beside-choices"],
  }),
  streamed({
    row: "a fabricated `stop` after an upstream reset",
    seenAt: "LiteLLM",
    bytes: [...HELLO, finish(), DONE].join(""),
    expects: { ...SAID, done: true },
  }),
];
