/** What applications get at a node's door: a thousand requests in a second to one node's registry, with a live update in the middle, beside a map behind plain HTTP. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Module } from '../../src/client/index.ts';
import { shippedModule, writeRelabelled } from '../../test/support/modules.ts';
import type { Setting } from '../harness/bench.ts';
import type { Figure } from '../harness/figure.ts';
import { kill } from '../harness/lab.ts';
import type { BenchLab } from '../harness/lab.ts';
import { processorMs } from '../harness/processes.ts';
import * as product from '../harness/product.ts';
import { inTime, NotInTime, pause, until } from '../harness/wait.ts';
import { RequestLedger } from './request-ledger.ts';
import { load, readAll } from './request-load.ts';
import type { LoadWish, Timed } from './request-load.ts';

const LENGTHS = { quick: 10_000, full: 60_000 } as const;
const PER_SECOND = 1_000;
const KEYS = 300;
const ASKED = 'node1';
const FIRST_MS = 60_000;
const UPDATE_MS = 60_000;
const EVERYWHERE_MS = 60_000;
const LOOK_MS = 200;
const PLAIN_MAP = fileURLToPath(new URL('./plain-map.ts', import.meta.url));

interface Loaded {
  readonly timed: readonly Timed[];
  readonly ledger: RequestLedger;
  /** Processor time of whoever answers, of each request. */
  readonly processorMs: number;
}

interface Updated extends Loaded {
  /** From the deployment to its last node, by `performance.now`. */
  readonly update: { readonly from: number; readonly to: number };
  readonly lost: readonly string[];
}

export async function requests(setting: Setting): Promise<void> {
  const wish = { perSecond: PER_SECOND, forMs: LENGTHS[setting.quick ? 'quick' : 'full'], keys: KEYS, signal: setting.signal };
  await setting.withLab({ nodes: 2, rendezvous: 1 }, async (lab) => {
    await lab.running(shippedModule('registry'), FIRST_MS);
    const plain = await setting.undisturbed('a map behind plain HTTP', () => plainly(lab.directory, wish));
    let version = 0;
    const updated = await setting.undisturbed('the registry of a node, and its update', () => besideUpdate(lab, wish, (version += 1)));
    setting.found({
      figures: figuresOf(updated, plain),
      remarks: [
        `${PER_SECOND} requests in a second for ${wish.forMs / 1_000} s, every other one a set, of ${KEYS} keys in turn; each counts from when it was due. The load and both servers share the machine.`,
        `${updated.ledger.acknowledged} sets were acknowledged. In the end each key had its newest acknowledged value, on the asked node and on the other one, but for what is counted as lost.`,
        ...[...updated.ledger.failures, ...updated.ledger.disorder, ...updated.lost].slice(0, 5),
      ],
    });
  });
}

function figuresOf({ timed, update, ledger, lost, processorMs: each }: Updated, plain: Loaded): Figure[] {
  const took = (of: readonly Timed[]): number[] => of.map(([, ms]) => rounded(ms));
  const meanwhile = timed.filter(([dueAt]) => dueAt >= update.from && dueAt <= update.to);
  const none = (name: string, found: readonly string[]): Figure => {
    return { name, unit: 'count', values: [found.length], goal: { at: 'max', most: 0 } };
  };
  const name = 'a map behind plain HTTP';
  return [
    {
      name: 'a request of an application, from when it was due',
      unit: 'ms',
      values: took(timed),
      baseline: { name, values: took(plain.timed) },
      headline: true,
    },
    { name: 'the same of those due while the module was updated', unit: 'ms', values: took(meanwhile) },
    {
      name: 'processor time of the node for a request',
      unit: 'ms',
      values: [rounded(each)],
      baseline: { name, values: [rounded(plain.processorMs)] },
    },
    none('requests that failed', ledger.failures),
    none('acknowledged writes that are not there in the end', lost),
    none('answers out of order within a key', ledger.disorder),
  ];
}

/** A hundredth of a millisecond: a minute has sixty thousand of them. */
function rounded(ms: number): number {
  return Math.round(ms * 100) / 100;
}

async function plainly(directory: string, wish: LoadWish): Promise<Loaded> {
  const socket = join(directory, `plain-${Date.now()}.sock`);
  const server = spawn(process.execPath, [PLAIN_MAP, socket], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    await once(server.stdout, 'data', { signal: wish.signal });
    return await loaded(socket, () => [server.pid ?? 0], wish);
  } finally {
    await ended(server);
  }
}

async function ended(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null || server.pid === undefined) return;
  const closed = once(server, 'close');
  kill(server.pid);
  await closed;
}

async function besideUpdate(lab: BenchLab, wish: LoadWish, version: number): Promise<Updated> {
  const code = await writeRelabelled(lab.directory, 'registry', `9.0.${version}`);
  const update = async (): Promise<Updated['update']> => {
    await pause(wish.forMs / 2, wish.signal);
    const from = performance.now();
    const { late } = await lab.spread(await lab.deploy(code), UPDATE_MS);
    if (late !== undefined) throw new NotInTime(late);
    return { from, to: performance.now() };
  };
  const socket = join(lab.lab.node(ASKED).directory, 'app.sock');
  const [result, updated] = await Promise.all([loaded(socket, () => lab.processes([ASKED]), wish), update()]);
  const lost = [...(await missing(lab, ASKED, result.ledger)), ...(await missingElsewhere(lab, wish.signal, result.ledger))];
  return { ...result, update: updated, lost };
}

async function loaded(socket: string, pids: () => readonly number[], wish: LoadWish): Promise<Loaded> {
  const [gossip, ledger] = [product.connect({ socket }), new RequestLedger()];
  const spent = new ProcessorTime(pids);
  try {
    const timed = await load(gossip.module('registry'), ledger, wish);
    return { timed, ledger, processorMs: spent.end() / Math.max(1, timed.length) };
  } finally {
    spent.end();
    gossip.close();
  }
}

async function missing(lab: BenchLab, node: string, ledger: RequestLedger): Promise<string[]> {
  const gossip = product.connect({ socket: join(lab.lab.node(node).directory, 'app.sock') });
  try {
    const module: Module = gossip.module('registry');
    return ledger.lostOf(await readAll(module, ledger.keys)).map((lost) => `${node}: ${lost}`);
  } finally {
    gossip.close();
  }
}

/** The other node hears of it within its rounds. */
async function missingElsewhere(lab: BenchLab, signal: AbortSignal, ledger: RequestLedger): Promise<string[]> {
  const other = lab.names.find((name) => name !== ASKED) ?? ASKED;
  let last: string[] = [];
  await inTime(() =>
    until(
      `${other} has all that was acknowledged`,
      async () => {
        last = await missing(lab, other, ledger);
        return last.length === 0 ? { done: true } : { soFar: `${last.length} are missing` };
      },
      { deadlineMs: EVERYWHERE_MS, signal, everyMs: LOOK_MS },
    ),
  );
  return last;
}

/** What processes take that may come and go: an update ends one host and begins another. */
class ProcessorTime {
  readonly #pids: () => readonly number[];
  readonly #before = new Map<number, number>();
  readonly #seen = new Map<number, number>();
  readonly #timer: NodeJS.Timeout;

  constructor(pids: () => readonly number[]) {
    this.#pids = pids;
    for (const pid of pids()) this.#before.set(pid, processorMs(pid));
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** Milliseconds since it began. */
  end(): number {
    clearInterval(this.#timer);
    this.#look();
    return [...this.#seen].reduce((sum, [pid, ms]) => sum + ms - (this.#before.get(pid) ?? 0), 0);
  }

  #look(): void {
    for (const pid of this.#pids()) this.#seen.set(pid, Math.max(this.#seen.get(pid) ?? 0, processorMs(pid)));
  }
}
