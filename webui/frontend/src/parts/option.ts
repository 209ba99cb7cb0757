/** An option of a node, a connection or the site: what a form has to know of it. */

import { said } from "../wording/wording.svelte";

/** A value as a form has it; null: nothing stands in the file, and the default counts. */
export type Value = string | boolean | string[] | null;

export interface Choosable {
  name: string;
  kind:
    | "text" | "number" | "switch" | "choice" | "choices" | "lines" | "secret" | "connection"
    | "structure";
  description: string;
  unit: string;
  minimum: number | null;
  maximum: number | null;
  choices: string[];
  examples: string[];
  required: boolean;
  default: Value;
}

/** Return a value in a few words, as a list of changes has it. */
export function told(value: Value, nothing: string): string {
  if (value === null || value === "") return nothing;
  if (typeof value === "boolean") return said(value ? "on" : "off");
  return Array.isArray(value) ? value.join(", ") : value;
}

/** Return the name of an option as a person reads it. */
export function asWords(name: string): string {
  const words = name.split(".").map((one) => one.replaceAll("_", " ")).join(": ");
  return said(words.charAt(0).toUpperCase() + words.slice(1));
}

/** Return what an option is for, or a part of the site or the flow, in words of the viewer. */
export function aboutOf({ description }: { description: string }): string {
  return said(description).replaceAll("`", "");
}
