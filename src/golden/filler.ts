/**
 * Prose to fill a context window with: plausible sentences that say nothing, the same for the same specification.
 * Its words are a harbour keeper's; a needle is found by its content, not by standing out in style alone.
 */
import { type Random, seededRandom } from "../core/random.js";

/** A sentence hidden in the prose, at a depth from 0 (the beginning) to 1 (the end). */
export interface Needle {
  readonly at: number;
  readonly text: string;
}

export interface Filler {
  /** The prose ends with the first sentence that reaches this count; needles are not counted. */
  readonly words: number;
  readonly seed?: number | string;
  readonly needles?: readonly Needle[];
  /** Paragraphs before and after the prose, not counted. */
  readonly before?: string;
  readonly after?: string;
}

/** Writes the prose. Each needle stands between two sentences, at the boundary nearest to its depth in words. */
export function fillerText(filler: Filler): string {
  const random = seededRandom(filler.seed ?? 1, "filler");
  const sentences: string[] = [];
  const wordsBefore = [0];
  let words = 0;
  while (words < filler.words) {
    const sentence = writeSentence(random);
    words += countWords(sentence);
    sentences.push(sentence);
    wordsBefore.push(words);
  }
  const needles = new Map<number, string[]>();
  for (const { at, text } of filler.needles ?? []) {
    const boundary = nearestIndex(wordsBefore, at * words);
    needles.set(boundary, [...(needles.get(boundary) ?? []), text.trim()]);
  }
  const breaks = seededRandom(filler.seed ?? 1, "paragraphs");
  const paragraphs: string[][] = [[]];
  let left = 4 + breaks.int(5);
  for (let boundary = 0; boundary <= sentences.length; boundary++) {
    paragraphs.at(-1)?.push(...(needles.get(boundary) ?? []));
    const sentence = sentences[boundary];
    if (sentence === undefined) break;
    paragraphs.at(-1)?.push(sentence);
    if (--left === 0) {
      paragraphs.push([]);
      left = 4 + breaks.int(5);
    }
  }
  const prose = paragraphs.filter((sentencesOf) => sentencesOf.length > 0).map((sentencesOf) => sentencesOf.join(" "));
  return [filler.before, ...prose, filler.after].filter((part) => part !== undefined).join("\n\n");
}

function countWords(text: string): number {
  return text.split(/\s+/).length;
}

function nearestIndex(ascending: readonly number[], target: number): number {
  let best = 0;
  for (const [index, value] of ascending.entries()) {
    if (Math.abs(value - target) < Math.abs((ascending[best] ?? 0) - target)) best = index;
  }
  return best;
}

function writeSentence(random: Random): string {
  const pattern = pick(random, PATTERNS);
  const sentence = pattern.replace(/\{(\w+)\}/g, (_slot, name: keyof typeof WORDS) => pick(random, WORDS[name]));
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

function pick<T>(random: Random, items: readonly T[]): T {
  return items[random.int(items.length)] as T;
}

const PATTERNS = [
  "{person} {did} {thing} {place}.",
  "{when}, {person} {did} {thing}, and nobody {minded}.",
  "{person} said that {weather}, so the crew {did} {thing} instead.",
  "The {adjective} {vessel} came in {when} with a load of {cargo}.",
  "{when}, {weather}, and the {adjective} {vessel} stayed {place}.",
  "There was {cargo} to count, and {person} took {amount} to do it.",
  "After {amount} of waiting, {person} {did} {thing} {place}.",
  "{person} asked for {cargo}; the store had none, so {person} {did} {thing}.",
  "A {adjective} gull sat {place} while {person} {did} {thing}.",
  "{weather}, which {person} wrote down as a matter of habit.",
  "Because {weather}, the {vessel} lost {amount} and arrived {when}.",
  "{person} {did} {thing}, went {place}, and came back without a word.",
  "The {cargo} was stacked {place} and covered with a {adjective} cloth.",
  "Nobody remembers who {did} {thing}, but {person} was thanked for it.",
  "{when}, the bell rang for {amount}, and {person} {did} {thing}.",
  "{person} paid for the {cargo} in coins, counted twice, and left {when}.",
] as const;

const WORDS = {
  person: [
    "the keeper",
    "the harbour master",
    "old Marten",
    "the pilot's sister",
    "the cook",
    "a young deckhand",
    "the rope maker",
    "the widow from the mill",
    "the customs clerk",
    "a visiting surveyor",
    "the baker's boy",
    "the night watch",
    "Captain Hale",
    "the schoolteacher",
    "the ferryman",
    "one of the painters",
  ],
  did: [
    "mended",
    "carried",
    "inspected",
    "painted",
    "forgot",
    "borrowed",
    "measured",
    "sold",
    "cleaned",
    "described",
    "repaired",
    "moved",
    "labelled",
    "weighed",
    "polished",
    "returned",
  ],
  thing: [
    "the long net",
    "a crate of lamps",
    "the brass compass",
    "two spare oars",
    "the tide table",
    "a coil of tarred rope",
    "the signal flags",
    "the broken ladder",
    "a bundle of letters",
    "the kitchen stove",
    "the weather glass",
    "a pair of boots",
    "the blue rowing boat",
    "the anchor chain",
    "a basket of eels",
    "the ledger of the previous year",
  ],
  place: [
    "by the south pier",
    "behind the salt house",
    "near the old crane",
    "at the end of the mole",
    "under the lantern",
    "beside the chapel wall",
    "on the lower steps",
    "in the sail loft",
    "along the shingle",
    "outside the tavern",
    "next to the slipway",
    "across the basin",
    "in the shade of the warehouse",
    "at the foot of the hill",
  ],
  when: [
    "early in the morning",
    "shortly before noon",
    "late in the afternoon",
    "on the second day of the week",
    "after the evening meal",
    "when the tide had turned",
    "in the last light",
    "just after the mail boat",
    "before anyone was awake",
    "at the usual hour",
    "a little later than planned",
    "during the quiet season",
  ],
  weather: [
    "the wind had gone round to the west",
    "fog lay on the water",
    "it rained without a pause",
    "the sea was as flat as a table",
    "a thin frost covered the planks",
    "the clouds hung low over the bay",
    "there was more sun than anyone expected",
    "the swell came in from the open sea",
    "the air smelled of smoke and seaweed",
    "a warm breeze moved the flags",
  ],
  adjective: [
    "grey",
    "narrow",
    "patched",
    "restless",
    "heavy",
    "familiar",
    "crooked",
    "patient",
    "faded",
    "sturdy",
    "nameless",
    "weathered",
    "small",
    "solemn",
  ],
  vessel: ["schooner", "ferry", "trawler", "barge", "cutter", "tugboat", "coaster", "pilot boat", "ketch", "dinghy"],
  cargo: [
    "barley",
    "slate",
    "salted cod",
    "timber",
    "paraffin",
    "apples",
    "roof tiles",
    "wool",
    "printed paper",
    "clay pipes",
    "rope yarn",
    "coal",
    "glass bottles",
    "seed potatoes",
  ],
  amount: [
    "half an hour",
    "most of the day",
    "three quarters of an hour",
    "a whole week",
    "ten minutes",
    "two long evenings",
    "the better part of a morning",
    "an afternoon",
  ],
  minded: ["minded", "noticed", "complained", "asked why", "was surprised", "wrote it down"],
} as const;
