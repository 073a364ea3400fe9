/** A strict reader of the little XML that our tests meet: throws on whatever is not well-formed. */

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Its own text, references resolved. */
  readonly text: string;
}

const NAMED: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
const ATTRIBUTE = /\s+([A-Za-z][\w-]*)="([^"<]*)"/y;
const ILLEGAL = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u;

export function readXml(document: string): XmlElement {
  const illegal = ILLEGAL.exec(document);
  if (illegal) throw new Error(`U+${illegal[0].charCodeAt(0).toString(16)} at ${illegal.index} is not allowed in XML`);
  const head = '<?xml version="1.0" encoding="UTF-8"?>\n';
  if (!document.startsWith(head)) throw new Error("no XML declaration");
  let at = head.length;
  const failed = (what: string): Error => new Error(`${what} at ${at}: ${document.slice(at, at + 60)}`);
  const resolved = (text: string): string =>
    text.replace(/&([^;]*;?)/g, (_, name: string) => {
      const character = NAMED[name.slice(0, -1)];
      if (character === undefined || !name.endsWith(";")) throw failed(`unknown reference &${name}`);
      return character;
    });
  const element = (): XmlElement => {
    const opening = /<([A-Za-z][\w-]*)/y;
    opening.lastIndex = at;
    const name = opening.exec(document)?.[1];
    if (name === undefined) throw failed("no element");
    at = opening.lastIndex;
    const attributes: Record<string, string> = {};
    for (;;) {
      ATTRIBUTE.lastIndex = at;
      const found = ATTRIBUTE.exec(document);
      if (found === null) break;
      const [, key = "", value = ""] = found;
      if (key in attributes) throw failed(`attribute ${key} twice`);
      attributes[key] = resolved(value);
      at = ATTRIBUTE.lastIndex;
    }
    if (document.startsWith("/>", at)) {
      at += 2;
      return { name, attributes, children: [], text: "" };
    }
    if (document[at] !== ">") throw failed("no end of a tag");
    at++;
    const children: XmlElement[] = [];
    let text = "";
    while (!document.startsWith(`</${name}>`, at)) {
      const next = document.indexOf("<", at);
      if (next < 0) throw failed(`${name} has no end`);
      text += resolved(document.slice(at, next));
      at = next;
      if (!document.startsWith("</", at)) children.push(element());
      else if (!document.startsWith(`</${name}>`, at)) throw failed(`${name} is not closed`);
    }
    at += name.length + 3;
    return { name, attributes, children, text };
  };
  const root = element();
  if (document.slice(at).trim() !== "") throw failed("text after the root");
  return root;
}

/** All elements of one name, in the order of the document. */
export function elements(root: XmlElement, name: string): XmlElement[] {
  return [...(root.name === name ? [root] : []), ...root.children.flatMap((child) => elements(child, name))];
}
