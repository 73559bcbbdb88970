/** The door for operators, as the core's: a deployment is durable, with its code, before the protocol hears of it and before it is acknowledged (law 5). */
import type { EffectOf, Failure, GossipEvent, Token } from '../gossip/protocol.ts';
import type { VerifiedDeployment } from '../model/deployment.ts';
import type { Disk, Write } from './disk.ts';
import type { Protocol } from './life.ts';

type Injected = EffectOf<'injected'>;
/** 'taken': another record has the sequence. 'refused': the disk did not take it. */
export type Outcome = Injected['outcome'] | 'refused';

export interface InjectionOptions {
  readonly disk: Disk;
  readonly protocol: Pick<Protocol, 'records' | 'highestSequence'>;
  /** Runs what came from outside, unless the node is down. */
  readonly enter: (run: () => void) => void;
  readonly newToken: () => Token;
  readonly report: (event: GossipEvent) => void;
  readonly acknowledged: (record: VerifiedDeployment) => void;
}

interface Waiting {
  readonly record: VerifiedDeployment;
  readonly done: (outcome: Outcome) => void;
}

export class Injection {
  readonly #options: InjectionOptions;
  readonly #waiting = new Map<Token, Waiting>();

  constructor(options: InjectionOptions) {
    this.#options = options;
  }

  inject(record: VerifiedDeployment, done: (outcome: Outcome) => void): void {
    const { code } = record.deployment;
    const { codes } = this.#options.disk.content;
    if (code === null || codes.has(code.hash)) return this.#record({ record, done });
    return this.#write({ file: 'code', code: code.hash }, done, () => this.#record({ record, done }));
  }

  /** The protocol's answer. */
  injected({ token, outcome }: Injected): void {
    const { protocol, acknowledged } = this.#options;
    const waiting = this.#take(token);
    if (waiting === undefined) return undefined;
    const { record, done } = waiting;
    // Another record came in between: this one shall not come back with the next start.
    if (outcome === 'taken') return this.#write({ file: 'configuration', records: protocol.records() }, done, () => done(outcome));
    acknowledged(record);
    return done(outcome);
  }

  /** The protocol's answer came while the configuration that it rests on was refused by the disk. */
  refused({ token }: Injected): void {
    this.#take(token)?.done('refused');
  }

  #record(waiting: Waiting): void {
    const { protocol } = this.#options;
    const { record, done } = waiting;
    const news = protocol.records().every(({ hash }) => hash !== record.hash);
    if (news && record.deployment.number.sequence <= protocol.highestSequence()) return done('taken');
    if (!news) return this.#report(waiting);
    return this.#write({ file: 'configuration', records: [record, ...protocol.records()] }, done, () => this.#report(waiting));
  }

  #report(waiting: Waiting): void {
    const token = this.#options.newToken();
    this.#waiting.set(token, waiting);
    this.#options.report({ type: 'inject', token, record: waiting.record });
  }

  #write(what: Write, done: Waiting['done'], next: () => void): void {
    const written = (refusal: Failure | null): void => this.#options.enter(() => (refusal === null ? next() : done('refused')));
    this.#options.disk.write(what, written);
  }

  #take(token: Token): Waiting | undefined {
    const waiting = this.#waiting.get(token);
    this.#waiting.delete(token);
    return waiting;
  }
}
