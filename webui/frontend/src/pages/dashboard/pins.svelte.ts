/** What is pinned to the dashboard: one list for all who look at this charge point. */

import { ask } from "../../ask";

export interface Choice {
  node: string;
  port: string;
}

export interface Tile extends Choice {
  title: string;
  /** The flow that runs has it. */
  there: boolean;
}

interface Pins {
  tiles: Tile[];
  choices: Choice[];
}

class Pinned {
  /** Null before the first answer. */
  tiles = $state.raw<Tile[] | null>(null);
  choices = $state.raw<Choice[]>([]);

  async load(): Promise<void> {
    this.#is(await ask.get<Pins>("tiles"));
  }

  has({ node, port }: Choice): boolean {
    return this.tiles?.some((one) => one.node === node && one.port === port) ?? false;
  }

  async add({ node, port }: Choice, title = ""): Promise<void> {
    await this.keep([...(this.tiles ?? []), { node, port, title, there: true }]);
  }

  async drop({ node, port }: Choice): Promise<void> {
    await this.keep((this.tiles ?? []).filter((one) => one.node !== node || one.port !== port));
  }

  /** Pin these, in this order, and no other. */
  async keep(tiles: Tile[]): Promise<void> {
    const body = { tiles: tiles.map(({ node, port, title }) => ({ node, port, title })) };
    this.#is(await ask.put<Pins>("tiles", body));
  }

  #is(found: Pins): void {
    this.tiles = found.tiles;
    this.choices = found.choices;
  }
}

export const pinned = new Pinned();
