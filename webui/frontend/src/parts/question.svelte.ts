/** A question before something that cannot be taken back. */

interface Question {
  title: string;
  text: string;
  /** What the button says that does it: a verb. */
  yes: string;
  /** Whether it takes something away. */
  grave?: boolean;
}

class Asked {
  now = $state.raw<Question | null>(null);
  /** Whether anything ever was asked: only then there is a dialog. */
  wanted = $state(false);
  #answer: (said: boolean) => void = () => undefined;

  /** Ask, and return whether the viewer means it. */
  ask(question: Question): Promise<boolean> {
    this.now = question;
    this.wanted = true;
    return new Promise((resolve) => (this.#answer = resolve));
  }

  say(meant: boolean): void {
    this.now = null;
    this.#answer(meant);
  }
}

export const asked = new Asked();

export const confirmed = (question: Question): Promise<boolean> => asked.ask(question);
