/** Chat streams as a real endpoint frames them: one chunk an event, the usual envelope, words of uneven length. */
import { seededRandom } from "../dist/core/random.js";

const WORDS =
  "the a of to and in is it that for on as with was at by an be this have from or one had not but what all were when we there can your which their said if will each about how up out them then she many some so these would other into has more her two like him see time could no make than first been its who now people my made over did down only way find use may water long little very after words called just where most know get through back much before go good new write our used me man too any day same right look think also around another came come work three word must because does part even place well such here take why things help put years different away again off went old number great tell men say small every found still between name should home big give air line set own under read last never us left end along while might next sound below saw something thought both few those always looked show large often together asked house world going want school important until form food keep children feet land side without boy once animals life enough took sometimes four head above kind began almost live page got earth need far hand high year mother light parts country father let night following picture being study second eyes soon times story boys since white days ever paper hard near sentence better best across during today others however sure means knew try told young miles sun ways thing whole hear example heard several change answer room sea against top turned learn point city play toward five using himself usually naïve façade déjà résumé 東京 北京 straße".split(
    " ",
  );

/** So many tokens, most of them a word with its space, each tenth with punctuation. */
export function answerTokens(seed, count) {
  const random = seededRandom(seed, "answer");
  return Array.from({ length: count }, (_, index) => {
    const word = WORDS[random.int(WORDS.length)];
    if (index === 0) return word;
    return index % 10 === 9 ? ` ${word}.` : ` ${word}`;
  });
}

/** Events beside the tokens: role, finish reason, usage, `[DONE]`. */
export const EXTRA_EVENTS = 4;

/** The events of one answer, each with its blank line: `tokens.length + EXTRA_EVENTS` texts. */
export function chatEvents(id, tokens) {
  const head = `data: {"id":"chatcmpl-${id}","object":"chat.completion.chunk","created":1752000000,"model":"gpt-4o-2024-08-06","service_tier":"default","system_fingerprint":"fp_a288987b44","choices":[`;
  const choice = (delta, finishReason) =>
    `${head}{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${finishReason}}],"usage":null}\n\n`;
  const usage = `{"prompt_tokens":42,"completion_tokens":${tokens.length},"total_tokens":${42 + tokens.length},"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}}`;
  return [
    choice('{"role":"assistant","content":"","refusal":null}', "null"),
    ...tokens.map((token) => choice(`{"content":${JSON.stringify(token)}}`, "null")),
    choice("{}", '"stop"'),
    `${head}],"usage":${usage}}\n\n`,
    "data: [DONE]\n\n",
  ];
}
