/** What surrounds an instance in its own process: the machine's clock and chance, real timers, and its core at the end of a pipe. */
import { MAX_TIMER_MS } from '../model/duration.ts';
import type { Peer } from '../model/names.ts';
import { logText } from '../sdk/border.ts';
import { carry } from '../sdk/carried.ts';
import { lineLevel } from '../sdk/log-level.ts';
import type { Surroundings } from '../sdk/instance-context.ts';
import { MAX_EXCHANGE_MS } from '../sdk/limits.ts';
import type { PeerChoice } from '../sdk/peer-choice.ts';
import { describeStack } from './error-text.ts';
import type { FromHost, ToHost } from './messages.ts';
import { print, printError } from './print.ts';
import { usesOver } from './uses.ts';

export interface CoreSide {
  /** The peers that the core knows now. */
  readonly peers: () => PeerChoice;
  /** How far the core says that the node is behind. */
  readonly strain: () => number;
  readonly send: (header: FromHost, body: Uint8Array) => void;
}

export function surroundingsOf(placement: Extract<ToHost, { type: 'load' }>, core: CoreSide): Surroundings {
  return {
    ...placement,
    now: () => Date.now(),
    monotonic: () => performance.now(),
    random: () => Math.random(),
    peers: () => {
      const { near, others, doubted = [] } = core.peers();
      const isOther = ({ id }: { readonly id: string }): boolean => id !== placement.self.id;
      return { near: near.filter(isOther), others: others.filter(isOther), doubted: doubted.filter(isOther) };
    },
    strain: core.strain,
    after: (delayMs, run) => {
      const timer = setTimeout(run, Math.min(delayMs, MAX_TIMER_MS));
      return () => clearTimeout(timer);
    },
    ask: (exchange, to, message) => core.send({ type: 'exchange', exchange, to: to as Peer }, carry(message)),
    uses: usesOver(core.send, placement.uses),
    publish: ({ topic, text }) => core.send({ type: 'publish', topic }, Buffer.from(text)),
    // The core answers sooner; this only keeps a lost answer from holding a module for ever.
    giveUpMs: MAX_EXCHANGE_MS,
    log: (message, fields, level) => print(logText(message, fields), lineLevel(level)),
    taskFailed: (error) => printError(`a timer's task failed: ${describeStack(error)}`),
  };
}
