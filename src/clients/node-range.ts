/** `engines.node` of a package against a Node.js version: as much of npm's ranges as packages write there. */

/** True when the version is in the range; what cannot be read (tags, pre-releases) refuses nothing. */
export function satisfiesNode(range: string, version: string): boolean {
  const at = triple(version);
  return range.split("||").some((alternative) =>
    alternative
      .trim()
      .replaceAll(/([<>=^~]+)\s+/g, "$1")
      .split(/\s+/)
      .every((part) => meets(part, at)),
  );
}

type Triple = readonly [number, number, number];

function triple(text: string): Triple {
  const [major = 0, minor = 0, patch = 0] = text.split(".").map((part) => Number.parseInt(part, 10) || 0);
  return [major, minor, patch];
}

function meets(part: string, at: Triple): boolean {
  const [, sign = "", text] = /^(>=|<=|>|<|\^|~|=)?v?(\d+(?:\.(?:\d+|[x*]))*)$/.exec(part) ?? [];
  if (text === undefined) return true;
  const bound = triple(text);
  const order = at[0] - bound[0] || at[1] - bound[1] || at[2] - bound[2];
  switch (sign) {
    case ">=":
      return order >= 0;
    case ">":
      return order > 0;
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case "^":
      return order >= 0 && at[0] === bound[0];
    case "~":
      return order >= 0 && at[0] === bound[0] && (at[1] === bound[1] || !text.includes("."));
    default:
      return text
        .split(".")
        .every((digit, index) => digit === "x" || digit === "*" || Number(digit) === at[index as 0 | 1 | 2]);
  }
}
