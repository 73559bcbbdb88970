/** Code between nodes: fetched from peers onto the disk, and served to them, few at a time; a busy node names others that have it. */
import type { EffectOf, Failure } from '../../gossip/protocol.ts';
import type { ContentHash, Peer } from '../../model/names.ts';
import { IncomingCode } from '../../runner/incoming-code.ts';
import type { Willing } from '../../runner/incoming-code.ts';
import type { CodeFailed } from '../../runner/ports.ts';
import { Serving } from '../../runner/serving.ts';
import type { RunTasks } from './run-tasks.ts';
import { codeOf } from '../world/codes.ts';
import type { Disk } from './disk.ts';
import type { CodeAnswer, SimNetwork } from '../world/letters.ts';
import type { Random } from '../../sdk/virtual/random.ts';

/** How long code takes to be read, hashed and written, beyond the way through the network. */
const TRANSFER_MS = { min: 10, max: 150 };
/** When a slow source is given up: a bound of the simulator alone, for nodes judge a source by its rate. */
const TOTAL_MS = 120_000;

/** What the receiver finds when it hashes bytes that lay on a bad disk. */
const SPOILED = `sha256:${'0'.repeat(64)}` as ContentHash;
const ABSENT: Failure = { code: 'GOSSIP_E_CODE_ABSENT', message: 'the code is not there' };
const OTHER: Failure = { code: 'GOSSIP_E_CODE_MISMATCH', message: 'the source sent other code than was signed' };
const BUSY: Failure = { code: 'GOSSIP_E_BUSY', message: 'the source is busy' };

export interface CodeTransferOptions {
  readonly self: Peer;
  readonly network: SimNetwork;
  readonly tasks: RunTasks;
  readonly disk: Disk;
  readonly random: Random;
}

export class CodeTransfer {
  readonly #options: CodeTransferOptions;
  readonly #incoming: IncomingCode;
  readonly #serving: Serving;

  constructor(options: CodeTransferOptions) {
    this.#options = options;
    this.#serving = new Serving(() => options.tasks.now);
    this.#incoming = new IncomingCode((delayMs, run) => options.tasks.after(delayMs, run));
  }

  fetch({ code: { hash: code }, from, patienceMs, waitMs }: EffectOf<'fetch-code'>, ended: (failed: CodeFailed | null) => void): void {
    const { self, network, tasks, disk } = this.#options;
    const done: typeof ended = (failure) => {
      this.#incoming.ended(code, failure === null);
      ended(failure);
    };
    this.#incoming.began(code, from.id);
    const failed = (failure: Failure, referrals: readonly Peer[] = []): void => done({ failure, referrals });
    if (disk.content.codes.has(code)) return tasks.after(0, () => done(null));
    return network.request(
      self,
      from,
      { kind: 'fetch', code, waitMs },
      { silentMs: patienceMs, waitMs: waitMs ?? 0, totalMs: TOTAL_MS },
      (outcome) =>
        tasks.enter(() => {
          if ('failure' in outcome) failed(outcome.failure);
          else if (outcome.answer.kind === 'busy') failed(BUSY, outcome.answer.referrals);
          else if (outcome.answer.kind !== 'code') failed(ABSENT);
          // attack A1: a source may send what it likes
          else if (outcome.answer.code !== code) failed(OTHER);
          else
            tasks.after(this.#transferMs(), () =>
              disk.write({ file: 'code', code }, (refusal) => tasks.enter(() => (refusal === null ? done(null) : failed(refusal)))),
            );
        }),
    );
  }

  /** Answers a peer that asks for code; `sent`: what to do once the answer has left. */
  serve(code: ContentHash, to: Peer, willing: Willing, respond: (answer: CodeAnswer, sent?: () => void) => void): void {
    if (this.#options.disk.content.codes.has(code)) return this.#serve(code, to, respond);
    return this.#incoming.wait(code, to.id, willing, () => this.#serve(code, to, respond));
  }

  #serve(code: ContentHash, to: Peer, respond: (answer: CodeAnswer, sent?: () => void) => void): void {
    const { codes, spoiledCodes } = this.#options.disk.content;
    if (!codes.has(code)) return respond(this.#incoming.expects(code) ? { kind: 'busy', referrals: [] } : { kind: 'no-code' });
    const bytes = codeOf(code)?.reference.bytes ?? 0;
    const done = this.#serving.begin({ hash: code, bytes }, to);
    if (done === null) return respond({ kind: 'busy', referrals: this.#serving.others(code, to.id) });
    this.#serving.remember(code, to);
    const answer = { kind: 'code', code: spoiledCodes.has(code) ? SPOILED : code, bytes } as const;
    return respond(answer, () => this.#options.tasks.after(this.#transferMs(), () => done(bytes)));
  }

  #transferMs(): number {
    return this.#options.random.between(TRANSFER_MS.min, TRANSFER_MS.max);
  }
}
