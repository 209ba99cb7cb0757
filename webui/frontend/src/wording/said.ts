/**
 * What the server says in English, in another language: found in a catalogue by what it is made
 * from, with `{}` for what varies. `oppleo_flow/wording/said` tells more, and does the same.
 */

import { later } from "../shell/later";

type Known = Record<string, string>;
interface Form {
  /** What every such text has in it, quick to look for. */
  sign: string;
  pattern: RegExp;
  said: string;
}
export type Say = (text: string) => string;

const CATALOGUES = import.meta.glob<Known>("../../../../oppleo_flow/wording/said/*/*.json", {
  import: "default",
});
const DEEP = 5;
const BETWEEN = ["; ", ": "];
/** What varies, where it is no sentence that was put together of several; else it is anything. */
const ONE = "((?:(?!; |: )[^])*?)";
const ANY = "([^]*?)";
const REMEMBERED = 2000;

const FOLDER = "../../../../oppleo_flow/wording/said";

/** Return what says in a language what was said in English; what is not known stays as it is. */
export async function saidIn(language: string, names: string[]): Promise<Say> {
  const files = names.map(async (name) => {
    const load = CATALOGUES[`${FOLDER}/${language}/${name}.json`];
    return load ? later(load) : {};
  });
  return saying(Object.assign({}, ...(await Promise.all(files))) as Known);
}

function saying(known: Known): Say {
  const plain = new Map(Object.entries(known));
  const heard = new Map<string, string | undefined>();
  // The one with the most words of its own comes first: it says most exactly what is meant.
  const varying = [...plain]
    .filter(([text]) => text.includes("{}"))
    .sort(([one], [other]) => other.length - one.length);
  const [exact, loose] = [ONE, ANY].map((varies) =>
    varying.map(([text, said]) => form(text, varies, said)),
  ) as [Form[], Form[]];

  function found(text: string, deep: number): string | undefined {
    const asked = `${deep} ${text}`;
    if (!heard.has(asked)) heard.set(asked, sought(text, deep));
    return heard.get(asked);
  }

  const sought = (text: string, deep: number): string | undefined =>
    plain.get(text) ??
    fitted(exact, text, deep) ??
    parted(text, deep, 2) ??
    fitted(loose, text, deep) ??
    parted(text, deep, 1);

  /** Return a text by the form that it has, with what varies put into words too. */
  function fitted(forms: Form[], text: string, deep: number): string | undefined {
    for (const { sign, pattern, said } of forms) {
      const values = text.includes(sign) ? pattern.exec(text)?.slice(1) : undefined;
      if (values) return filled(said, values.map((one) => (deep && found(one, deep - 1)) || one));
    }
    return undefined;
  }

  /** Return a text that was put together of two, if at least so many of them are known. */
  function parted(text: string, deep: number, least: number): string | undefined {
    for (const between of BETWEEN) {
      const at = text.indexOf(between);
      if (at < 0 || !deep) continue;
      const parts = [text.slice(0, at), text.slice(at + between.length)];
      const said = parts.map((one) => found(one, deep - 1));
      if (said.filter((one) => one !== undefined).length >= least)
        return said.map((one, index) => one ?? parts[index]).join(between);
    }
    return undefined;
  }

  return (text) => {
    if (heard.size > REMEMBERED) heard.clear();
    return found(text, DEEP) ?? text;
  };
}

function form(text: string, varies: string, said: string): Form {
  const parts = text.split("{}");
  const literal = (part: string) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const pattern = new RegExp(`^${parts.map(literal).join(varies)}$`);
  return { sign: parts.reduce((one, other) => (other.length > one.length ? other : one)), pattern, said };
}

/** Return a text with its values: `{}` is the next one, `{2}` the second. */
function filled(text: string, words: string[]): string {
  let next = 0;
  return text.replace(/\{(\d?)\}/g, (_place, which: string) => words[which ? Number(which) - 1 : next++] ?? "");
}
