/** What a node does now and then: gives up what had no outcome, forgets what nobody asks for any more, writes the hints. */
import type { Hints } from './hints.ts';
import type { Ports } from './ports.ts';

export interface CareParts {
  readonly ports: Ports;
  readonly hints: Pick<Hints, 'version' | 'list'>;
  /** What waits for outcomes. */
  readonly parts: readonly { sweep(before: number): void }[];
  readonly forget: () => void;
}

export class Care {
  readonly #parts: CareParts;
  #persistedHints: number;

  /** The hints as they are now are on the disk. */
  constructor(parts: CareParts) {
    this.#parts = parts;
    this.#persistedHints = parts.hints.version;
  }

  start(): void {
    const { ports, hints, parts, forget } = this.#parts;
    const { timers, timing } = ports;
    timers.set('care', ports.now + timing.persistHintsMs, () => {
      for (const part of parts) part.sweep(ports.now - timing.abandonMs);
      forget();
      if (hints.version !== this.#persistedHints) ports.emit({ type: 'persist-hints', hints: hints.list() });
      this.#persistedHints = hints.version;
      this.start();
    });
  }
}
