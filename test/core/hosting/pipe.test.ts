/** A module that writes to its core's pipe by itself ends itself, and nobody else (attack D3). */
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MAX_OPEN_EXCHANGES, MAX_OPEN_SENDS } from '../../../src/sdk/limits.ts';
import { json, moduleSource, OTHER, parsed, until, useHosts } from './support.ts';

const hosts = useHosts();

const BEFORE = `import fs from 'node:fs';
  const write = (bytes) => { for (let at = 0; at < bytes.length; ) try { at += fs.writeSync(3, bytes, at); } catch (error) { if (error.code !== 'EAGAIN') throw error; } };
  const frame = (header, bodyBytes = 0) => { const json = Buffer.from(JSON.stringify(header)); const head = Buffer.alloc(8); head.writeUInt32BE(json.length, 0); head.writeUInt32BE(bodyBytes, 4); return Buffer.concat([head, json]); };
  const exchange = (n) => frame({ type: 'exchange', exchange: n, to: { id: 'b'.repeat(64), address: '127.0.0.1:2', name: '' } }, 1);`;

const misbehaving = (statement: string): string =>
  moduleSource({ receive: `receive() { setTimeout(async () => { ${statement} }); return true; }` }, BEFORE);

const broken = [
  ['garbage', 'write(Buffer.from("GET / HTTP/1.1\\r\\n\\r\\n"))'],
  ['4 GiB of announced length', 'write(Buffer.from([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]))'],
  ['4 GiB of announced body', 'write(Buffer.from([0, 0, 0, 20, 0xff, 0xff, 0xff, 0xff]))'],
  ['a frame of the wrong type', 'write(frame({ type: "load" }))'],
  ['a frame of the wrong form', 'write(frame({ type: "done", call: "1" }))'],
  ['a second greeting', 'write(frame({ type: "ready" }))'],
  ['a state that nobody asked for', 'write(frame({ type: "done", call: 999 }, 64 * 1024 * 1024))'],
  ['one exchange twice', 'write(exchange(900)); write(Buffer.from("0")); write(exchange(900)); write(Buffer.from("0"))'],
] as const;

describe('a module that sends', () => {
  it.each(broken)('%s is ended with the code of it', async (_, statement) => {
    const { host, exits } = await hosts.run(misbehaving(statement));
    await host.deliver(OTHER, json(0), 5_000).catch(() => undefined);
    await until(() => exits.length > 0, 'the end of the host');
    expect(exits).toMatchObject([{ code: 'GOSSIP_E_MODULE_PROTOCOL' }]);
  });

  it.each([
    [
      'a frame byte by byte, without an end',
      'write(frame({ type: "done", call: 999 }, 1_000_000)); setInterval(() => write(Buffer.from([0])), 10)',
    ],
    ['frames without an end', 'for (let n = 1000; ; n++) { write(exchange(n)); write(Buffer.from("0")); }'],
    ['one frame without an end', 'for (;;) write(frame({ type: "pong", ping: 0, residentBytes: 0 }))'],
  ])('%s hangs, is ended, and disturbs no other module', async (_, statement) => {
    const good = await hosts.run(moduleSource());
    const bad = await hosts.run(misbehaving(statement), { limits: { hungAfterMs: 1_500 } });
    await bad.host.deliver(OTHER, json(0), 5_000).catch(() => undefined);
    for (let round = 0; bad.exits.length === 0; round++) expect(parsed(await good.host.deliver(OTHER, json(round), 10_000))).toBe(round);
    expect(bad.exits).toMatchObject([{ code: 'GOSSIP_E_MODULE_HUNG' }]);
    expect(bad.exchanges.length).toBeLessThanOrEqual(MAX_OPEN_EXCHANGES + MAX_OPEN_SENDS);
    await good.host.stop(1_000);
  });

  it('nothing more, for it closed the pipe, is ended', async () => {
    const { host, exits } = await hosts.run(misbehaving('fs.closeSync(3)'));
    await host.deliver(OTHER, json(0), 5_000).catch(() => undefined);
    await until(() => exits.length > 0, 'the end of the host');
    expect(['GOSSIP_E_MODULE_PROTOCOL', 'GOSSIP_E_MODULE_CRASH']).toContain(exits[0]?.code);
  });

  it('answers to calls that were never made is not believed', async () => {
    const { host } = await hosts.run(
      misbehaving('write(frame({ type: "done", call: 999 })); write(frame({ type: "failed", call: 998, message: "no" }))'),
    );
    await host.deliver(OTHER, json(0), 5_000);
    expect(await host.inspect()).toEqual({ state: 'fresh' });
  });
});

describe("node's own channel, which the core does not use", () => {
  it('lets one line of a child end its parent', async () => {
    const parent = join(hosts.dir, 'ipc-parent.mjs');
    const child = join(hosts.dir, 'ipc-child.mjs');
    await writeFile(child, 'process.send({ cmd: "NODE_HANDLE_ACK" }); setTimeout(() => {}, 2_000);');
    await writeFile(parent, 'import { fork } from "node:child_process"; fork(process.argv[2]); setTimeout(() => process.exit(0), 2_000);');
    const running = spawn(process.execPath, [parent, child], { stdio: 'ignore', timeout: 20_000, killSignal: 'SIGKILL' });
    const exitCode = await new Promise((resolve) => running.on('exit', resolve));
    expect(exitCode).not.toBe(0);
  });
});
