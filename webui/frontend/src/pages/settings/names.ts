/** What parts are called. */

import { t } from "../../wording/wording.svelte";
import type { Part } from "./settings.svelte";

export function nameOf(part: Part): string {
  if (part.inside) return `${part.inside.subflow}: ${part.inside.name}`;
  if (part.part !== "site") return part.id;
  return part.group ? t(`settings.group-${part.group}`) : t("settings.site");
}
