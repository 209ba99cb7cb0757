/** The password once more, before something that only its owner may do. */

import { gate } from "../ask";

class Proof {
  /** Whether the viewer is being asked. */
  open = $state(false);
  /** Whether anybody ever was: only then there is a dialog. */
  wanted = $state(false);

  #answer: (proved: boolean) => void = () => undefined;

  start(): void {
    gate.prove = () => {
      this.open = this.wanted = true;
      return new Promise((resolve) => (this.#answer = resolve));
    };
  }

  say(proved: boolean): void {
    this.open = false;
    this.#answer(proved);
  }
}

export const proof = new Proof();
