/** Day or night: what the viewer's system asks for, or what they chose here. */

import { keep, kept } from "./kept";

export const CHOICES = ["system", "light", "dark"] as const;
export type Choice = (typeof CHOICES)[number];

const KEPT = "theme";
const night = matchMedia("(prefers-color-scheme: dark)");

class Theme {
  choice = $state<Choice>(CHOICES.find((one) => one === kept(KEPT)) ?? "system");

  /** Show the theme now, and again whenever the system changes its mind. */
  start(): void {
    night.addEventListener("change", () => this.#show());
    this.#show();
  }

  choose(choice: Choice): void {
    this.choice = choice;
    keep(KEPT, choice === "system" ? null : choice);
    this.#show();
  }

  #show(): void {
    const system = night.matches ? "dark" : "light";
    const root = document.documentElement;
    root.dataset.theme = this.choice === "system" ? system : this.choice;
    const ground = getComputedStyle(root).getPropertyValue("--ground").trim();
    document.querySelector('meta[name="theme-color"]')?.setAttribute("content", ground);
  }
}

export const theme = new Theme();
