/** The author's loop: a save, a build, a deployment. It decides; what it decides is done by what it is given. */
import { toGossipError } from '../../model/errors.ts';
import type { Built } from './build.ts';
import type { DevEvent } from './events.ts';
import { Saves } from './saves.ts';
import type { Clock } from './saves.ts';
import type { Seen } from './sources.ts';

/** Code as it was built. */
export interface BuiltCode {
  readonly reference: { readonly hash: string };
}

export interface DevSteps<Code extends BuiltCode> {
  /** What the project is now. */
  look(): Promise<Seen>;
  build(signal: AbortSignal): Promise<Built>;
  /** What the build left. Throws coded errors. */
  code(): Promise<Code>;
  /** Brings it to the lab; gives its name. Throws coded errors. */
  deploy(code: Code): Promise<string>;
  /** Tells how a deployment goes, until it is told to stop. `savedAt`: on the clock, when the save came. */
  follow(name: string, savedAt: number, signal: AbortSignal): Promise<void>;
  tell(event: DevEvent): void;
}

/** What the last build was made of, and what came of it. */
interface LastBuild {
  readonly content: string;
  /** As the project was when it had ended: what it wrote beside its output is no save. */
  readonly stampAfter: string;
  readonly ok: boolean;
}

/** Other bytes are built; after a build that failed, whatever was saved since is: what it lacked may lie outside of the project. */
export function wantsBuild({ content, stamp }: Pick<Seen, 'content' | 'stamp'>, last: LastBuild | null): boolean {
  if (last === null || content !== last.content) return true;
  return !last.ok && stamp !== last.stampAfter;
}

export class DevLoop<Code extends BuiltCode> {
  readonly #steps: DevSteps<Code>;
  readonly #clock: Clock;
  readonly #saves: Saves;
  #last: LastBuild | null = null;
  #deployed: { readonly name: string; readonly hash: string } | null = null;
  readonly #broken = new AbortController();
  #stopFollowing = new AbortController();
  #following: Promise<void> = Promise.resolve();

  constructor(steps: DevSteps<Code>, clock: Clock) {
    this.#steps = steps;
    this.#clock = clock;
    this.#saves = new Saves(clock);
  }

  /** Something in the project may have changed. */
  readonly noticed = (): void => this.#saves.noticed();

  /** Ends the loop: what went wrong beside it no later save can mend. */
  readonly fail = (error: unknown): void => this.#broken.abort(error);

  /** Builds and deploys what is there, then whatever is saved; rejects with the signal's reason, or with what no later save can mend. */
  async run(ends: AbortSignal): Promise<never> {
    const signal = AbortSignal.any([ends, this.#broken.signal]);
    try {
      for (let savedAt = this.#clock.now(); ; savedAt = await this.#saves.next(signal)) await this.#turn(savedAt, signal);
    } finally {
      this.#stopFollowing.abort();
      await this.#following;
    }
  }

  async #turn(savedAt: number, signal: AbortSignal): Promise<void> {
    const before = await this.#steps.look();
    if (!wantsBuild(before, this.#last)) return;
    this.#steps.tell({ event: 'building' });
    const built = await this.#steps.build(signal);
    this.#last = { content: before.content, stampAfter: (await this.#steps.look()).stamp, ok: built.ok };
    this.#steps.tell({ event: 'built', ...built });
    if (built.ok) await this.#bring(savedAt, signal);
  }

  /** What is refused stays as it is until the next save: the old code goes on. */
  async #bring(savedAt: number, signal: AbortSignal): Promise<void> {
    try {
      const code = await this.#steps.code();
      const { hash } = code.reference;
      if (hash === this.#deployed?.hash) {
        this.#steps.tell({ event: 'unchanged', deployment: this.#deployed.name, code: hash });
        return;
      }
      const name = await this.#steps.deploy(code);
      this.#deployed = { name, hash };
      await this.#follow(name, savedAt);
    } catch (thrown) {
      signal.throwIfAborted();
      const error = toGossipError(thrown);
      if (error.code === 'GOSSIP_E_INTERNAL') throw thrown;
      const { code, message, advice } = error;
      this.#steps.tell({ event: 'refused', error: { code, message, advice } });
    }
  }

  async #follow(name: string, savedAt: number): Promise<void> {
    this.#stopFollowing.abort();
    await this.#following;
    this.#stopFollowing = new AbortController();
    this.#following = this.#steps.follow(name, savedAt, this.#stopFollowing.signal).catch(this.fail);
  }
}
