/** Old and new client libraries from the npm registry, installed for real. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { parseSdkChoices } from "../../src/clients/sdk-choice.js";
import { replayThroughClients } from "../../src/clients.js";
import { content, DONE, event, finish } from "../recording/exchange-builder.js";
import { bytewise, CLEAN, stream, TOOLS, toolPiece, writeRecording } from "./answers.js";

const skipped = process.env.TWINTAIL_REGISTRY !== "1";
if (skipped) console.info("tests of other SDK versions are skipped: set TWINTAIL_REGISTRY=1 to install them from npm");

const LLAMA_CPP = fileURLToPath(new URL("../recordings/llama-cpp.jsonl", import.meta.url));
// Made only where it is used: nothing is cleared away where all tests are skipped.
const cache = skipped ? "" : mkdtempSync(join(tmpdir(), "twintail-registry-"));
afterAll(() => rmSync(cache, { recursive: true }), 60_000);

const replay = (path: string, sdks: string) =>
  replayThroughClients(path, {
    sdks: parseSdkChoices(sdks),
    cache,
    install: { environment: process.env },
    command: "",
    endpoints: ["baseline", "candidate"],
    all: false,
  });

describe.skipIf(skipped)("SDKs of the registry", () => {
  it("read llama.cpp's answers, and old helpers lose usage", { timeout: 300_000 }, async () => {
    const { results, clients } = await replay(LLAMA_CPP, "openai@4.20,openai@4,openai@latest,ai@4,ai@5,ai@6,ai@latest");
    expect(clients[0]?.packages).toEqual({ openai: "4.20.1" });
    for (const { packages } of clients.slice(3))
      expect(Object.keys(packages)).toEqual(["ai", "@ai-sdk/openai-compatible"]);
    const bad = results.filter(({ verdict }) => !["parsed", "error"].includes(verdict));
    expect(new Set(bad.map(({ client, call, lost }) => `${client} ${call}: ${lost.map(({ what }) => what)}`))).toEqual(
      new Set(["openai 4.20.1 chat.completions.stream: usage"]),
    );
  });

  it("differ in what they lose", { timeout: 300_000 }, async () => {
    const role = event({ role: "assistant", content: "" });
    const calls = ["get_weather", "get_time"].map((name, index) =>
      toolPiece(undefined, `c${index}`, name, '{"city":"Oslo"}'),
    );
    const recording = writeRecording(join(cache, "drifts.jsonl"), {
      bytes: { candidate: bytewise([role, content("Grüße"), finish(), DONE].join("")) },
      half: { candidate: stream(CLEAN.slice(0, 3)) },
      calls: { candidate: stream([role, ...calls, finish("tool_calls"), DONE]), request: TOOLS },
    });
    const { results } = await replay(recording, "openai@4.20,openai@4,ai@4,ai@5");
    const verdicts = results
      .filter(({ call }) => call !== "chat.completions.stream")
      .map(({ client, caseId, verdict }) => `${client.split(".")[0]} ${caseId}: ${verdict}`);
    expect(verdicts).toEqual([
      "openai 4 bytes: lost", // It decoded each read by itself.
      "openai 4 half: swallowed",
      "openai 4 calls: lost",
      "openai 4 bytes: parsed",
      "openai 4 half: swallowed",
      "openai 4 calls: lost",
      "ai 4 bytes: parsed",
      "ai 4 half: swallowed",
      "ai 4 calls: lost",
      "ai 5 bytes: parsed",
      "ai 5 half: swallowed",
      "ai 5 calls: parsed",
    ]);
  });
});
