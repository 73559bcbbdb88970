/**
 * What one module's large state costs the other modules of its node: `node bench/large-state.ts [seconds] [MiB]`, after `npm run build`. Two real
 * nodes run a module that asks its peer fifty times a second and times the answers, beside a module whose state is large. First that state is small
 * (the baseline, which comes once more at the end), then large and new at each checkpoint, in plain letters and in others, then handed over again and again;
 * at last its messages are large. Prints the answers' times and how late the event loops of the two cores were, with their spread.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { withCluster } from '../test/faults/cluster.ts';
import type { FaultCluster } from '../test/faults/cluster.ts';
import { lagsOf, restartWatched } from '../test/faults/lags.ts';
import type { ModuleSource } from '../test/support/modules.ts';

const [seconds = '20', mebibytes = '63'] = process.argv.slice(2);
const forMs = Number(seconds) * 1_000;
const INTERVAL_MS = 500;
const MESSAGE_BYTES = 1_000_000;
/** Between two hand-overs. */
const REST_MS = 1_000;

const PINGS = `
export default class Pings {
  constructor(context) { this.context = context; this.tookMs = []; }
  start() { this.context.every(20, () => this.ask()); }
  async ask() {
    const [peer] = this.context.peers(1);
    if (peer === undefined) return;
    const sinceMs = performance.now();
    await this.context.exchange(peer, null).then(() => this.tookMs.push([Date.now(), performance.now() - sinceMs]), () => {});
    if (this.tookMs.length > 10_000) this.tookMs.shift();
  }
  receive() { return null; }
  acceptState() {}
  transferState() { return ''; }
  inspect() { return this.tookMs; }
}
`;

const large = (version: string, stateBytes: number, letter: string, messageBytes = 0): ModuleSource => ({
  name: 'large',
  version,
  source: `
const MESSAGE = 'm'.repeat(${messageBytes});
export default class Large {
  constructor(context) { this.context = context; this.count = 0; this.text = ${JSON.stringify(letter)}.repeat(${Math.floor(stateBytes / Buffer.byteLength(letter))}); }
  acceptState(state) { this.count = Number(state.slice(0, state.indexOf(' '))); }
  start() { if (MESSAGE !== '') this.context.every(20, () => this.ask()); }
  async ask() { for (const peer of this.context.peers(1)) await this.context.exchange(peer, MESSAGE).catch(() => {}); }
  receive() { return MESSAGE; }
  transferState() { this.count += 1; return this.count + ' ' + this.text; }
  inspect() { return this.count; }
}
`,
});

const stateBytes = Number(mebibytes) * 1024 * 1024 - 32;
let version = 0;
const next = (bytes: number, letter = 'x', messageBytes = 0): ModuleSource => large(`1.0.${version++}`, bytes, letter, messageBytes);

await withCluster({ nodes: 2, rendezvous: 1, intervalMs: INTERVAL_MS }, async (cluster) => {
  await restartWatched(cluster);
  await runs(cluster, { name: 'pings', version: '1.0.0', source: PINGS });
  await runs(cluster, next(100));
  await measure(cluster, 'a small state', () => pause(forMs));
  await runs(cluster, next(stateBytes));
  await measure(cluster, `checkpoints of ${mebibytes} MiB`, () => pause(forMs));
  await runs(cluster, next(stateBytes, 'é'));
  await measure(cluster, 'the same in é', () => pause(forMs));
  await measure(cluster, 'hand-overs of it', async () => {
    for (const endMs = Date.now() + forMs; Date.now() < endMs; await pause(REST_MS)) await runs(cluster, next(stateBytes, 'é'));
  });
  await runs(cluster, next(100, 'x', MESSAGE_BYTES), '--scrub');
  await measure(cluster, 'messages of 1 MB', () => pause(forMs));
  await runs(cluster, next(100), '--scrub');
  await measure(cluster, 'a small state', () => pause(forMs));
});

async function runs(cluster: FaultCluster, source: ModuleSource, ...flags: readonly string[]): Promise<void> {
  const deployment = await cluster.deploy(source, 'rendezvous1', ...flags);
  await cluster.allRun(deployment, cluster.names, source.name);
}

async function measure(cluster: FaultCluster, what: string, act: () => Promise<void>): Promise<void> {
  const sinceMs = Date.now();
  await act();
  const untilMs = Date.now();
  const within = <Sample extends readonly number[]>(samples: readonly Sample[]): Sample[] =>
    samples.filter(([atMs = 0]) => atMs >= sinceMs && atMs < untilMs);
  // What was measured is written every half second.
  await pause(1_000);
  const shown = await Promise.all(cluster.names.map((name) => cluster.watcher.inspect<[number, number][]>(name, 'pings')));
  const answers = within(shown.flatMap((each) => each ?? [])).map(([, tookMs]) => tookMs);
  const lags = within((await Promise.all(cluster.names.map((name) => lagsOf(cluster, name)))).flat());
  const columns = [
    `answers ${spread(answers)}`,
    `late ${spread(lags.map(([, lateMs]) => lateMs))}`,
    `busy between ticks ${spread(lags.map(([, , busyMs]) => busyMs))}`,
  ];
  process.stdout.write(`${what.padEnd(24)} ${columns.join('   ')}   (${answers.length} answers)\n`);
}

function spread(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.ceil((sorted.length - 1) * share)] ?? NaN).toFixed(1);
  const mean = (sorted.reduce((sum, value) => sum + value, 0) / sorted.length).toFixed(1);
  return `mean ${mean} p50 ${at(0.5)} p99 ${at(0.99)} max ${at(1)} ms`;
}
