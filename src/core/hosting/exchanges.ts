/** The exchanges that an instance has open: each is answered once, with what fits through the pipe now. */
import { GossipError } from '../../model/errors.ts';
import type { Failure } from '../../model/errors.ts';
import { exchangeReason, isGone } from '../../model/exchange-reason.ts';
import { boundedText, MAX_CARRIED_MESSAGE } from '../../host/messages.ts';
import { MAX_OPEN_EXCHANGES, MAX_OPEN_SENDS } from '../../sdk/limits.ts';
import type { ExchangeOutcome } from './host-options.ts';
import type { HostProcess } from './process/process.ts';

/** What is sent is an exchange here, too: only who waits for the answer differs. */
const MAX_OPEN = MAX_OPEN_EXCHANGES + MAX_OPEN_SENDS;

const TOO_MUCH: Failure = { code: 'GOSSIP_E_TOO_LARGE', message: 'the answer was larger than the module can be given now' };

export class Exchanges {
  readonly #process: Pick<HostProcess, 'send' | 'congested'>;
  readonly #open = new Set<number>();

  constructor(process: Pick<HostProcess, 'send' | 'congested'>) {
    this.#process = process;
  }

  /** Whether it may go on; where too many are open, it is refused here. */
  begin(token: number): boolean {
    if (this.#open.has(token)) throw new GossipError('GOSSIP_E_MODULE_PROTOCOL', `exchange ${token} is open already`);
    if (this.#open.size >= MAX_OPEN) {
      this.refuse(token, { code: 'GOSSIP_E_BUSY', message: `${MAX_OPEN} exchanges are open` });
      return false;
    }
    this.#open.add(token);
    return true;
  }

  /** A token that is not open is ignored. */
  reply(token: number, outcome: ExchangeOutcome): void {
    if (!this.#open.delete(token)) return;
    const { congested } = this.#process;
    if ('body' in outcome && outcome.body.length <= MAX_CARRIED_MESSAGE && !congested) {
      this.#process.send({ type: 'reply', exchange: token, failure: null }, [outcome.body]);
    } else this.refuse(token, 'body' in outcome ? TOO_MUCH : outcome.failure);
  }

  refuse(token: number, { code, message }: Failure): void {
    this.#process.send({
      type: 'reply',
      exchange: token,
      failure: { reason: exchangeReason(code), message: boundedText(message), gone: isGone(code) },
    });
  }

  clear(): void {
    this.#open.clear();
  }
}
