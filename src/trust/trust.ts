/** What a node holds of its cluster's root while it runs, and what that says of records. It only goes forward (attack A11). */
import type { Envelope, VerifiedDeployment } from '../model/deployment.ts';
import { makeVerifier } from './deployment.ts';
import { extendRoot, firstHeld, rivalOf, stepsAfter, versionIn } from './next-root.ts';
import type { TrustedRoot } from './root.ts';

/** Checks a record; throws what is wrong with it. */
export type Verify = (envelope: unknown) => VerifiedDeployment;

/** The parts that a simulation shares between its nodes: both depend on what they are given alone. */
export interface TrustParts {
  readonly verifierOf: (root: TrustedRoot) => Verify;
  readonly extend: (held: TrustedRoot, steps: readonly unknown[]) => TrustedRoot;
}

export class Trust {
  readonly #parts: TrustParts;
  /** The first version that is held. */
  readonly first: TrustedRoot;
  #newest: TrustedRoot;
  #verify: Verify;

  constructor(held: TrustedRoot, parts: Partial<TrustParts> = {}) {
    this.#parts = { verifierOf: makeVerifier, extend: extendRoot, ...parts };
    this.first = firstHeld(held);
    this.#newest = held;
    this.#verify = this.#parts.verifierOf(held);
  }

  /** The newest root. */
  get root(): TrustedRoot {
    return this.#newest;
  }

  /** Checks a record by the newest root. */
  readonly verify: Verify = (envelope) => this.#verify(envelope);

  /** The steps from the first version: what a node keeps on its disk. */
  get steps(): readonly Envelope[] {
    return stepsAfter(this.#newest, this.first.root.version);
  }

  /**
   * Where the steps lead to, and what that root says of records; nothing is changed. Those that begin further on lead nowhere: whoever sent them was wrong about
   * what is held here. Throws where a step is none. `rival`: the one step shows another root of the newest version, signed as well as that one.
   */
  reached(steps: readonly unknown[]): { readonly root: TrustedRoot; readonly verify: Verify; readonly rival?: TrustedRoot | undefined } {
    const rival = steps.length === 1 ? rivalOf(this.#newest, steps[0] as Envelope) : undefined;
    if (rival !== undefined) return { root: this.#newest, verify: this.#verify, rival };
    const follow = steps.length > 0 && versionIn(steps[0]) <= this.#newest.root.version + 1;
    const root = follow ? this.#parts.extend(this.#newest, steps) : this.#newest;
    return { root, verify: root === this.#newest ? this.#verify : this.#parts.verifierOf(root) };
  }

  /** Goes on to a root that `reached` gave; false where it is not newer. */
  adopt(root: TrustedRoot): boolean {
    if (root.root.version <= this.#newest.root.version) return false;
    this.#newest = root;
    this.#verify = this.#parts.verifierOf(root);
    return true;
  }
}
