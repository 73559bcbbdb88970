/** What each kind of source gives, and what becomes of one that gives nothing, too much or nonsense. */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { alone } from '../../../src/core/discovery/names.ts';
import type { Names } from '../../../src/core/discovery/names.ts';
import { askSource } from '../../../src/core/discovery/source.ts';
import { parseSources } from '../../../src/core/discovery/wish.ts';
import type { SourceWish } from '../../../src/core/discovery/wish.ts';
import { dnsServer } from '../../support/dns-server.ts';
import type { TestZone } from '../../support/dns-server.ts';
import { temporaryDirectory } from '../store/temporary-directory.ts';

const NOBODY: Names = { addresses: () => Promise.reject(new Error('not asked')), services: () => Promise.reject(new Error('not asked')) };

/** Names as this server knows them, and no others. */
async function namesOf(zone: TestZone): Promise<Names> {
  const resolver = await dnsServer(zone);
  return { addresses: alone((name) => resolver.resolve4(name)), services: (name) => resolver.resolveSrv(name) };
}

function ask(
  text: string,
  {
    names = NOBODY,
    random = () => 0,
    signal = new AbortController().signal,
  }: { names?: Names; random?: () => number; signal?: AbortSignal } = {},
) {
  const [source] = parseSources([text]);
  return askSource(source as SourceWish, { names, port: 7946, random, stopped: signal });
}

async function failing(asked: Promise<unknown>): Promise<string> {
  return asked.then(
    () => 'it answered',
    (error: { code: string; message: string }) => `${error.code} ${error.message}`,
  );
}

async function file(text: string | Uint8Array, mode = 0o600): Promise<string> {
  const path = join(await temporaryDirectory(), 'source');
  await writeFile(path, text);
  await chmod(path, mode);
  return path;
}

test('a name: all its addresses, at the port that is given or that of the node', async () => {
  const names = await namesOf({ a: { 'gossip.test': ['10.0.0.1', '10.0.0.2'] } });
  expect(await ask('dns:gossip.test', { names })).toEqual({ addresses: ['10.0.0.1:7946', '10.0.0.2:7946'], bad: [] });
  expect(await ask('dns:gossip.test:81', { names })).toEqual({ addresses: ['10.0.0.1:81', '10.0.0.2:81'], bad: [] });
});

test('addresses that nobody may be called at are named, and the others stay', async () => {
  const names = await namesOf({ a: { 'gossip.test': ['169.254.169.254', '10.0.0.2', '224.0.0.1', '0.0.0.0'] } });
  const { addresses, bad } = await ask('dns:gossip.test', { names });
  expect([addresses, bad.map((line) => line.replace(/:.*: /, ': '))]).toEqual([
    ['10.0.0.2:7946'],
    [
      'gossip.test: it is link-local, and means something on one link only',
      'gossip.test: it is a multicast address, which no node has alone',
      'gossip.test: it stands for all addresses of a machine; name one of them',
    ],
  ]);
});

test('a name that is not there, one without addresses, and a server that says nothing', async () => {
  const names = await namesOf({ srv: { 'empty.test': [] }, silent: ['silent.test'] });
  expect(await failing(ask('dns:absent.test', { names }))).toBe(
    "GOSSIP_E_JOIN_FROM 'absent.test' cannot be looked up: there is no such name",
  );
  expect(await failing(ask('dns:empty.test', { names }))).toBe(
    "GOSSIP_E_JOIN_FROM 'empty.test' cannot be looked up: it has no such record",
  );
  expect(await failing(ask('dns:silent.test', { names }))).toBe(
    "GOSSIP_E_JOIN_FROM 'silent.test' cannot be looked up: no name server answers",
  );
});

test('service records: by priority, then by weight at random, each with its own port; a target without addresses hinders no other', async () => {
  const service = (name: string, port: number, priority: number, weight: number) => ({ name, port, priority, weight });
  const records = [
    service('late.test', 3, 20, 9),
    service('light.test', 1, 10, 1),
    service('heavy.test', 2, 10, 99),
    service('gone.test', 4, 5, 0),
  ];
  const a = { 'late.test': ['10.0.0.3'], 'light.test': ['10.0.0.1'], 'heavy.test': ['10.0.0.2'] };
  const names = await namesOf({ a, srv: { '_gossip._tcp.all.test': records, '_x._tcp.none.test': [service('.', 0, 0, 0)] } });
  expect(await ask('srv:all.test', { names, random: () => 0.5 })).toEqual({
    addresses: ['10.0.0.2:2', '10.0.0.1:1', '10.0.0.3:3'],
    bad: ["'gone.test' cannot be looked up: there is no such name"],
  });
  expect(await ask('srv:_x._tcp.none.test', { names })).toEqual({ addresses: [], bad: [] });
});

test('weights decide how often one comes first', async () => {
  const records = [1, 3].map((weight) => ({ name: `w${weight}.test`, port: weight, priority: 0, weight }));
  const names: Names = { addresses: async () => ['10.0.0.1'], services: async () => records };
  const firsts = await Promise.all(
    Array.from({ length: 400 }, async () => (await ask('srv:a.test', { names, random: Math.random })).addresses[0]),
  );
  const share = firsts.filter((address) => address === '10.0.0.1:3').length / firsts.length;
  // 0.75 with a deviation of 0.022.
  expect(Math.abs(share - 0.75)).toBeLessThan(0.13);
});

test('a look-up that hangs takes one thread and no more', async () => {
  let looking = 0;
  const look = alone(() => ((looking += 1), new Promise(() => undefined)));
  void look('a');
  void look('b');
  await Promise.resolve();
  await Promise.resolve();
  expect(looking).toBe(1);
});

test('a file: comments, blank lines, IPv6, bare addresses; what is none is named by its line', async () => {
  const path = await file(
    '\uFEFF# the fleet\r\n\r\n10.0.0.1:81 # first\n10.0.0.2\n[fd00::1]:82\nfd00::2\n[fd00::3]\ngossip.test:7946\n10.0.0.1:81\n127.0.0.1:99999\n010.0.0.1:7946\n\u001b[31mred\n',
  );
  const { addresses, bad } = await ask(`file:${path}`, { random: Math.random });
  expect([addresses.toSorted(), bad]).toEqual([
    ['10.0.0.1:81', '10.0.0.2:7946', '[fd00::1]:82', '[fd00::2]:7946', '[fd00::3]:7946'],
    [
      "line 8: 'gossip.test:7946' is not an address: a literal IP address and a port are wanted",
      "line 10: '127.0.0.1:99999' is not an address: a literal IP address and a port are wanted",
      "line 11: '010.0.0.1:7946' is not an address: a literal IP address and a port are wanted",
      "line 12: '\\u001b[31mred' is not an address: a literal IP address and a port are wanted",
    ],
  ]);
});

test('a large answer is cut at 64 addresses by chance, and many wrong lines at 8', async () => {
  const many = await ask(`file:${await file(Array.from({ length: 100 }, (_, index) => `10.0.1.${index}:1\n`).join(''))}`, {
    random: Math.random,
  });
  expect([many.addresses.length, many.bad]).toEqual([64, ['100 addresses: 36 of them are left out']]);
  const wrong = await ask(`file:${await file('x\n'.repeat(50))}`);
  expect([wrong.addresses, wrong.bad.length, wrong.bad.at(-1)]).toEqual([[], 8, 'and 43 more']);
});

test('an empty file gives nothing; one that is absent, too large, a directory or half written bytes says so', async () => {
  expect(await ask(`file:${await file('')}`)).toEqual({ addresses: [], bad: [] });
  const directory = await temporaryDirectory();
  await mkdir(join(directory, 'd'));
  expect(await failing(ask(`file:${join(directory, 'absent')}`))).toMatch(/^GOSSIP_E_JOIN_FROM .*absent is not there$/);
  expect(await failing(ask(`file:${join(directory, 'd')}`))).toMatch(/d is no file$/);
  expect(await failing(ask(`file:${await file('#'.repeat(65 * 1024))}`))).toMatch(/is larger than 64 KiB$/);
  expect((await ask(`file:${await file(Buffer.from([0xff, 0xfe, 0x0a, 0x31]))}`)).bad).toHaveLength(2);
});

test('a program: its lines, with nothing of the environment but PATH, no words and no input', async () => {
  const program = await file(
    '#!/bin/sh\n[ $# = 0 ] && [ "$(cat)" = "" ] && echo 10.0.0.1:1\nenv | grep -v -e ^PATH= -e ^PWD= -e ^_= -e ^SHLVL= \nexit 0\n',
    0o700,
  );
  expect(await ask(`exec:${program}`)).toEqual({ addresses: ['10.0.0.1:1'], bad: [] });
});

test('a program that fails, is none, prints without end or is stopped says so, and nothing of it is left', async () => {
  expect(await failing(ask(`exec:${await file('#!/bin/sh\necho 10.0.0.1:1\necho no cloud today >&2\nexit 3\n', 0o700)}`))).toMatch(
    /^GOSSIP_E_JOIN_FROM .*source ends with code 3: no cloud today$/,
  );
  expect(await failing(ask('exec:/nowhere/at/all'))).toMatch(/cannot be started: spawn .*ENOENT$/);
  expect(await failing(ask(`exec:${await file('', 0o600)}`))).toMatch(/cannot be started: .*EACCES$/);
  expect(await failing(ask(`exec:${await file('#!/bin/sh\nwhile :; do echo 10.0.0.1:1; done\n', 0o700)}`))).toMatch(
    /prints more than 64 KiB$/,
  );

  const stopped = new AbortController();
  const directory = await temporaryDirectory();
  const pidFile = join(directory, 'pid');
  const hangs = failing(
    ask(`exec:${await file(`#!/bin/sh\necho $$ > ${pidFile}.new\nmv ${pidFile}.new ${pidFile}\nexec sleep 600\n`, 0o700)}`, {
      signal: stopped.signal,
    }),
  );
  let pid = '';
  while (pid === '') pid = await readFile(pidFile, 'utf8').catch(() => '');
  stopped.abort();
  expect(await hangs).toMatch(/ends with SIG(TERM|KILL)/);
  expect(() => process.kill(Number(pid), 0)).toThrow('ESRCH');
});
