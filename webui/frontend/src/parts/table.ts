/** What a table shows, and what it asks the server for. */

/** A column: `key` is its name on the server, by which it sorts. */
export interface Column<Row> {
  key: string;
  title: string;
  /** What stands in it, unless the table's `cell` draws it; empty: there is nothing to say. */
  text?: (row: Row) => string;
  /** What it is sorted as, if it can be: that tells what its two ways are called. */
  sort?: "text" | "time" | "number";
  /** Figures stand to the right. */
  right?: boolean;
  /** On a phone: the head of a row's card, or left out. */
  phone?: "head" | "none";
}

/** The part of a list that is asked for. */
export interface PageQuery {
  offset: number;
  limit: number;
  sort: string;
  order: "asc" | "desc";
  [filter: string]: string | number | boolean | null | undefined;
}
