/**
 * Takes in an operator's deployment. It is durable here before anything follows from it, since what the disk refuses must not spread (law
 * 5). Injections are handled one at a time, so that each is judged by the numbers of those before it, and written once.
 */
import type { VerifiedDeployment } from '../model/deployment.ts';
import type { Configuration } from './configuration.ts';
import type { NumberScope } from '../api/deployments.ts';
import type { Ports } from './ports.ts';
import type { CallToken, Failure, GossipEvent, Injected } from './protocol.ts';

interface InjectionParts {
  readonly ports: Pick<Ports, 'emit'>;
  readonly configuration: Pick<Configuration, 'has' | 'taken' | 'counts' | 'hasRoom' | 'isPast'>;
  /** Takes in a record that is durable with its code; calls `answer` before anything follows from it. */
  readonly take: (record: VerifiedDeployment, answer: () => void) => void;
  /** A record that was known is told again: it may have come before its code. */
  readonly again: (record: VerifiedDeployment) => void;
}

/** The trust epoch was raised while the record was on its way in (attack A10). */
const PAST: Injected = { outcome: 'refused', why: { code: 'GOSSIP_E_WRONG_EPOCH', message: 'the trust epoch was raised meanwhile' } };

interface Waiting {
  readonly token: CallToken;
  readonly record: VerifiedDeployment;
  readonly scope: NumberScope;
}

export class Injections {
  readonly #parts: InjectionParts;
  /** The first of them is being written. */
  readonly #waiting: Waiting[] = [];

  constructor(parts: InjectionParts) {
    this.#parts = parts;
  }

  inject({ token, record, scope = 'cluster' }: Extract<GossipEvent, { type: 'inject' }>): void {
    this.#waiting.push({ token, record, scope });
    if (this.#waiting.length === 1) this.#next();
  }

  /** Outcome of the write. A rival that came meanwhile by gossip has the same right: the order of deployments decides between them. */
  persisted(token: CallToken, refusal: Failure | null): void {
    const first = this.#waiting[0];
    if (first?.token !== token) return;
    this.#waiting.shift();
    if (refusal !== null) this.#answer(token, { outcome: 'refused', why: refusal });
    else if (this.#parts.configuration.isPast(first.record)) this.#answer(token, PAST);
    else if (this.#parts.configuration.has(first.record.hash)) this.#known(token, first.record);
    else this.#parts.take(first.record, () => this.#answer(token, { outcome: 'applied' }));
    this.#next();
  }

  #next(): void {
    while (this.#waiting[0] !== undefined && !this.#begin(this.#waiting[0])) this.#waiting.shift();
  }

  /** Whether it is being written now. */
  #begin({ token, record, scope }: Waiting): boolean {
    const { ports, configuration } = this.#parts;
    if (configuration.has(record.hash)) this.#known(token, record);
    else if (configuration.isPast(record)) this.#answer(token, PAST);
    else if (configuration.taken(record, scope) || !configuration.counts(record) || !configuration.hasRoom(record.deployment.module))
      this.#answer(token, { outcome: 'taken' });
    else {
      ports.emit({ type: 'persist-injection', token, record });
      return true;
    }
    return false;
  }

  #known(token: CallToken, record: VerifiedDeployment): void {
    this.#answer(token, { outcome: 'known' });
    this.#parts.again(record);
  }

  #answer(token: CallToken, answer: Injected): void {
    this.#parts.ports.emit({ type: 'injected', token, answer });
  }
}
