/** What of a simulator's trace a file shows: events, and below each what followed. Whatever is left out is named in the file. */

/** What can be left out by name. `effect`: of what follows from an event. `event`: as a whole, when nothing else follows from it. */
const ROUTINES = {
  /** The hints table is written. */
  hints: { effect: /^persist hints/, event: null },
  /** Backup gossip goes faster or slower. */
  rates: { effect: /^note backup gossip/, event: null },
  /** Checkpoints that are taken from time to time. */
  checkpoints: { effect: null, event: / timer \| take state of \S+$| gave its state \| persist checkpoint of \S+$/ },
  /** Rounds of rumors and of backup gossip, but for what they bring. */
  rounds: {
    effect: null,
    event:
      / timer( \| to \S+: (rumor|configuration)[^|]*)+$| from \S+: (rumor|configuration)[^|]* \| answer \S+: 200, knows [^|]*$| answer of \S+: 200, knows [^|]*$| no answer of \S+: \S+$/,
  },
  /** Sources of code that were asked because they knew of a deployment, and do not have its code yet. */
  misses: { effect: null, event: / did not fetch code \S+ from \S+: GOSSIP_E_NOT_FOUND( \| fetch code \S+ from \S+)?$/ },
} as const;

type Routine = keyof typeof ROUTINES;

/** That something is waited for says nothing; that it is over, the timer does. */
const WAITING = /^timer at /;

export class Filter {
  #hidden: readonly Routine[] = [];
  #phrases: readonly string[] = [];

  /** From now on these are left out, instead of what was before. */
  hide(names: readonly string[]): void {
    const unknown = names.find((name) => !Object.hasOwn(ROUTINES, name));
    if (unknown !== undefined) throw new Error(`nothing is called '${unknown}': hide ${Object.keys(ROUTINES).join(', ')}`);
    this.#hidden = names as Routine[];
  }

  /** From now on only what has one of these phrases in it. */
  show(phrases: readonly string[]): void {
    this.#phrases = phrases;
  }

  /** Times and tokens are left out: they depend on chance, and on whatever else a node does. */
  lines(line: string): string[] {
    const [event = '', ...effects] = line
      .replace(/^\d+ [\d.]+ /, '')
      .replaceAll(/ #\d+/g, '')
      .split(' | ');
    const followed = effects.filter((effect) => !WAITING.test(effect) && !this.#hides('effect', effect));
    if (followed.length === 0 && event.endsWith(' timer')) return [];
    if (this.#hides('event', [event, ...followed].join(' | '))) return [];
    const shown = followed.filter((effect) => this.#shows(effect));
    return shown.length > 0 || this.#shows(event) ? [event, ...shown.map((effect) => `    ${effect}`)] : [];
  }

  #hides(what: 'effect' | 'event', text: string): boolean {
    return this.#hidden.some((name) => ROUTINES[name][what]?.test(text));
  }

  #shows(text: string): boolean {
    return this.#phrases.length === 0 || this.#phrases.some((phrase) => text.includes(phrase));
  }
}
