/** The frame of each part of the page. */
import { html, type Markup } from "./markup.js";

export function section(id: string, heading: string, lead: string, body: Markup): Markup {
  return html`<section class="part" id="${id}" aria-labelledby="${id}-heading"><h2 id="${id}-heading">${heading}</h2><p class="lead">${lead}</p>
${body}</section>
`;
}

/** A table in a container of its own, so that a phone scrolls the table and not the page. */
export function scrolling(label: string, table: Markup): Markup {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${label}">${table}</div>`;
}
