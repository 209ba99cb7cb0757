/** Says that the charge point does not answer, and goes back to it by itself once it does. */

import "./away.css";

import en from "../wording/en/away.json";
import nl from "../wording/nl/away.json";

const AGAIN_MS = 2000;
const PATIENCE_MS = 4000;

/** Return what this browser remembers of its viewer's choices; nothing where it may not. */
function remembered(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

const language = (remembered("language") ?? navigator.language).startsWith("nl") ? "nl" : "en";
const night = matchMedia("(prefers-color-scheme: dark)");
const texts: Record<string, string> = { en, nl }[language];

const t = (key: string): string => texts[key.replace("away.", "")] ?? key;

function light(): void {
  const system = night.matches ? "dark" : "light";
  document.documentElement.dataset.theme = remembered("theme") ?? system;
}

function show(tag: string, text: string): HTMLElement {
  const shown = document.createElement(tag);
  shown.textContent = text;
  document.querySelector("main")!.append(shown);
  return shown;
}

async function again(): Promise<void> {
  try {
    const asked = { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) } as const;
    if ((await fetch("/live", asked)).ok) location.reload();
  } catch {
    // It does not answer yet.
  }
  setTimeout(() => void again(), AGAIN_MS);
}

document.documentElement.lang = language;
night.addEventListener("change", light);
light();
show("h1", t("away.title"));
show("p", t("away.text"));
show("p", t("away.again")).role = "status";
void again();
