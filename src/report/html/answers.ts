/** Two answers side by side with what differs marked, under a budget of characters for the whole page. */
import { diffWordsWithSpace } from "diff";
import type { EndpointRole } from "../../config/settings.js";
import { formatCount } from "../numbers.js";
import type { ExchangeView } from "../report.js";
import { html, type Markup } from "./markup.js";

/** An answer longer than this is cut on the page; the recording has it whole. */
const ANSWER_CHARACTERS = 6_000;
/** Texts longer than this are shown without marks: a diff of two long, unlike texts takes seconds. */
const DIFF_CHARACTERS = 4_000;
/** Insertions and deletions after which a diff gives up; a count, not a time, so that a page is reproducible. */
const DIFF_EDITS = 600;
const STUB_CHARACTERS = 400;

/** Characters that the page may still spend on texts. */
export class TextBudget {
  #left: number;

  constructor(characters: number) {
    this.#left = characters;
  }

  /** Counts what a text became beyond itself: escapes and marks. */
  charge(characters: number): void {
    this.#left -= Math.max(0, characters);
  }

  /** As much of the text as may be shown, and whether that is all of it. */
  take(text: string, most = ANSWER_CHARACTERS): { text: string; cut: boolean } {
    const room = Math.min(most, Math.max(STUB_CHARACTERS, this.#left));
    // A surrogate pair is not parted.
    const end = text.length <= room ? text.length : room - (/[\ud800-\udbff]/.test(text[room - 1] ?? "") ? 1 : 0);
    this.#left -= end;
    return { text: text.slice(0, end), cut: end < text.length };
  }
}

/** What an exchange said as one text: answer, refusal and tool calls under each other. */
export function answerText(view: ExchangeView): string {
  const calls = view.toolCalls.map((call) => `→ ${call.name}(${indented(call.argumentsText)})`);
  const refusal = view.refusal === null ? [] : [`[refusal] ${view.refusal}`];
  return [...(view.content === null || view.content === "" ? [] : [view.content]), ...refusal, ...calls].join("\n");
}

/** Both answers; one column when they are the same. */
export function answers(baseline: ExchangeView | null, candidate: ExchangeView | null, budget: TextBudget): Markup {
  const left = baseline === null ? null : budget.take(answerText(baseline));
  if (baseline && candidate && left && answerText(baseline) === answerText(candidate)) {
    return html`<div class="answers one"><section><h5>both endpoints</h5>${block(html`${left.text}`, left.cut || baseline.textCut, answerText(baseline))}</section></div>`;
  }
  const right = candidate === null ? null : budget.take(answerText(candidate));
  const marked = left && right ? diffMarks(left.text, right.text) : null;
  if (marked)
    budget.charge(
      marked.left.text.length + marked.right.text.length - (left?.text.length ?? 0) - (right?.text.length ?? 0),
    );
  const side = (
    role: EndpointRole,
    view: ExchangeView | null,
    taken: typeof left,
    marks: Markup | undefined,
  ): Markup => {
    if (view === null || taken === null)
      return html`<section class="${role}"><h5>${role}</h5><p class="soft">not asked</p></section>`;
    const body = marks ?? html`${taken.text}`;
    return html`<section class="${role}"><h5>${role}</h5>${block(body, taken.cut || view.textCut, answerText(view))}</section>`;
  };
  return html`<div class="answers">${side("baseline", baseline, left, marked?.left)}${side("candidate", candidate, right, marked?.right)}</div>`;
}

/** A text of one side behind a button, such as its reasoning; null when there is none. */
export function aside(name: string, text: string, budget: TextBudget): Markup | null {
  if (text === "") return null;
  const taken = budget.take(text, 2_000);
  return html`<details class="aside"><summary>${name} <span class="soft">${formatCount(text.length)} characters</span></summary>${block(html`${taken.text}`, taken.cut, text)}</details>`;
}

function block(body: Markup, cut: boolean, whole: string): Markup {
  if (whole === "") return html`<p class="soft">no text</p>`;
  const note = cut ? html`<p class="soft cut">cut here; the whole text is in recording.jsonl</p>` : null;
  return html`<pre dir="auto" tabindex="0">${body}</pre>${note}`;
}

function diffMarks(left: string, right: string): { left: Markup; right: Markup } | null {
  if (left === "" || right === "" || Math.max(left.length, right.length) > DIFF_CHARACTERS) return null;
  const parts = diffWordsWithSpace(left, right, { maxEditLength: DIFF_EDITS });
  if (parts === undefined) return null;
  return {
    left: html`${parts.filter((part) => !part.added).map((part) => (part.removed ? html`<del>${part.value}</del>` : html`${part.value}`))}`,
    right: html`${parts.filter((part) => !part.removed).map((part) => (part.added ? html`<ins>${part.value}</ins>` : html`${part.value}`))}`,
  };
}

function indented(argumentsText: string | null): string {
  if (argumentsText === null || argumentsText.length > DIFF_CHARACTERS) return argumentsText ?? "";
  try {
    return JSON.stringify(JSON.parse(argumentsText), null, 2);
  } catch {
    return argumentsText;
  }
}
