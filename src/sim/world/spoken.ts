/**
 * What nodes sign with their own keys, where they have none: a line counts because its node has really said it, in that start. So nobody can say it for another,
 * and everybody can pass it on, or show it again later.
 */
import type { NodeId } from '../../model/names.ts';
import type { Farewell, Return } from '../../trust/farewell.ts';
import type { Tip } from '../../trust/tip.ts';
import type { Words } from '../../trust/words.ts';

/** Of a key and a signature. */
const SIGNATURE_LENGTH = 130;

export class Spoken {
  readonly #farewells = new Map<string, Farewell>();
  readonly #returns = new Map<string, Return>();
  readonly #tips = new Map<string, Tip>();

  /** Those of one start of a node. `wall`: milliseconds since 1970, by its clock. */
  wordsOf(id: NodeId, incarnation: number, wall: () => number): Words {
    return {
      farewell: () => kept(this.#farewells, { id, incarnation, line: lineOf(id, incarnation) }),
      readFarewell: (line) => this.#farewells.get(line) ?? null,
      return: () => kept(this.#returns, { id, incarnation, line: lineOf(id, 'back', incarnation) }),
      readReturn: (line) => this.#returns.get(line) ?? null,
      tip: (claim) => {
        const { number, rootVersion, digest } = claim;
        const time = Math.max(0, Math.round(wall()));
        return kept(this.#tips, {
          id,
          start: incarnation,
          time,
          ...claim,
          line: lineOf(id, incarnation, number, rootVersion, digest, time),
        });
      },
      readTip: (line) => this.#tips.get(line) ?? null,
    };
  }
}

function kept<Word extends { readonly line: string }>(said: Map<string, Word>, word: Word): Word {
  said.set(word.line, word);
  return word;
}

function lineOf(id: NodeId, ...said: readonly (number | string)[]): string {
  return `${id.padEnd(SIGNATURE_LENGTH, '_')}.${said.join('.')}`;
}
