/** How often each node of a lab uploads code while it spreads: what its server sends, in times of the code. */
import type { BenchLab } from '../harness/lab.ts';
import { PortMeter } from '../harness/sockets.ts';
import { pause } from '../harness/wait.ts';

/** From one look at the connections to the next: what one carried since the last look before its end is missing. */
const LOOK_MS = 250;

/** Of one deployment after another. */
export class Uploads {
  /** For each deployment that has ended, what each node sent; null where `ss` is not to be had. */
  readonly done: (readonly number[] | null)[] = [];
  readonly #lab: BenchLab;
  readonly #bytes: number;
  readonly #signal: AbortSignal;
  #watching: { readonly ended: Promise<readonly number[] | null>; readonly end: () => void } | null = null;

  /** `bytes`: of the code. */
  constructor(lab: BenchLab, bytes: number, signal: AbortSignal) {
    this.#lab = lab;
    this.#bytes = bytes;
    this.#signal = signal;
  }

  /** Another deployment follows. */
  async begin(): Promise<void> {
    await this.end();
    const meter = new PortMeter(this.#lab.ports);
    await meter.look();
    const over = new AbortController();
    const watch = async (): Promise<readonly number[] | null> => {
      while (!over.signal.aborted) {
        await pause(LOOK_MS, this.#signal);
        await meter.look();
      }
      const sent = await meter.look();
      return sent === null ? null : this.#lab.ports.map((port) => (sent.get(port) ?? 0) / this.#bytes);
    };
    const ended = watch();
    // Who ends it hears of it; a bench that was broken off ends none.
    ended.catch(() => {});
    this.#watching = { ended, end: () => over.abort() };
  }

  async end(): Promise<void> {
    if (this.#watching === null) return;
    const { ended, end } = this.#watching;
    this.#watching = null;
    end();
    this.done.push(await ended);
  }
}
