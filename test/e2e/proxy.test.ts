/** Nodes behind an HTTP CONNECT proxy: tinyproxy out of Debian's packages, through which everything outgoing must pass. */
import type { Failure } from '../../src/model/errors.ts';
import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { freePorts } from '../../src/lab/ports.ts';
import type { ClusterStatus } from '../../src/operator/status/status.ts';
import { hasDebian } from '../support/debian.ts';
import { gossip, gossipHere, startNode, until, withDirectory } from '../support/gossip.ts';
import type { Ran, RunningNode } from '../support/gossip.ts';

const TEST_MS = 180_000;
const RENDEZVOUS = 'rendezvous1';
const NODES = [RENDEZVOUS, 'node1', 'node2'];

class TinyProxy {
  readonly url: string;
  readonly #port: number;
  readonly #directory: string;
  #end: (() => Promise<void>) | null = null;

  constructor(directory: string, port: number) {
    this.#directory = directory;
    this.#port = port;
    this.url = `http://127.0.0.1:${port}`;
  }

  async start(): Promise<void> {
    const file = join(this.#directory, 'tinyproxy.conf');
    const lines = [
      `Port ${this.#port}`,
      'Listen 127.0.0.1',
      'Allow 127.0.0.1',
      `LogFile "${this.#log}"`,
      'LogLevel Connect',
      'Timeout 600',
    ];
    await writeFile(file, `${lines.join('\n')}\n`);
    const child = spawn('tinyproxy', ['-d', '-c', file], { stdio: 'ignore' });
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
    this.#end = () => (child.kill('SIGKILL'), ended);
    await until('the proxy listens', () => canConnect(this.#port));
  }

  /** Ends it with every tunnel through it. */
  async stop(): Promise<void> {
    await this.#end?.();
    this.#end = null;
  }

  /** What it was asked for, such as `CONNECT 127.0.0.1:7946 HTTP/1.1`. */
  async requests(): Promise<Set<string>> {
    const log = await readFile(this.#log, 'utf8');
    return new Set([...log.matchAll(/Request \(file descriptor \d+\): (.*)/g)].map(([, request = '']) => request.trim()));
  }

  get #log(): string {
    return join(this.#directory, 'tinyproxy.log');
  }
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => (socket.destroy(), resolve(true)));
    socket.once('error', () => resolve(false));
  });
}

interface Proxied {
  readonly proxy: TinyProxy;
  readonly nodes: readonly RunningNode[];
  readonly run: <Json>(...args: readonly string[]) => Promise<Ran<Json>>;
  readonly untilStatus: (what: string, holds: (status: ClusterStatus) => boolean) => Promise<ClusterStatus>;
}

/** A cluster in which every node calls the others through the proxy. */
/** By default loopback is called without the proxy; here, nothing but loopback is there to be called. */
const ELSEWHERE = '192.0.2.0/24';

async function withProxiedNodes(act: (cluster: Proxied) => Promise<void>): Promise<void> {
  await withDirectory(async (home) => {
    const [proxyPort = 0, ...ports] = await freePorts(1 + NODES.length);
    const proxy = new TinyProxy(home, proxyPort);
    const run = <Json>(...args: readonly string[]) => gossipHere<Json>([...args, '--json'], home);
    const untilStatus: Proxied['untilStatus'] = (what, holds) =>
      until(what, async () => {
        const { code, json } = await run<ClusterStatus>('status');
        return code === 0 && holds(json) && json;
      });
    const nodes: RunningNode[] = [];
    try {
      await proxy.start();
      const data = (name: string) => join(home, name);
      const { id } = (await run<{ id: string }>('node', 'identity', '--data', data(RENDEZVOUS))).json;
      await run('cluster', 'init', '--rendezvous', `${RENDEZVOUS}=127.0.0.1:${ports[0]}=${id}`);
      const { token } = (await run<{ token: string }>('cluster', 'join-token')).json;
      for (const [index, name] of NODES.entries()) {
        const where = ['--name', name, '--data', data(name), '--listen', `127.0.0.1:${ports[index]}`];
        nodes.push(
          await startNode([...where, '--join', token, '--proxy', proxy.url, '--direct', ELSEWHERE, '--interval', '150ms'], { home }),
        );
      }
      await act({ proxy, nodes, run, untilStatus });
    } finally {
      await Promise.all(nodes.map((node) => node.stop('SIGKILL')));
      await proxy.stop();
    }
  });
}

const all = (status: ClusterStatus): boolean => status.nodes.length === NODES.length && status.nodes.every(({ reachable }) => reachable);
const troubles = (status: ClusterStatus): (Failure['code'] | undefined)[] => status.nodes.map(({ outgoing }) => outgoing?.code);

describe.skipIf(!hasDebian('tinyproxy-bin'))('nodes behind a proxy', () => {
  test(
    'join, deploy and converge through it, which sees only tunnels to nodes; they say when it is gone, and go on when it is back',
    { timeout: TEST_MS },
    async () => {
      await withProxiedNodes(async ({ proxy, nodes, run, untilStatus }) => {
        expect((await run('deploy', '--module', 'membership', '--wait')).code).toBe(0);
        const first = await untilStatus('all nodes converge', (seen) => all(seen) && seen.converged === true);
        expect(troubles(first)).toEqual(NODES.map(() => undefined));
        const requests = await proxy.requests();
        expect([...requests].toSorted()).toEqual(nodes.map(({ address }) => `CONNECT ${address} HTTP/1.1`).toSorted());

        // Gone: they say that nobody can be reached. Back: they go on.
        await proxy.stop();
        await untilStatus('all nodes complain', (status) => all(status) && troubles(status).every((code) => code === 'GOSSIP_E_PROXY'));
        expect((await run('deploy', '--module', 'registry', '--to', RENDEZVOUS)).code).toBe(0);
        const others = (await untilStatus('the nodes answer', all)).nodes.slice(1);
        expect(others.map(({ modules }) => modules.find(({ name }) => name === 'registry')?.why?.message)).toEqual([
          'has not heard of d2 yet',
          'has not heard of d2 yet',
        ]);
        await proxy.start();
        const again = await untilStatus('all nodes converge', (seen) => all(seen) && seen.converged === true);
        expect(again.nodes.map(({ modules }) => modules.map(({ name, deployment }) => `${name} ${deployment}`))).toEqual(
          NODES.map(() => ['membership d1', 'registry d2']),
        );
        expect(troubles(again)).toEqual(NODES.map(() => undefined));
        const logs = await Promise.all(nodes.map((node) => node.stop()));
        for (const { code, stderr } of logs) {
          expect(code).toBe(0);
          expect(stderr).toMatch(/"code":"GOSSIP_E_PROXY".*"msg":"no peer can be reached"[^]*"msg":"peers can be reached again"/);
        }
      });
    },
  );
});

test('a node does not start with a proxy that is none', { timeout: TEST_MS }, async () => {
  await withDirectory(async (home) => {
    const { code, json } = await gossip(['node', 'run', '--json', '--listen', '127.0.0.1:0', '--proxy', 'localhost:3128'], { home });
    expect([code, json['error']?.['code']]).toEqual([3, 'GOSSIP_E_PROXY']);
  });
});
