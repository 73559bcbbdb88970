/**
 * What a flood costs a cluster (attacks C8 and C9): `node bench/flood.ts [seconds]`, after `npm run build`. Three real nodes gossip, and
 * one of them is flooded by a process of its own: first by nothing (the baseline), then by 5,000 connections a second that say nothing,
 * then by TLS handshakes of strangers, as many as that process can make. Prints the rounds of a module that slipped, and how long a deployment took meanwhile.
 */
import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { once } from 'node:events';
import { pulse, slips } from '../test/faults/pulse.ts';
import { withCluster } from '../test/faults/cluster.ts';
import { makeIdentity } from '../src/trust/identity.ts';

const CONNECTS_PER_SECOND = 5_000;
/** So many are begun at a time. */
const STEP_MS = 10;
/** Of the handshakes at a time: enough to keep a processor busy. */
const LANES = 64;
const INTERVAL_MS = 200;
const FLOODS = ['nothing', 'connections', 'handshakes'] as const;
type Flood = (typeof FLOODS)[number];

const [argument = '30', flood, victim] = process.argv.slice(2);
const forMs = Number(argument) * 1_000;

if (flood === undefined) await measure();
else await act(flood as Flood, Number(victim));

async function measure(): Promise<void> {
  await withCluster({ nodes: 3, rendezvous: 1, intervalMs: INTERVAL_MS }, async (cluster) => {
    const { names, lab } = cluster;
    await cluster.update();
    await cluster.allRun(await cluster.deploy(pulse), names, 'pulse');
    for (const kind of FLOODS) {
      const sinceMs = Date.now();
      const target = Number(lab.node('node1').address.split(':').at(-1));
      const flooder = spawn(process.execPath, [import.meta.filename, argument, kind, String(target)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      try {
        let told = '';
        flooder.stdout.setEncoding('utf8').on('data', (text: string) => (told += text));
        const { runningMs } = await cluster.spread(await cluster.update());
        await once(flooder, 'close');
        const { rounds, answers } = await slips(cluster, names, { sinceMs, intervalMs: INTERVAL_MS });
        const figures = names.map((name, index) => `${name} ${rounds[index]?.toFixed(1)}/${answers[index]?.toFixed(1)}`).join('  ');
        process.stdout.write(
          `${kind.padEnd(12)} ${told.trim().padEnd(52)} deployed in ${Math.round(runningMs)} ms   longest slip, of rounds/answers: ${figures}\n`,
        );
      } finally {
        flooder.kill('SIGKILL');
      }
    }
  });
}

/** The flooder's side. */
async function act(kind: Flood, target: number): Promise<void> {
  const count = { begun: 0, done: 0, refused: 0 };
  const endAt = performance.now() + forMs;
  if (kind === 'connections') await connections(target, endAt, count);
  else if (kind === 'handshakes') await Promise.all(Array.from({ length: LANES }, () => handshakes(target, endAt, count)));
  else await new Promise((resolve) => setTimeout(resolve, forMs));
  process.stdout.write(`${count.begun} begun, ${count.done} done, ${count.refused} refused`);
  process.exit();
}

type Count = { begun: number; done: number; refused: number };

function connections(port: number, endAt: number, count: Count): Promise<void> {
  const begin = (): void => {
    count.begun += 1;
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => (count.done += 1));
    socket.once('error', () => (count.refused += 1));
  };
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      const due = ((performance.now() - startedAt) * CONNECTS_PER_SECOND) / 1_000;
      while (count.begun < due) begin();
      if (performance.now() < endAt) return;
      clearInterval(timer);
      resolve();
    }, STEP_MS);
  });
}

async function handshakes(port: number, endAt: number, count: Count): Promise<void> {
  const { keyPem: key, certificatePem: cert } = makeIdentity();
  while (performance.now() < endAt) {
    count.begun += 1;
    const socket = connectTls({ host: '127.0.0.1', port, key, cert, rejectUnauthorized: false });
    const outcome = await Promise.race([
      once(socket, 'secureConnect').then(() => 'done' as const),
      once(socket, 'close').then(() => 'refused' as const),
    ]).catch(() => 'refused' as const);
    count[outcome] += 1;
    socket.destroy();
  }
}
