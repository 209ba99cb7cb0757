/** What the server tells of a flow and of its draft: names as in the API. */

/**
 * Where a wire comes from: `ref` as the file has it. `node` is a name of the same scope, `in` for
 * what comes into a subflow, `flow` for the flow itself, `other/node` for another flow.
 */
export interface Source {
  ref: string;
  node: string | null;
  port: string | null;
  durable: boolean;
  fits: boolean;
}

/** An input; `type` is its number among the picture's types, null where that is not known. */
export interface Input {
  name: string;
  type: number | null;
  required: boolean;
  sources: Source[];
}

export interface Output {
  name: string;
  type: number | null;
  kind: string;
}

/** A node of a flow or of a subflow; `runs_as` are its ids in what runs. */
export interface PictureNode {
  name: string;
  type: string;
  /** It is a use of a subflow. */
  subflow: boolean;
  doc: string;
  disabled: boolean;
  /** Why there is no such type; it keeps its settings, but cannot run. */
  missing: string | null;
  category: string;
  moves_world: boolean;
  inputs: Input[];
  outputs: Output[];
  runs_as: string[];
}

/** What comes into a subflow, or goes out of it. */
export interface ScopeInput {
  name: string;
  type: number;
}

export interface ScopeOutput {
  name: string;
  type: number | null;
  sources: Source[];
}

/** The nodes of a file, or with a name those of a subflow in it. */
export interface Scope {
  file: string;
  name: string;
  title: string;
  subflow: boolean;
  doc: string;
  /** False where some of it could not be read. */
  whole: boolean;
  ins: ScopeInput[];
  outs: ScopeOutput[];
  nodes: PictureNode[];
}

export interface Finding {
  code: string;
  severity: "error" | "warning" | "info";
  file: string;
  line: number;
  column: number;
  node: string | null;
  message: string;
  instances: string[];
}

/** A flow as it is checked: which types there are, and for each into which it fits. */
export interface Picture {
  main: string;
  scopes: Scope[];
  types: string[];
  fits: number[][];
  findings: Finding[];
}

/** What differs since the number that was asked about; `whole`: all of it. */
export interface LookAnswer {
  number: number;
  whole: boolean;
  main: string;
  scopes: Scope[];
  gone: { file: string; name: string; nodes: string[] }[];
  types: string[] | null;
  fits: number[][] | null;
  findings: Finding[];
}

export interface Undoable {
  can: boolean;
  label: string;
}

export interface Other {
  who: string;
  at: string;
  nodes: string[];
}

export interface DraftAnswer {
  number: number;
  base: string;
  main: string;
  changed: string[];
  disk_changed: string[];
  undo: Undoable;
  redo: Undoable;
  differs: string[];
  behind: boolean;
  others: Other[];
}

export interface EditedAnswer {
  number: number;
  undo: Undoable;
  redo: Undoable;
  differs: string[];
}

export type Place = [number, number];

export interface Layout {
  nodes: Record<string, Place>;
  subflows?: Record<string, Place>;
}

export interface LayoutsAnswer {
  files: Record<string, Layout>;
}

/** An edit as the server's own language of edits has it. */
export type Edit =
  | { edit: "add-source"; node: string[]; ref: string; port?: string }
  | { edit: "remove-source"; node: string[]; ref: string; port?: string }
  | { edit: "delete-part"; path: string[]; unwire: boolean }
  | { edit: "set-disabled"; node: string[]; disabled: boolean };

export type Op = { op: "edit"; edit: Edit };

export interface Changes {
  added: string[];
  removed: string[];
  restarted: { node: string; why: string }[];
  rewired: string[];
  keep_level: string[];
  reopened: string[];
}

/** What a deploy of the draft does; `in_the_way` are files that somebody changed on the disk. */
export interface Prospect {
  changes: Changes;
  findings: Finding[];
  in_the_way?: string[];
}

export interface Deployed extends Prospect {
  version: number;
  number: number;
}
