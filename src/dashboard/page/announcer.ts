/** Says aloud what has changed, politely, and not more often than anybody can listen. */
import { part, setText } from './dom.ts';

const PAUSE_MS = 4_000;

export class Announcer {
  readonly #target = part('announcer', HTMLElement);
  #next: string | null = null;
  #timer: number | null = null;

  say(text: string): void {
    this.#next = text;
    if (this.#timer !== null) return;
    this.#speak();
    this.#timer = window.setInterval(() => this.#speak(), PAUSE_MS);
  }

  #speak(): void {
    if (this.#next !== null) setText(this.#target, this.#next);
    else if (this.#timer !== null) {
      clearInterval(this.#timer);
      this.#timer = null;
    }
    this.#next = null;
  }
}
