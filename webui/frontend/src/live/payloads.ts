/** The payloads that this page shows, as JSON holds them; see `oppleo_flow.payloads`. */

import type { FlowNode, Level } from "./site";

export type EvseSignal =
  | "access-off"
  | "standby"
  | "connected"
  | "charging"
  | "charging-solar"
  | "waiting"
  | "error";
export type SessionPhase = "idle" | "waiting" | "ready" | "charging";

export interface EvseState {
  signal: EvseSignal;
  since: string;
}

export interface Unknown {
  since: string;
  reason: string;
}

export interface SwitchState {
  on: boolean;
  reason: string;
}

export interface LedState {
  name: string;
  red: number;
  green: number;
  blue: number;
  effect: "steady" | "breathe" | "blink" | "flash" | "off";
}

export interface MeterReading {
  meter: string;
  time: string;
  energy_import_wh: number;
  power_w: number;
  power_phases_w: number[];
  voltage_phases_v: number[];
  current_phases_a: number[];
  energy_phases_wh: number[];
  frequency_hz: number | null;
  serial: string | null;
}

export interface SessionStatus {
  phase: SessionPhase;
  session_id: string | null;
  label: string | null;
  started_at: string | null;
  energy_wh: number | null;
}

export interface Rejected {
  uid: string;
  reason: "unknown" | "disabled" | "not-yet-valid" | "expired" | "other-session" | "no-answer";
}

export interface VehicleState {
  vehicle: string;
  time: string;
  odometer_km: number | null;
  soc_percent: number | null;
  range_km: number | null;
}

export interface VehicleUnknown extends Unknown {
  vehicle: string;
}

interface Payloads {
  EvseState: EvseState;
  EvseUnknown: Unknown;
  SwitchState: SwitchState;
  LedState: LedState;
  MeterReading: MeterReading;
  MeterUnknown: Unknown;
  SessionStatus: SessionStatus;
  VehicleState: VehicleState;
  VehicleUnknown: VehicleUnknown;
}

/** A level of a node: `{type, value}` as one of the payloads asked for. */
export type Found<K extends keyof Payloads> = {
  [T in K]: { type: T; value: Payloads[T]; node: FlowNode; fresh: boolean; since: string };
}[K];

/** Say whether a flow is about something: a node of such a type, or a level that is there. */
export function isAbout(nodes: FlowNode[], types: string[], found: unknown[]): boolean {
  return found.length > 0 || nodes.some((node) => types.includes(node.type));
}

/** One charge point: its name, empty where there is only one, and its nodes. */
export interface Place {
  name: string;
  nodes: FlowNode[];
}

/** Return each charge point of a flow: the instances of a subflow that have sessions of their own. */
export function places(nodes: FlowNode[]): Place[] {
  const scope = (node: FlowNode): string => node.id.slice(0, Math.max(0, node.id.lastIndexOf(".")));
  const names = new Set(nodes.filter((node) => node.type === "charge-session").map(scope));
  if (names.size < 2) return [{ name: "", nodes }];
  return [...names].map((name) => ({ name, nodes: nodes.filter((node) => scope(node) === name) }));
}

/** Return every level that holds one of these payloads, whichever node it belongs to. */
export function find<K extends keyof Payloads>(nodes: FlowNode[], ...types: K[]): Found<K>[] {
  return nodes.flatMap((node) =>
    Object.values(node.levels)
      .filter((level) => (types as string[]).includes(level.type))
      .map((level: Level) => ({ ...level, node }) as Found<K>),
  );
}
