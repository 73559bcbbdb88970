/** A body that must be neither slow nor long (attacks A6, A7, C7). Both sides read streams through it. */
import type { Readable } from 'node:stream';
import { GossipError } from '../../model/errors.ts';
import { joined } from '../../model/joined.ts';

export interface Pace {
  /** Least that must arrive, measured over each `windowMs` of waiting. */
  readonly minBytesPerSecond: number;
  readonly windowMs: number;
  /** Most that may arrive; one byte more is an error. */
  readonly maxBytes: number;
}

const LATE = Symbol('late');

/**
 * Passes `source` on. Only time spent waiting for it counts: a slow consumer is not the sender's fault.
 * Calls `abandon` when it ends before `source` does, on an error or because the consumer stopped.
 */
export async function* paced(source: Readable, pace: Pace, abandon: () => void): AsyncGenerator<Uint8Array, void, undefined> {
  const meter = new Meter(pace);
  const iterator = source.iterator({ destroyOnReturn: false });
  let whole = false;
  try {
    for (;;) {
      const next = await meter.wait(iterator.next() as Promise<IteratorResult<Uint8Array, undefined>>);
      if (next.done) break;
      meter.count(next.value.byteLength);
      yield next.value;
    }
    whole = true;
  } finally {
    if (!whole) {
      // Not waited for: it ends with the next bytes, and then others may read what still comes.
      iterator.return?.(undefined).catch(() => undefined);
      abandon();
    }
  }
}

/** The whole of it, under the same rules; it goes on to be read by others when this rejects. Rejects with null where it broke off. */
export function pacedWhole(source: Readable, pace: Pace): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const meter = new Meter(pace);
  const parts: Uint8Array[] = [];
  let late = setTimeout(look, pace.windowMs);
  const take = (part: Uint8Array): void => {
    try {
      meter.count(part.byteLength);
      parts.push(part);
    } catch (error) {
      end(error);
    }
  };
  const whole = (): void => {
    leave();
    resolve(joined(parts));
  };
  const broken = (): void => end(null);
  source.on('data', take).on('end', whole).on('error', broken).on('close', broken);
  return promise;

  function look(): void {
    try {
      meter.judgeWindow();
      late = setTimeout(look, pace.windowMs);
    } catch (error) {
      end(error);
    }
  }
  function leave(): void {
    clearTimeout(late);
    source.off('data', take).off('end', whole).off('error', broken).off('close', broken);
  }
  function end(why: unknown): void {
    leave();
    source.pause();
    reject(why);
  }
}

class Meter {
  readonly #pace: Pace;
  #bytes = 0;
  #windowBytes = 0;
  #windowMs = 0;

  constructor(pace: Pace) {
    this.#pace = pace;
  }

  count(bytes: number): void {
    this.#bytes += bytes;
    this.#windowBytes += bytes;
    if (this.#bytes > this.#pace.maxBytes) throw new GossipError('GOSSIP_E_TOO_LARGE', `more than ${this.#pace.maxBytes} bytes came`);
  }

  async wait<T>(next: Promise<T>): Promise<T> {
    for (;;) {
      const startedAt = performance.now();
      const result = await orLate(next, Math.max(0, this.#pace.windowMs - this.#windowMs));
      this.#windowMs += performance.now() - startedAt;
      if (result !== LATE) return result;
      if (this.#windowMs >= this.#pace.windowMs) this.judgeWindow();
    }
  }

  judgeWindow(): void {
    const { minBytesPerSecond, windowMs } = this.#pace;
    if (this.#windowBytes < (minBytesPerSecond * windowMs) / 1_000) {
      throw new GossipError('GOSSIP_E_TIMEOUT', `slower than ${minBytesPerSecond} bytes/s: ${this.#windowBytes} bytes in ${windowMs} ms`);
    }
    this.#windowBytes = 0;
    this.#windowMs = 0;
  }
}

async function orLate<T>(next: Promise<T>, ms: number): Promise<T | typeof LATE> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<typeof LATE>((resolve) => {
    timer = setTimeout(resolve, ms, LATE);
  });
  try {
    return await Promise.race([next, late]);
  } finally {
    clearTimeout(timer);
  }
}
