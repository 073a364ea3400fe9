/** Every case as a row that opens to its request and to both answers of each round. */
import { printableLine } from "../../core/printable.js";
import { SIDES } from "../facts.js";
import { gravest, isDiffering, isFailing, isFailingPair, isUnlike, MAX_PAIRS } from "../gravest.js";
import { formatChange, formatCount, formatMs, formatSignificant, plural } from "../numbers.js";
import type { CaseView, ExchangeView, PairView, Report } from "../report.js";
import { answers, answerText, aside, TextBudget } from "./answers.js";
import { html, type Markup } from "./markup.js";

/** Leaves room for charts and tables on a page of about 2 MB. */
const PAGE_CHARACTERS = 800_000;

/** Pairs on the page, where every case has its share: each is about a kilobyte beside its texts. */
const PAGE_PAIRS = 1_200;
const LEAST_PAIRS = 2;

/** The rungs of the parity ladder, in words, highest first. */
export const RUNG_WORDS: readonly (readonly [rung: string, words: string])[] = [
  ["bytes", "same bytes"],
  ["text", "same text"],
  ["json", "same JSON"],
  ["tool_calls", "same tool calls"],
  ["expectations", "both as expected"],
  ["none", "not the same"],
];

/** The ids of the cases' rows; a case id may hold anything, an ordinal may not. */
export function caseAnchors(cases: readonly CaseView[]): (caseId: string) => string {
  const byId = new Map(cases.map((each, index) => [each.id, `case-${index + 1}`]));
  return (caseId) => byId.get(caseId) ?? "cases";
}

/** The filter and the list. */
export function casesList({ summary, details }: Report): Markup {
  const { cases } = details;
  const { store } = summary.run;
  const anchor = caseAnchors(cases);
  const budget = new TextBudget(PAGE_CHARACTERS);
  const categories = [...new Set(cases.map((each) => each.category))];
  const ratios = new Map(details.dots.filter((dot) => dot.metric === "e2e").map((dot) => [dot.caseId, dot.ratio]));
  const texts: Texts = { budget, stored: store === "full" };
  const most = Math.min(MAX_PAIRS, Math.max(LEAST_PAIRS, Math.floor(PAGE_PAIRS / cases.length)));
  return html`${texts.stored ? null : html`<p class="soft">${withoutTexts(store)}</p>`}<div class="filter" role="search" aria-label="filter cases">
<label class="grow"><span class="sr">Filter by text</span><input id="filter-text" type="search" placeholder="Filter by case, category or what it detects" autocomplete="off"></label>
<label><span class="sr">Category</span><select id="filter-category"><option value="">all categories</option>${categories.map((each) => html`<option>${printableLine(each, 60)}</option>`)}</select></label>
<label class="check"><input id="filter-differs" type="checkbox"> differing</label>
<label class="check"><input id="filter-fails" type="checkbox"> failing</label>
<output id="filter-count">${plural(cases.length, "case")}</output></div>
<div class="case-head" aria-hidden="true"><span>case</span><span>baseline</span><span>candidate</span><span>answers</span><span class="num">e2e</span></div>
<div class="cases">${cases.map((each) => caseRow(each, anchor(each.id), ratios.get(each.id) ?? null, texts, most))}</div>
<p id="filter-none" class="soft" hidden>No case matches.</p>`;
}

/** Why no prompt and no answer is on the page, in one line. */
function withoutTexts(store: string): string {
  return `Texts are not on this page: store is ${store}.`;
}

/** What the page may show of prompts and answers. */
interface Texts {
  readonly budget: TextBudget;
  readonly stored: boolean;
}

function caseRow(each: CaseView, id: string, ratio: number | null, texts: Texts, most: number): Markup {
  const sides = each.pairs.flatMap((pair) => [pair.baseline, pair.candidate]).filter((view) => view !== null);
  const fails = sides.some(isFailing);
  const differs = each.pairs.some(isDiffering) || Object.keys(each.left?.rungs ?? {}).some(isUnlike);
  const words = `${each.id} ${each.category} ${each.detects}`.toLowerCase();
  const tags = `${fails ? "fails " : ""}${differs ? "differs" : ""}`.trim();
  const shown = new Map<string, string>();
  const pairs = gravest(each.pairs, most, (pair) => pair);
  const left = each.pairs.length - pairs.length + (each.left?.pairs ?? 0);
  const first = firstWorth(pairs);
  return html`<details class="case" id="${id}" data-words="${printableLine(words, 400)}" data-category="${printableLine(each.category, 60)}" data-tags="${tags}">
<summary><span class="name"><b>${printableLine(each.id, 60)}</b><span class="soft">${printableLine(`${each.category}: ${each.detects}`, 120)}</span></span>
${SIDES.map((role) => html`<span class="marks ${role}" data-side="${role}">${pairs.map((pair) => outcomeMark(pair[role]))}</span>`)}
<span class="agree">${agreement(each)}</span><span class="num">${ratio === null ? "" : formatChange(ratio)}</span></summary>
<div class="body">${each.notTested.map((reason) => html`<p class="untested">Not tested: ${reason}</p>`)}
${left === 0 ? null : html`<p class="soft">${plural(left, "pair")} more of this case, none graver than these: exchanges.csv has all.</p>`}
${pairs.map((pair, index) => pairBlock(pair, index === first, shown, texts))}
${texts.stored ? aside("request", each.requestText, texts.budget) : null}</div></details>
`;
}

/** The pair that is open at first: one that failed, else one that differs, else the first. */
function firstWorth(pairs: readonly PairView[]): number {
  const failing = pairs.findIndex(isFailingPair);
  return failing !== -1 ? failing : Math.max(0, pairs.findIndex(isDiffering));
}

function pairBlock(pair: PairView, open: boolean, shown: Map<string, string>, texts: Texts): Markup {
  const name = `round ${pair.round + 1}, ${pair.variant}${pair.control ? ", control" : ""}`;
  const inner = html`${timings(pair)}${checks(pair)}${texts.stored ? saidIn(pair, name, shown, texts.budget) : null}`;
  return html`<details class="pair"${open ? html` open` : null}><summary><b>${name}</b> <span class="soft">${rungWords(pair)}</span></summary>${inner}</details>`;
}

function saidIn(pair: PairView, name: string, shown: Map<string, string>, budget: TextBudget): Markup {
  const views = [pair.baseline, pair.candidate];
  const key = JSON.stringify(views.map((view) => view && answerText(view)));
  const earlier = shown.get(key);
  if (earlier === undefined) shown.set(key, name);
  const texts =
    earlier === undefined
      ? answers(pair.baseline, pair.candidate, budget)
      : html`<p class="soft">The same two answers as in ${earlier}.</p>`;
  const reasoning = SIDES.map((role) => aside(`reasoning, ${role}`, pair[role]?.reasoning ?? "", budget));
  return html`${texts}${reasoning}`;
}

function timings(pair: PairView): Markup {
  const count = (value: number | null): string => (value === null ? "–" : formatCount(value));
  const rows = SIDES.map((role) => {
    const view = pair[role];
    if (view === null)
      return html`<tr><th scope="row" class="${role}">${role}</th><td colspan="9" class="soft">not asked</td></tr>`;
    const state = view.ok ? html`${view.outcome}` : html`<b>${printableLine(view.outcome, 120)}</b>`;
    const rate = view.charRate === null ? "–" : formatSignificant(view.charRate);
    return html`<tr><th scope="row" class="${role}">${role}</th><td>${state}</td><td>${view.finishReason === null ? "–" : printableLine(view.finishReason, 40)}</td><td class="num">${formatMs(view.ttftMs)}</td><td class="num">${formatMs(view.ttfaMs)}</td><td class="num">${formatMs(view.e2eMs)}</td><td class="num">${formatMs(view.stallMs)}</td><td class="num">${rate}</td><td class="num">${count(view.outputTokens)}</td><td class="num">${count(view.attempts)}</td></tr>`;
  });
  return html`<div class="scroll" tabindex="0" role="region" aria-label="timings"><table class="timings"><thead><tr><td></td><th scope="col">outcome</th><th scope="col">finish</th><th scope="col" class="num">ttft</th><th scope="col" class="num">ttfa</th><th scope="col" class="num">e2e</th><th scope="col" class="num">stall</th><th scope="col" class="num">char/s</th><th scope="col" class="num">tokens</th><th scope="col" class="num">attempts</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function checks(pair: PairView): Markup {
  const lines = SIDES.flatMap((role) => {
    const check = pair[role]?.check;
    if (check === undefined) return [];
    if (check.excluded !== undefined)
      return [html`<li><b class="${role}">${role}</b> in no rate: ${check.excluded}</li>`];
    const unmet = check.expectations.filter((each) => !each.met);
    const faults = check.toolCalls?.faults ?? [];
    return [
      ...unmet.map(
        (each) =>
          html`<li><b class="${role}">${role}</b> ✕ <code>${each.name}</code> ${printableLine(each.detail, 300)}</li>`,
      ),
      ...faults.map(
        (each) =>
          html`<li><b class="${role}">${role}</b> ✕ <code>${each.fault}</code> ${printableLine(each.detail, 300)}</li>`,
      ),
    ];
  });
  return lines.length === 0 ? html`` : html`<ul class="checks">${lines}</ul>`;
}

function outcomeMark(view: ExchangeView | null): Markup {
  if (view === null) return html`<i class="mark-none" title="not asked">·</i>`;
  const where = `round ${view.round + 1}, ${view.variant}`;
  if (!view.ok) return html`<i class="mark-lost" title="${where}: ${printableLine(view.outcome, 80)}">▲</i>`;
  if (view.check.excluded !== undefined)
    return html`<i class="mark-none" title="${where}: ${view.check.excluded}">○</i>`;
  if (!view.check.met) return html`<i class="mark-unmet" title="${where}: expectation not met">✕</i>`;
  return html`<i class="mark-met" title="${where}: as expected">●</i>`;
}

function rungWords(pair: PairView): string {
  if (pair.parity === null) return "not compared";
  return RUNG_WORDS.find(([rung]) => rung === pair.parity?.rung)?.[1] ?? pair.parity.rung;
}

/** The lowest rung of a case's pairs, with how many stand on it when not all do. */
function agreement(each: CaseView): string {
  const counts = new Map<string, number>(Object.entries(each.left?.rungs ?? {}));
  for (const { parity } of each.pairs) if (parity !== null) counts.set(parity.rung, (counts.get(parity.rung) ?? 0) + 1);
  const compared = [...counts.values()].reduce((sum, count) => sum + count, 0);
  for (const [rung, words] of [...RUNG_WORDS].reverse()) {
    const count = counts.get(rung) ?? 0;
    if (count > 0) return count === compared ? words : `${words} in ${count} of ${compared}`;
  }
  return "not compared";
}
