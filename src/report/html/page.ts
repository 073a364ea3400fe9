/**
 * The shell of every page: self-contained, no network, no handler in an attribute, and a content security policy that allows
 * exactly the style and the script it was made with.
 */
import { createHash } from "node:crypto";
import { html, Markup } from "./markup.js";

export interface Page {
  readonly title: string;
  /** Ours, as `style.ts` and its neighbours have it. */
  readonly style: string;
  /** Ours; a page without it allows none. */
  readonly script?: string;
  readonly bodyClass?: string;
  /** What stands between the body's tags, the script left out. */
  readonly body: Markup;
}

export function pageText({ title, style, script, bodyClass, body }: Page): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policyOf(style, script)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${new Markup(style)}</style>
</head>
<body${bodyClass === undefined ? null : html` class="${bodyClass}"`}>
${body}
${
  script === undefined
    ? null
    : html`<script>${new Markup(script)}</script>
`
}</body>
</html>
`.text;
}

function policyOf(style: string, script: string | undefined): string {
  const hash = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  const scripts = script === undefined ? "" : ` script-src ${hash(script)};`;
  return `default-src 'none'; style-src ${hash(style)};${scripts} base-uri 'none'; form-action 'none'`;
}
