/** The running site as the server tells it; times are ISO 8601 in UTC. */

export type StatusLevel = "ok" | "busy" | "warn" | "fault";

export interface Fault {
  code: string;
  text: string;
  since: string;
}

export interface Level {
  type: string;
  value: unknown;
  fresh: boolean;
  since: string;
}

export interface FlowNode {
  id: string;
  type: string;
  category: string;
  status: { level: StatusLevel; text: string; since: string };
  faults: Fault[];
  levels: Record<string, Level>;
  counts: { received: number; sent: number; failed: number; dropped: number };
  made_safe: string | null;
  disabled: boolean;
  blocking: boolean;
}

export interface Happening {
  node: string;
  at: string;
  type: string;
  value: unknown;
}

/** What every message of the stream holds: in a change, only the nodes that differ. */
export interface Change {
  now: string;
  ready: boolean;
  reasons: string[];
  nodes: FlowNode[];
  activity: Happening[];
}

export interface Site extends Change {
  version: string;
  flow: string;
  simulated: boolean;
  started_at: string;
}
