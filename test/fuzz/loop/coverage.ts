/** Which code ran, as V8 counts it: tells whether an input reached anything that no earlier one did. */
import { Session } from 'node:inspector';
import type { Profiler } from 'node:inspector';

/** A function whose characters are marked once they ran. */
interface Seen {
  readonly start: number;
  readonly ran: Uint8Array;
}

export interface Reached {
  readonly functions: number;
  /** Of the code of these functions, 0 to 1. */
  readonly share: number;
}

export class Coverage {
  readonly #session = new Session();
  readonly #counts: (url: string) => boolean;
  readonly #seen = new Map<string, Seen>();

  /** `counts`: whether the code at this URL is what the inputs should reach. */
  constructor(counts: (url: string) => boolean) {
    this.#counts = counts;
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** Whether something ran since the last look that never ran before. With `keep`, it counts as known from now on. */
  look({ keep }: { readonly keep: boolean }): boolean {
    let isNew = false;
    for (const { scriptId, functions } of this.#take()) {
      for (const each of functions) if (this.#lookAt(scriptId, each, keep)) isNew = true;
    }
    return isNew;
  }

  get reached(): Reached {
    const all = [...this.#seen.values()].map(({ ran }) => ran);
    const characters = all.reduce((sum, { length }) => sum + length, 0);
    const ran = all.reduce((sum, each) => sum + each.reduce((count, mark) => count + mark, 0), 0);
    return { functions: all.length, share: characters === 0 ? 0 : ran / characters };
  }

  close(): void {
    this.#session.disconnect();
  }

  #take(): Profiler.ScriptCoverage[] {
    let taken: Profiler.ScriptCoverage[] = [];
    this.#session.post('Profiler.takePreciseCoverage', (error, answer) => {
      if (error !== null) throw error;
      taken = answer.result.filter(({ url }) => this.#counts(url));
    });
    return taken;
  }

  #lookAt(scriptId: string, { ranges }: Profiler.FunctionCoverage, keep: boolean): boolean {
    const [whole] = ranges;
    if (whole === undefined || whole.count === 0) return false;
    const { startOffset: start, endOffset: end } = whole;
    const key = `${scriptId}:${start}:${end}`;
    const seen = this.#seen.get(key) ?? { start, ran: new Uint8Array(end - start) };
    const now = new Uint8Array(end - start);
    // Inner ranges come after those around them.
    for (const { startOffset, endOffset, count } of ranges) now.fill(count > 0 ? 1 : 0, startOffset - start, endOffset - start);
    const isNew = now.some((mark, at) => mark > (seen.ran[at] ?? 0));
    if (isNew && keep) {
      for (const [at, mark] of now.entries()) if (mark > 0) seen.ran[at] = 1;
      this.#seen.set(key, seen);
    }
    return isNew;
  }
}
