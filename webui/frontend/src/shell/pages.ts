/** Every page: its address, its icon, who may see it, and where it stands in the menu. */

import type { Component } from "svelte";

import type { Icon } from "./icons";
import type { Right } from "./me.svelte";

/** What a page is given: the last part of an address such as `/sessions/ID`. */
export interface PageProps {
  id?: string;
}

export interface Page {
  name: string;
  right: Right;
  icon: Icon;
  /** What it stands under in the menu of a desk; none: it is in no menu. */
  group: "charging" | "site" | "none";
  /** Whether each of its things has an address of its own, such as `/sessions/ID`. */
  things?: true;
}

const PAGES: Page[] = [
  { name: "dashboard", right: "own", icon: "dashboard", group: "charging" },
  { name: "sessions", right: "own", icon: "sessions", group: "charging", things: true },
  { name: "usage", right: "look", icon: "usage", group: "charging" },
  { name: "cards", right: "own", icon: "card", group: "charging", things: true },
  { name: "reports", right: "own", icon: "reports", group: "charging" },
  { name: "tariffs", right: "look", icon: "tariffs", group: "charging" },
  { name: "notifications", right: "look", icon: "bell", group: "site" },
  { name: "devices", right: "look", icon: "devices", group: "site" },
  { name: "settings", right: "look", icon: "settings", group: "site" },
  { name: "users", right: "administer", icon: "people", group: "site" },
  { name: "system", right: "look", icon: "system", group: "site" },
  { name: "account", right: "signed-in", icon: "account", group: "none" },
  { name: "sign-in", right: "anyone", icon: "account", group: "none" },
  { name: "first-run", right: "anyone", icon: "account", group: "none" },
];

/** A page is a file of its own, which is loaded when somebody goes there. */
const FILES = import.meta.glob<Component<PageProps>>(
  [
    "../pages/account/Account.svelte",
    "../pages/cards/Cards.svelte",
    "../pages/dashboard/Dashboard.svelte",
    "../pages/devices/Devices.svelte",
    "../pages/first-run/FirstRun.svelte",
    "../pages/notifications/Notifications.svelte",
    "../pages/reports/Reports.svelte",
    "../pages/sessions/Sessions.svelte",
    "../pages/settings/Settings.svelte",
    "../pages/sign-in/SignIn.svelte",
    "../pages/system/System.svelte",
    "../pages/tariffs/Tariffs.svelte",
    "../pages/usage/Usage.svelte",
    "../pages/users/Users.svelte",
  ],
  { import: "default" },
);

const FILE_OF = new Map(Object.keys(FILES).map((file) => [file.split("/")[2]!, FILES[file]!]));

/** The pages that are there. */
export const pages = PAGES.filter((page) => FILE_OF.has(page.name));

export function addressOf(page: Page): string {
  return page.name === "dashboard" ? "/" : `/${page.name}`;
}

/** Return the page at a path, and which of its things is meant; nothing where there is none. */
export function pageAt(path: string): { page: Page; id?: string } | undefined {
  const [name, id, ...rest] = path.split("/").slice(1);
  const page = pages.find((one) => one.name === (name || "dashboard"));
  if (!page || rest.length || name === "dashboard") return undefined;
  if (!id) return { page };
  const thing = page.things && decoded(id);
  return thing ? { page, id: thing } : undefined;
}

/** Return what a part of an address says; nothing where it is no text at all. */
function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

export function load(page: Page): Promise<Component<PageProps>> {
  return FILE_OF.get(page.name)!();
}
