// Readings of one thing that may be asked for again while an answer is on its way.

/**
 * Reads a thing: of several readings at a time the one that was asked for last counts. An answer that it has overtaken is
 * left out, and whoever waits for that one waits for the newest instead: afterwards the thing is as it is now.
 */
export class Newest<T> {
  #asks = 0;
  #newest: Promise<void> = Promise.resolve();

  constructor(
    private readonly ask: () => Promise<T>,
    private readonly take: (answer: T) => void,
    private readonly fail: (cause: unknown) => void = (cause) => {
      throw cause;
    },
  ) {}

  read(): Promise<void> {
    return (this.#newest = this.#read((this.#asks += 1)));
  }

  /** Leaves out whatever is on its way. */
  forget(): void {
    this.#asks += 1;
    this.#newest = Promise.resolve();
  }

  async #read(number: number): Promise<void> {
    let answer: T;
    try {
      answer = await this.ask();
    } catch (cause) {
      if (number !== this.#asks) return this.#newest;
      this.fail(cause);
      return;
    }
    if (number !== this.#asks) return this.#newest;
    this.take(answer);
  }
}
