/** What the server says of somebody who may sign in. */

import type { Role } from "../../shell/me.svelte";
import { t } from "../../wording/wording.svelte";

export interface UserAnswer {
  name: string;
  /** Null: a role that only another version of the program knows. */
  role: Role | null;
  driver: string | null;
  password: "set" | "none" | "old";
  second_factor: "on" | "off" | "due";
  created_at: string;
  last_seen_at: string | null;
  sessions: number;
  tokens: number;
}

const ROLES: Role[] = ["viewer", "driver", "operator", "editor", "admin"];

export const roles = () => ROLES.map((value) => ({ value, text: t(`shell.role-${value}`) }));

export const driversToChoose = (drivers: string[]) => [
  { value: "", text: t("users.no-driver") },
  ...drivers.map((value) => ({ value, text: value })),
];
