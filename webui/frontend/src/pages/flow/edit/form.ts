/** The form of a part of a flow, as the server makes it of the part's type. */

import type { Choosable, Value } from "../../../parts/option";

export type FormField = Choosable & {
  /** What stands in the file; null: nothing, and the default counts. */
  said: Value;
};

export interface Form {
  fields: FormField[];
  /** The lines of the file that the part has, counted from 1. */
  first: number;
  last: number;
  /** What an option that names something can name. */
  references: Record<string, string[]>;
  /** The names of secrets; what they are is never told. */
  secrets: string[];
}

/** Return which bound a value is beyond; nothing where it is within, or is no number. */
export function beyond({ kind, minimum, maximum }: Choosable, value: Value): { least?: number; most?: number } | undefined {
  const number = kind === "number" && typeof value === "string" ? Number(value) : NaN;
  if (minimum !== null && number < minimum) return { least: minimum };
  if (maximum !== null && number > maximum) return { most: maximum };
  return undefined;
}
