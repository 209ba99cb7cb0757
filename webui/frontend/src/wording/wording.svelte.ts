/** Every text that a person sees, in the language of the viewer. */

import { untrack } from "svelte";

import { keep, kept } from "../shell/kept";
import { later } from "../shell/later";
import type { Say } from "./said";

export const LANGUAGES = { en: "English", nl: "Nederlands" };
export type Language = keyof typeof LANGUAGES;

/** A text with `{places}` for values; with forms where it depends on `{count}`. */
type Text = string | { one: string; other: string };
type Catalogue = Record<string, Text>;
type Values = Record<string, string | number>;

const CATALOGUES = import.meta.glob<Catalogue>("./*/*.json", { import: "default" });
const KEPT = "language";

class Wording {
  language = $state<Language>(preferred() ?? "en");
  /** For `Intl`: the viewer's own form of the language where the browser has one. */
  locale = $derived(
    navigator.languages.find((one) => one.startsWith(this.language)) ??
      { en: "en-GB", nl: "nl-NL" }[this.language],
  );

  /** The zone of the site, by whose clock all times are; the browser's own until that is told. */
  zone = $state(new Intl.DateTimeFormat().resolvedOptions().timeZone);

  #texts = $state.raw<Record<string, Catalogue>>({});
  #say = $state.raw<Say>((text) => text);
  #heard = ["alarms", "conditions", "inputs", "refusals", "words"];

  /** Have these catalogues at hand, which are files beside this one. */
  async load(...names: string[]): Promise<void> {
    // Not tracked: what waits for one catalogue is not begun anew when another comes, which would
    // take away what somebody has typed meanwhile.
    const [language, texts] = untrack(() => [this.language, this.#texts] as const);
    const missing = names.filter((name) => !(name in texts));
    if (!missing.length) return;
    const found = await read(language, missing);
    if (language !== this.language) return this.load(...missing);
    this.#texts = { ...this.#texts, ...found };
  }

  /** Say all that is shown, and all that will be, in another language; it is kept. */
  async speak(language: Language): Promise<void> {
    await this.#change(language);
    keep(KEPT, language);
  }

  /** Speak the language of the site to whoever asks for none that we have. */
  async suggest(language: string): Promise<void> {
    if (preferred() === undefined && isOurs(language)) await this.#change(language);
  }

  async #change(language: Language): Promise<void> {
    const texts = await read(language, Object.keys(this.#texts));
    this.language = language;
    this.#texts = texts;
    this.mark();
  }

  /** Tell the browser, and so a screen reader, which language this is. */
  mark(): void {
    document.documentElement.lang = this.language;
    void this.#hear(this.language);
  }

  /** Return what the server said, in the viewer's language; where that is not known, as it is. */
  said(text: string): string {
    return this.#say(text);
  }

  /** Learn to say what the server says of what few pages show; these are catalogues of it too. */
  async learn(...names: string[]): Promise<void> {
    if (names.every((one) => this.#heard.includes(one))) return;
    this.#heard = [...new Set([...this.#heard, ...names])];
    await this.#hear(this.language);
  }

  /** Learn to say what the server says, which is English. */
  async #hear(language: Language): Promise<void> {
    if (language === "en") {
      this.#say = (text) => text;
      return;
    }
    const { saidIn } = await later(() => import("./said"));
    const say = await saidIn(language, this.#heard);
    if (language === this.language) this.#say = say;
  }

  text(key: string, values: Values): string {
    const dot = key.indexOf(".");
    const found = this.#texts[key.slice(0, dot)]?.[key.slice(dot + 1)];
    if (found === undefined) return key;
    const form = typeof found === "string" ? found : found[this.#form(values.count)];
    return form.replace(/\{(\w+)\}/g, (place, name: string) => this.#said(values[name] ?? place));
  }

  #form(count: string | number | undefined): "one" | "other" {
    const rule = new Intl.PluralRules(this.locale).select(Number(count));
    return rule === "one" ? "one" : "other";
  }

  #said(value: string | number): string {
    return typeof value === "number" ? value.toLocaleString(this.locale) : value;
  }
}

/** Return the language that was chosen here, else the first that the browser asks for that we have. */
function preferred(): Language | undefined {
  const wanted = [kept(KEPT) ?? "", ...navigator.languages].map((one) => one.slice(0, 2));
  return wanted.find(isOurs);
}

function isOurs(language: string): language is Language {
  return Object.hasOwn(LANGUAGES, language);
}

async function read(language: Language, names: string[]): Promise<Record<string, Catalogue>> {
  const files = names.map(async (name) => {
    const load = CATALOGUES[`./${language}/${name}.json`];
    return [name, load ? await later(load) : {}] as const;
  });
  return Object.fromEntries(await Promise.all(files));
}

export const wording = new Wording();

/** Return a text of a page in the viewer's language: `t("sessions.count", { count: 3 })`. */
export function t(key: string, values: Values = {}): string {
  return wording.text(key, values);
}

/** Return what the server said, such as a status or a fault, in the viewer's language. */
export function said(text: string): string {
  return wording.said(text);
}
