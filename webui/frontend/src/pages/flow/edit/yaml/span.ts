/** What differs between two texts: one stretch of the first, and what stands there in the second. */

export interface Span {
  from: number;
  to: number;
  insert: string;
}

/** Return the least stretch that differs; nothing where they are the same. */
export function spanOf(one: string, other: string): Span | undefined {
  if (one === other) return undefined;
  const least = Math.min(one.length, other.length);
  let [from, end] = [0, 0];
  while (from < least && one[from] === other[from]) from++;
  while (end < least - from && one.at(-1 - end) === other.at(-1 - end)) end++;
  return { from, to: one.length - end, insert: other.slice(from, other.length - end) };
}

/** Some lines of a text, counted from 1, and what is to stand there. */
export interface Lines {
  first: number;
  /** The last one; one less than the first where nothing is replaced. */
  last: number;
  /** With the line ends that belong to it. */
  text: string;
  /** What stood there. */
  was: string;
}

/** Return the fewest whole lines that differ; nothing where the texts are the same. */
export function linesOf(one: string, other: string): Lines | undefined {
  if (one === other) return undefined;
  const [old, wanted] = [split(one), split(other)];
  const least = Math.min(old.length, wanted.length);
  let [from, end] = [0, 0];
  while (from < least && old[from] === wanted[from]) from++;
  while (end < least - from && old.at(-1 - end) === wanted.at(-1 - end)) end++;
  return {
    first: from + 1,
    last: old.length - end,
    text: wanted.slice(from, wanted.length - end).join(""),
    was: old.slice(from, old.length - end).join(""),
  };
}

/** Return the lines, each with its end. */
function split(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}
