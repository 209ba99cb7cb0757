/** Where in a YAML file somebody types, as far as the lines above tell: it need not be whole. */

/** What is asked for when something is to be offered. */
export interface Where {
  /** The keys around, from the outermost on; of `nodes: meter: in: |` these are all but the last. */
  path: string[];
  /** The key whose value is typed; null where a key itself is. */
  key: string | null;
  /** What stands there already, up to the cursor. */
  typed: string;
}

const KEY = /^([\w./-]+|"[^"]*"|'[^']*')\s*:(?=\s|$)/;

/** Return where the end of the last of these lines is; nothing within a comment. */
export function whereIs(lines: readonly string[]): Where | undefined {
  const last = lines.at(-1) ?? "";
  if (/(^|\s)#/.test(last)) return undefined;
  let [indent, rest] = [indentOf(last), last.trimStart()];
  let item = false;
  for (let dash = /^-(\s+|$)/.exec(rest); dash; dash = /^-(\s+|$)/.exec(rest)) {
    [indent, rest, item] = [indent + dash[0].length, rest.slice(dash[0].length), true];
  }
  const found = KEY.exec(rest);
  const above = keysAbove(lines.slice(0, -1), item ? indentOf(last) + 1 : indent);
  if (found) return { path: above, key: bare(found[1]!), typed: typedIn(rest.slice(found[0].length)) };
  if (item) return { path: above.slice(0, -1), key: above.at(-1) ?? null, typed: typedIn(rest) };
  return { path: above, key: null, typed: rest };
}

/** Return the keys that a line with this indent is in, from the outermost on. */
function keysAbove(lines: readonly string[], indent: number): string[] {
  const keys: string[] = [];
  for (let at = lines.length - 1; at >= 0 && indent > 0; at--) {
    const line = lines[at]!;
    const text = line.trimStart();
    if (!text || text.startsWith("#") || indentOf(line) >= indent) continue;
    const dash = /^(-\s+)*/.exec(text)![0];
    const inner = indentOf(line) + dash.length; // of `- name: x` the key stands further right
    const found = KEY.exec(text.slice(dash.length));
    if (found && inner < indent) keys.unshift(bare(found[1]!));
    indent = indentOf(line) + (dash ? 1 : 0); // a list may stand level with its key
  }
  return keys;
}

/** Return the part of a value that is being typed: the last one of a list in brackets. */
function typedIn(value: string): string {
  return value.slice(Math.max(value.lastIndexOf("["), value.lastIndexOf("{"), value.lastIndexOf(",")) + 1).trimStart();
}

function bare(key: string): string {
  return /^["']/.test(key) ? key.slice(1, -1) : key;
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
