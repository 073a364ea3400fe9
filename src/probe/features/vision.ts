/** Pictures in the prompt. */
import { shown } from "../../check/evidence.js";
import { asArray, asObject } from "../../decode/json.js";
import { contentOf, cutBeforeFirstWord, wasCut } from "../answer.js";
import { ANSWER_TOKENS, type Feature, verdict } from "../feature.js";
import { ORANGE, pictureUrl } from "../picture.js";

/** Guesses of a model that sees nothing are other colours: orange is seldom the first that comes to mind. */
const COLOUR = "orange";
const OTHER_COLOURS = /\b(?:red|blue|green|yellow|purple|violet|pink|black|white|gr[ae]y|brown|cyan|magenta|teal)\b/i;

const vision: Feature = {
  id: "vision",
  name: "picture in the prompt",
  keys: [],
  model: "vision",
  uses: ({ api }, request) => api === "chat" && asArray(request.messages).some(hasPicture),
  requests: ({ settings }) => [
    {
      part: "colour",
      api: "chat",
      variant: "body",
      request: {
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: "This picture has a single colour. Name it in one word." },
              { type: "image_url", image_url: { url: pictureUrl(ORANGE) } },
            ],
          },
        ],
        ...settings(ANSWER_TOKENS),
      },
      expect: { icontains: COLOUR },
    },
  ],
  judge(answers) {
    const answer = answers.one("colour");
    const text = contentOf(answer);
    const colour = answer.golden.expect.icontains ?? COLOUR;
    if (text.toLowerCase().includes(colour)) return verdict("supported", `named the colour ${colour}: ${shown(text)}`);
    const cut = cutBeforeFirstWord(answer);
    if (cut !== null) return cut;
    if (wasCut(answer)) return verdict("unclear", `cut at ${ANSWER_TOKENS} tokens: ${shown(text)}`);
    if (OTHER_COLOURS.test(text)) return verdict("broken", `named another colour than ${colour}: ${shown(text)}`);
    return verdict("ignored", `named no colour: ${shown(text)}`);
  },
};

function hasPicture(message: unknown): boolean {
  return asArray(asObject(message)?.content).some((part) => asObject(part)?.type === "image_url");
}

export const VISION_FEATURES: readonly Feature[] = [vision];
