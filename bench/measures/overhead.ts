/**
 * What the cores add to an exchange. Two modules on two nodes talk through their cores, and two processes talk plain HTTPS, in turns of some seconds; in
 * every third turn nobody talks, and what the nodes take then is theirs and not the exchange's.
 */
import type { Setting } from '../harness/bench.ts';
import type { BenchLab } from '../harness/lab.ts';
import { processorMs } from '../harness/processes.ts';
import { SocketMeter } from '../harness/sockets.ts';
import { pause } from '../harness/wait.ts';
import { writeModule } from '../../test/support/modules.ts';
import { PlainPair } from './plain-pair.ts';
import { overheadOf } from './overhead-figures.ts';
import type { Counters, Pinged } from './overhead-figures.ts';
import { BODY_BYTES, EVERY_MS, TURNS } from './turns.ts';

const LENGTHS = { quick: { turnMs: 2_000, rounds: 2 }, full: { turnMs: 5_000, rounds: 8 } } as const;
const FIRST_MS = 60_000;

/** Asks the other one while it is its turn, one after the other, and remembers how long each answer took. */
const PINGS = `
export default class Pings {
  constructor(context) {
    this.context = context;
    this.samples = [];
    this.failed = 0;
    this.isAsking = false;
    this.body = 'x'.repeat(${BODY_BYTES - 2});
  }
  start() {
    if (this.context.self.name === 'node1') this.context.every(${EVERY_MS}, () => this.ask());
  }
  async ask() {
    if (this.isAsking || Math.floor(Date.now() / this.context.settings.turnMs) % ${TURNS.length} !== ${TURNS.indexOf('gossip')}) return;
    const [peer] = this.context.peers(1);
    if (peer === undefined) return;
    this.isAsking = true;
    const since = performance.now();
    try {
      await this.context.exchange(peer, this.body);
      this.samples.push([Date.now(), performance.now() - since]);
    } catch {
      this.failed += 1;
    } finally {
      this.isAsking = false;
    }
  }
  receive(body) { return body; }
  acceptState() {}
  transferState() { return ''; }
  inspect() { return { samples: this.samples, failed: this.failed }; }
}
`;

export async function overhead(setting: Setting): Promise<void> {
  const { turnMs, rounds } = LENGTHS[setting.quick ? 'quick' : 'full'];
  await setting.withLab({ nodes: 2, rendezvous: 1 }, async (lab) => {
    const plain = await PlainPair.start(turnMs, setting.signal);
    try {
      const source = { name: 'pings', version: '1.0.0', source: PINGS };
      await lab.running(await writeModule(lab.directory, source), FIRST_MS, { turnMs });
      await pause(2_000, setting.signal);
      const measured = await setting.undisturbed('exchanges and requests in turns', async () => {
        const borders = await turns(lab, plain, { turnMs, count: rounds * TURNS.length, signal: setting.signal });
        return { borders, gossip: await lab.inspect<Pinged>('node1', 'pings') };
      });
      setting.found(overheadOf({ ...measured, plain: await plain.end() }));
    } finally {
      await plain.kill();
    }
  });
}

/** The counters at every border of so many turns, beginning with the modules' one. */
async function turns(
  lab: BenchLab,
  plain: PlainPair,
  { turnMs, count, signal }: { turnMs: number; count: number; signal: AbortSignal },
): Promise<Counters[]> {
  const cycleMs = turnMs * TURNS.length;
  const beginMs = Math.ceil((Date.now() + 1) / cycleMs) * cycleMs;
  const meters = { gossip: new SocketMeter(lab.ports), plain: new SocketMeter([plain.port]) };
  const pids = lab.processes();
  const borders: Counters[] = [];
  for (let index = 0; index <= count; index += 1) {
    await pause(Math.max(0, beginMs + index * turnMs - Date.now()), signal);
    const sum = (of: readonly number[]): number => of.reduce((total, pid) => total + processorMs(pid), 0);
    const atMs = beginMs + index * turnMs;
    borders.push({
      atMs,
      lateMs: Date.now() - atMs,
      gossipMs: sum(pids),
      plainMs: sum(plain.pids),
      gossipBytes: (await meters.gossip.look())?.bytes ?? null,
      plainBytes: (await meters.plain.look())?.bytes ?? null,
    });
  }
  return borders;
}
