/** Which proxy a request goes through, by the environment variables that other clients read too. */
import { TwintailError } from "../core/errors.js";
import { isLoopback } from "./load.js";
import type { EndpointSettings } from "./settings.js";

type Environment = Readonly<Record<string, string | undefined>>;

export interface HttpProxy {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Value of `proxy-authorization`; never recorded. */
  readonly authorization?: string;
  /** Every form in which a proxy may repeat its credentials. */
  readonly secrets?: readonly string[];
}

/**
 * The proxy of an endpoint; null when it is reached directly. `https_proxy` is for https endpoints, `http_proxy` for the
 * others, lower case first; hosts of `no_proxy` (`*`, a name, a domain with or without its dot, with or without a port)
 * and loopback addresses are reached directly.
 * @throws TwintailError when the variable holds no http or https URL.
 */
export function proxyOf(
  { baseUrl, proxyFrom }: Pick<EndpointSettings, "baseUrl" | "proxyFrom">,
  environment: Environment,
): HttpProxy | null {
  if (proxyFrom === "none") return null;
  const url = new URL(baseUrl);
  if (isLoopback(url.hostname)) return null;
  const names = url.protocol === "https:" ? ["https_proxy", "HTTPS_PROXY"] : ["http_proxy", "HTTP_PROXY"];
  const name = names.find((each) => (environment[each] ?? "") !== "");
  if (name === undefined) return null;
  const noProxy = environment.no_proxy || environment.NO_PROXY || "";
  if (isExcepted(url, noProxy)) return null;
  return parseProxy(environment[name] ?? "", name);
}

function parseProxy(text: string, name: string): HttpProxy {
  let url: URL;
  try {
    // curl and others take a bare host and port.
    url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  } catch {
    throw new TwintailError({ cause: `the value of ${name} is not a URL`, remedy: "write it as http://host:port" });
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new TwintailError({
      cause: `${name} names a ${url.protocol}// proxy, which is not supported`,
      remedy: "use an http:// or https:// proxy, or set proxy: none for the endpoint",
    });
  }
  if (url.username === "" && url.password === "") return { origin: url.origin };
  const [user, password] = [unescaped(url.username), unescaped(url.password)];
  const credentials = Buffer.from(`${user}:${password}`).toString("base64");
  return {
    origin: url.origin,
    authorization: `Basic ${credentials}`,
    secrets: [credentials, `${user}:${password}`, password, url.password],
  };
}

/** A percent sign that begins no escape stands for itself: passwords have them. */
function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function isExcepted(url: URL, noProxy: string): boolean {
  const host = url.hostname.toLowerCase();
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== "")
    .some((entry) => {
      if (entry === "*") return true;
      const [, name = "", ofPort] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
      if (ofPort !== undefined && ofPort !== port) return false;
      const domain = name.replace(/^\*?\./, "");
      return domain !== "" && (host === domain || host.endsWith(`.${domain}`));
    });
}
