/** Real hosts for the tests: builds the program, writes modules, and ends everything again. */
import { mkdtemp, mkdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { bundleHost } from '../../../scripts/bundle-host.ts';
import { hashCode } from '../../../src/core/hosting/code-hash.ts';
import type { Failure } from '../../../src/model/errors.ts';
import type { HostOptions } from '../../../src/core/hosting/host-options.ts';
import { ModuleHost } from '../../../src/core/hosting/host.ts';
import type { ModuleName, Peer } from '../../../src/model/names.ts';

export const SELF = peer('a', 1);
export const OTHER = peer('b', 2);

export function peer(digit: string, port: number): Peer {
  return { id: digit.repeat(64), address: `127.0.0.1:${port}`, name: `node-${digit}` } as Peer;
}

export interface Recorded {
  readonly host: ModuleHost;
  readonly lines: string[];
  readonly exchanges: { token: number; to: Peer; body: unknown }[];
  readonly exits: Failure[];
}

/** A workshop of one test file: a temporary directory, the built host, and every host that was started. */
export function useHosts(entry?: string): Workshop {
  const workshop = new Workshop();
  beforeAll(() => workshop.open(entry));
  afterAll(() => workshop.close());
  return workshop;
}

export class Workshop {
  dir = '';
  hostProgram = '';
  readonly #hosts: ModuleHost[] = [];
  #modules = 0;

  async open(entry?: string): Promise<void> {
    this.dir = await realpath(await mkdtemp(join(tmpdir(), 'gossip-hosting-')));
    this.hostProgram = join(this.dir, 'host.mjs');
    await bundleHost(this.hostProgram, entry);
  }

  async close(): Promise<void> {
    await Promise.all(this.#hosts.map((host) => host.stop(0)));
    await rm(this.dir, { recursive: true, force: true });
  }

  /** Writes a code directory: module.json with `limits`, and the files. */
  async module(files: string | Record<string, string>, limits: object = {}, uses: readonly string[] = []): Promise<string> {
    const directory = join(this.dir, `code-${this.#modules++}`);
    const all = typeof files === 'string' ? { 'index.mjs': files } : files;
    const entry = Object.keys(all).find((name) => name.startsWith('index.')) ?? 'index.mjs';
    const manifest = JSON.stringify({ name: 'probe', version: '1', entry, api: 1, limits, uses });
    for (const [name, text] of Object.entries({ 'module.json': manifest, ...all })) {
      await mkdir(dirname(join(directory, name)), { recursive: true });
      await writeFile(join(directory, name), text);
    }
    return directory;
  }

  /** Loads a module, given as its source or as a directory of `module()`. */
  async start(code: string, options: Partial<HostOptions> = {}): Promise<Recorded> {
    const directory = code.startsWith('/') ? code : await this.module(code);
    const record = { lines: [] as string[], exchanges: [] as Recorded['exchanges'], exits: [] as Failure[] };
    const host = await ModuleHost.start({
      module: 'probe' as ModuleName,
      generation: 1,
      directory,
      expected: options.expected ?? (await hashCode(directory)),
      self: SELF,
      incarnation: 3,
      intervalMs: 200,
      deployment: 'd3',
      settings: { pace: 'slow' },
      hostProgram: this.hostProgram,
      events: {
        onExchange: (token, to, body) => record.exchanges.push({ token, to, body: JSON.parse(Buffer.from(body).toString()) }),
        onPublish: () => undefined,
        onExit: (failure) => record.exits.push(failure),
        onLog: (line) => record.lines.push(line),
      },
      ...options,
    });
    this.#hosts.push(host);
    return { host, ...record };
  }

  /** Loads and activates it. */
  async run(code: string, options: Partial<HostOptions> = {}): Promise<Recorded> {
    const recorded = await this.start(code, options);
    await recorded.host.activate();
    return recorded;
  }
}

/** A module's source with these members; all that is not given is the least that a module needs. */
export function moduleSource(members: Record<string, string> = {}, before = ''): string {
  const all = {
    constructor: 'constructor(context) { this.context = context; this.state = "fresh"; }',
    receive: 'receive(body) { return body; }',
    transferState: 'transferState() { return this.state; }',
    acceptState: 'acceptState(state) { this.state = state; }',
    start: 'start() {}',
    stop: 'stop() {}',
    inspect: 'inspect() { return { state: this.state }; }',
    ...members,
  };
  return `${before}\nexport default class {\n${Object.values(all).join('\n')}\n}\n`;
}

export function json(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

export function parsed(body: Uint8Array): unknown {
  return JSON.parse(Buffer.from(body).toString());
}

/** Resolves when `condition` holds; fails with what was waited for. */
export async function until(condition: () => boolean, what: string, deadlineMs = 45_000): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited ${deadlineMs} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
