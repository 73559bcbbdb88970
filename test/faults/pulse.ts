/** A module that does nothing but gossip, and remembers when: whether its rounds go on while something else is wrong. */
import type { ModuleSource } from '../support/modules.ts';
import type { FaultCluster } from './cluster.ts';

/** What `module inspect pulse` shows. */
export interface Pulse {
  /** When its last rounds began, by the clock of this machine. */
  readonly rounds: readonly number[];
  /** When its last exchanges were answered. */
  readonly answers: readonly number[];
}

const PULSE = `
const KEPT = 2_000;
export default class Pulse {
  constructor(context) {
    this.context = context;
    this.rounds = [];
    this.answers = [];
  }
  start() {
    this.context.every(this.context.intervalMs, () => this.round());
  }
  async round() {
    this.remember(this.rounds);
    await Promise.all(this.context.peers(2).map((peer) => this.ask(peer)));
  }
  async ask(peer) {
    await this.context.exchange(peer, null).then(() => this.remember(this.answers), () => {});
  }
  remember(times) {
    times.push(this.context.now());
    if (times.length > KEPT) times.shift();
  }
  receive() {
    return null;
  }
  acceptState() {}
  transferState() {
    return '';
  }
  inspect() {
    return { rounds: this.rounds, answers: this.answers };
  }
}
`;

export const pulse: ModuleSource = { name: 'pulse', version: '1.0.0', source: PULSE };

/** The longest pauses, in rounds, that modules on these nodes made since `sinceMs`: between rounds, and between answers from anybody. */
export async function slips(
  cluster: Pick<FaultCluster, 'watcher'>,
  names: readonly string[],
  { sinceMs, intervalMs }: { readonly sinceMs: number; readonly intervalMs: number },
): Promise<{ rounds: number[]; answers: number[] }> {
  const pulses = await Promise.all(names.map((name) => cluster.watcher.inspect<Pulse>(name, 'pulse')));
  const slip = (times: readonly number[] = []): number =>
    longestPause([sinceMs, ...times.filter((time) => time > sinceMs)]) / intervalMs - 1;
  return { rounds: pulses.map((shown) => slip(shown?.rounds)), answers: pulses.map((shown) => slip(shown?.answers)) };
}

export function longestPause(times: readonly number[]): number {
  return Math.max(...times.map((time, index) => (times[index + 1] ?? Date.now()) - time));
}
