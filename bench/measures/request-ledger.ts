/** What was asked of a registry and what it answered: which acknowledged writes are not there in the end, and which answers contradict an earlier one. */

/** What a set or a get is answered with, of a key that is there. */
export interface Versioned {
  readonly version: string;
  readonly value: number;
}

/** A request on its way: what had been acknowledged of its key before it left. */
export interface Sent {
  readonly key: string;
  readonly before: Versioned | null;
}

export class RequestLedger {
  readonly failures: string[] = [];
  /** Answers that know less than an earlier one. */
  readonly disorder: string[] = [];
  acknowledged = 0;
  readonly #newest = new Map<string, Versioned>();
  /** Values of writes that may have been carried out or not. */
  readonly #unsure = new Map<string, Set<number>>();

  get keys(): readonly string[] {
    return [...this.#newest.keys()];
  }

  sent(key: string): Sent {
    return { key, before: this.#newest.get(key) ?? null };
  }

  /** The write was acknowledged: it comes after whatever was acknowledged before it left. */
  written({ key, before }: Sent, written: Versioned): void {
    this.acknowledged += 1;
    if (before !== null && compareVersions(written.version, before.version) <= 0) {
      this.disorder.push(`${key}: ${written.version} was given after ${before.version}`);
    }
    const newest = this.#newest.get(key);
    if (newest === undefined || compareVersions(written.version, newest.version) > 0) this.#newest.set(key, written);
  }

  /** What a read showed (null: nothing): no less than was acknowledged before it left. */
  shown({ key, before }: Sent, shown: Versioned | null): void {
    if (before === null) return;
    if (shown === null || compareVersions(shown.version, before.version) < 0) {
      this.disorder.push(`${key}: ${shown?.version ?? 'nothing'} was read after ${before.version}`);
    }
  }

  failed({ key }: Sent, value: number | null, why: string): void {
    this.failures.push(why);
    if (value !== null) this.#unsure.set(key, (this.#unsure.get(key) ?? new Set()).add(value));
  }

  /** Of all keys what is there in the end, and should not be so. */
  lostOf(there: ReadonlyMap<string, Versioned>): string[] {
    return [...this.#newest].flatMap(([key, newest]) => {
      const shown = there.get(key);
      if (shown === undefined) return [`${key}: ${newest.version} is not there`];
      const order = compareVersions(shown.version, newest.version);
      const isTrue = order === 0 ? shown.value === newest.value : order > 0 && this.#unsure.get(key)?.has(shown.value) === true;
      return isTrue
        ? []
        : [`${key}: ${shown.version} with ${shown.value} is there, and ${newest.version} with ${newest.value} was acknowledged`];
    });
  }
}

/** `VERSION.TIME.WRITER`, as the registry orders them. */
export function compareVersions(a: string, b: string): number {
  const [[aVersion = '', aTime = '', aWriter = ''], [bVersion = '', bTime = '', bWriter = '']] = [a.split('.'), b.split('.')];
  const byWriter = aWriter === bWriter ? 0 : aWriter < bWriter ? -1 : 1;
  return Number(aVersion) - Number(bVersion) || Number(aTime) - Number(bTime) || byWriter;
}
