/** Rules about where a request was sent: redirects, and paths that look wrong. twintail never follows a redirect. */
import { header } from "../../recording/headers.js";
import { type Rule, rule, type WireView } from "./rule.js";
import { firstText } from "./wire.js";

interface Redirect {
  readonly from: URL;
  readonly to: URL;
  readonly evidence: string;
}

/** Where the answer sends the client; null when it is no redirect or cannot be read. */
function redirectOf({ attempt, baseUrl, path }: WireView): Redirect | null {
  const { status = 0 } = attempt;
  const location = header(attempt, "location");
  if (status < 300 || status >= 400 || location === null || baseUrl === null) return null;
  try {
    const from = new URL(path ?? new URL(baseUrl).pathname, baseUrl);
    return { from, to: new URL(location, from), evidence: `status ${status}, location: ${location}` };
  } catch {
    return null;
  }
}

const otherOrigin = rule(
  {
    id: "redirect-other-origin",
    subject: "addresses",
    severity: "breaks",
    message:
      "the endpoint redirects to another host: SDKs follow, drop the key on the way, and report a 401 of the other host",
    clients: "openai-node (fetch) and openai-python (httpx) follow redirects and remove `Authorization` across origins",
    setting: "`baseUrl` with the address it redirects to, if it is to be trusted with the key",
  },
  (view) => {
    const redirect = redirectOf(view);
    if (redirect === null || redirect.to.hostname === redirect.from.hostname) return null;
    return redirect.evidence;
  },
);

const otherScheme = rule(
  {
    id: "redirect-other-scheme",
    subject: "addresses",
    severity: "breaks",
    message:
      "the endpoint redirects to another scheme or port: the key has crossed the network already, and is dropped on the way",
    clients:
      "openai-node (fetch) removes `Authorization`; openai-python (httpx) keeps it only from port 80 to 443; both turn a POST into a GET on 301 and 302",
    setting: "`baseUrl` with `https://`",
  },
  (view) => {
    const redirect = redirectOf(view);
    if (redirect === null || redirect.to.hostname !== redirect.from.hostname) return null;
    return redirect.to.origin === redirect.from.origin ? null : redirect.evidence;
  },
);

const sameOrigin = rule(
  {
    id: "redirect-same-origin",
    subject: "addresses",
    severity: "differs",
    message:
      "the endpoint redirects to another path of its own, often for a slash: each request is sent twice, if it survives",
    clients:
      "openai-node and openai-python turn a POST into a GET on 301, 302 and 303; clients that do not follow fail",
    setting: "`baseUrl` with the path it redirects to",
  },
  (view) => {
    const redirect = redirectOf(view);
    return redirect !== null && redirect.to.origin === redirect.from.origin ? redirect.evidence : null;
  },
);

const redirectNowhere = rule(
  {
    id: "redirect-unreadable",
    subject: "addresses",
    severity: "breaks",
    message: "a redirect does not say where to: clients stop with an error of their own",
    clients: "every client that follows redirects",
  },
  ({ attempt }) => {
    const { status = 0 } = attempt;
    if (![301, 302, 303, 307, 308].includes(status)) return null;
    const location = header(attempt, "location");
    if (location === null) return `status ${status}, no location`;
    return URL.canParse(location, "http://host/") ? null : `status ${status}, location: ${location}`;
  },
);

/** A version segment, or the end of a path, that stands twice. */
const DOUBLED = /\/(v\d+)(?:\/[^/\s"']+)*\/\1(?:\/|$)|\/(chat\/completions|embeddings|responses)\/\2\b/;

const doubled = rule(
  {
    id: "path-doubled",
    subject: "addresses",
    severity: "breaks",
    message:
      "404, and a part of the path stands twice: the base address has a part that the client or a hop adds again",
    clients: "SDKs whose base address ends in `/v1` behind a gateway that adds `/v1` itself",
    setting: "`baseUrl` without the part that is added",
  },
  ({ attempt, path, completion }) => {
    if (attempt.status !== 404) return null;
    const said = `${completion.error?.message ?? ""} ${firstText(attempt)}`;
    if (path !== null && DOUBLED.test(path)) return `status 404, path: ${path}`;
    return DOUBLED.test(said) ? `status 404, path: ${path ?? "unknown"}: ${said.trim()}` : null;
  },
);

/** A code that says no more than the status does. Any other comes from an API that was found. */
const NOTHING_HERE = /^(?:404|unknown_?url|(?:page|path|resource|route|url)?[ _-]?not[ _-]?found)$/i;

const versionMissing = rule(
  {
    id: "path-without-version",
    subject: "addresses",
    severity: "breaks",
    message: "404 on a path without a version: the base address seems to lack `/v1`",
    clients: "every SDK: the path is the base address and `/chat/completions`",
    setting: "`baseUrl` ending in `/v1`",
  },
  ({ attempt, path, completion }) => {
    // Azure's addresses name a deployment, and have no version before it.
    if (attempt.status !== 404 || path === null || /\/v\d|\/deployments\//.test(path)) return null;
    // A model that does not exist is a 404 too.
    const { code = null, message = "" } = completion.error ?? {};
    if ((code !== null && code !== "" && !NOTHING_HERE.test(code)) || /\bmodel\b/i.test(message)) return null;
    return `status 404, path: ${path}`;
  },
);

export const addressRules: readonly Rule[] = [
  otherOrigin,
  otherScheme,
  sameOrigin,
  redirectNowhere,
  doubled,
  versionMissing,
];
