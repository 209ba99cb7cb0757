/** The few forms of Markdown that the changelog has. */

interface Part {
  text: string;
  code: boolean;
}

export interface Block {
  kind: "h3" | "h4" | "h5" | "item" | "text";
  parts: Part[];
}

/** The page's own headings come first: what is `##` there stands below them. */
const HEADINGS: Record<string, Block["kind"]> = { "##": "h3", "###": "h4", "####": "h5" };

export function blocksOf(text: string): Block[] {
  return text
    .split("\n")
    .filter((line) => line.trim() && !line.startsWith("# "))
    .map(blockOf);
}

function blockOf(line: string): Block {
  const [mark = "", ...words] = line.split(" ");
  const kind = HEADINGS[mark] ?? (mark === "-" ? "item" : "text");
  return { kind, parts: partsOf(kind === "text" ? line : words.join(" ")) };
}

/** Return what stands in backticks apart from the rest; of a link only its text. */
function partsOf(text: string): Part[] {
  return text
    .replace(/\[([^\]]+)\]\([^)]+\)/g, "$1")
    .split("`")
    .map((part, place) => ({ text: part, code: place % 2 === 1 }))
    .filter((part) => part.text);
}
