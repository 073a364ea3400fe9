/**
 * What GitHub's runner does with a line of output and with its files, as facts of its source (actions/runner, MIT:
 * ActionCommand.cs, FileCommandManager.cs), stricter than it is: every name counts as a command.
 */

export interface Command {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly data: string;
}

/** The commands that a runner would find in an output, in any line of it. */
export function commandsIn(output: string): Command[] {
  return output.split(/\r\n|\n|\r/).flatMap((line) => {
    const command = colonCommand(line) ?? bracketCommand(line);
    return command === null ? [] : [command];
  });
}

/** `::name key=value,key=value::data`, after white space; characters without width are passed over too. */
function colonCommand(line: string): Command | null {
  const text = line.replace(/^[\s\p{C}\p{M}\p{Z}]+/u, "");
  if (!text.startsWith("::")) return null;
  const end = text.indexOf("::", 2);
  if (end < 0) return null;
  const [name = "", ...rest] = text.slice(2, end).split(" ");
  const properties = pairs(rest.join(" ").trim(), ",", (value) =>
    unescaped(value, { "%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%" }),
  );
  return { name, properties, data: unescaped(text.slice(end + 2), { "%0D": "\r", "%0A": "\n", "%25": "%" }) };
}

/** `##[name key=value;key=value]data`, anywhere; Azure's `##vso[…]` and TeamCity's `##teamcity[…]` alike. */
function bracketCommand(line: string): Command | null {
  const found = /##[a-z]*\[([^\]]*)\](.*)/i.exec(line);
  if (found === null) return null;
  const [name = "", ...rest] = (found[1] ?? "").split(" ");
  return { name, properties: pairs(rest.join(" "), ";", (value) => value), data: found[2] ?? "" };
}

function pairs(text: string, separator: string, read: (value: string) => string): Record<string, string> {
  return Object.fromEntries(
    text.split(separator).flatMap((pair) => {
      const at = pair.indexOf("=");
      return at < 1 || at === pair.length - 1 ? [] : [[pair.slice(0, at), read(pair.slice(at + 1))]];
    }),
  );
}

/** One replacement after the other, in the order given, as the runner does. */
function unescaped(text: string, mapping: Readonly<Record<string, string>>): string {
  return Object.entries(mapping).reduce((given, [token, character]) => given.replaceAll(token, character), text);
}

/** Reads a file of `name=value` lines and `name<<delimiter` blocks; throws where the runner does. */
export function outputsIn(file: string): Record<string, string> {
  const outputs: Record<string, string> = {};
  const lines = file.split("\n");
  while (lines.length > 0) {
    const line = lines.shift() ?? "";
    if (line === "") continue;
    const equals = line.indexOf("=");
    const block = line.indexOf("<<");
    if (equals >= 0 && (block < 0 || equals < block)) outputs[line.slice(0, equals)] = line.slice(equals + 1);
    else if (block > 0 && block + 2 < line.length) {
      const end = lines.indexOf(line.slice(block + 2));
      if (end < 0) throw new Error(`delimiter of ${line} not found`);
      outputs[line.slice(0, block)] = lines
        .splice(0, end + 1)
        .slice(0, -1)
        .join("\n");
    } else throw new Error(`invalid format: ${line}`);
  }
  return outputs;
}
