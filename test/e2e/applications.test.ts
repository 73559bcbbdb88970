/** Programs beside a node use its modules: in any language, while they are updated, over crashes of the node, and only those that may. */
import { execFile, spawn } from 'node:child_process';
import { cp, mkdir, readFile, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ROOT } from '../../scripts/project.mjs';
import { connect } from '../../src/client/index.ts';
import type { Gossip, Watched } from '../../src/client/index.ts';
import { freePorts } from '../../src/lab/ports.ts';
import { until, withDirectory } from '../support/gossip.ts';
import { withLab } from '../support/lab.ts';
import type { TestLab } from '../support/lab.ts';
import { writeRelabelled } from '../support/modules.ts';

const run = promisify(execFile);
const EXAMPLES = join(ROOT, 'examples', 'applications');
const LAB = { nodes: 3, rendezvous: 1, intervalMs: 150 };
/** Of the examples, each of which is beside one node and is heard of beside another. */
const FLEET = { nodes: 5, rendezvous: 2, intervalMs: 150 };
/** The last of it. */
const FAR = 'node3';

function socketOf(lab: TestLab, node: string): string {
  return join(lab.node(node).directory, 'app.sock');
}

function beside(lab: TestLab, node: string): Gossip {
  const gossip = connect({ socket: socketOf(lab, node) });
  onTestFinished(() => gossip.close());
  return gossip;
}

/** What a module publishes on a node, as long as the test runs. */
function watching(gossip: Gossip, module: string): { readonly events: Watched[]; readonly breaks: string[] } {
  const seen = { events: [] as Watched[], breaks: [] as string[] };
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const stream = gossip.module(module).watch({ signal: stop.signal, onBreak: ({ code }) => seen.breaks.push(code) });
  void (async () => {
    for await (const event of stream) seen.events.push(event);
  })();
  return seen;
}

test('what one program sets beside one node, others hear beside other nodes; an update meanwhile fails no request and loses none', async () => {
  await withDirectory((directory) =>
    withLab(LAB, async (lab) => {
      await lab.ask('deploy', '--module', 'registry', '--wait');
      const registry = beside(lab, 'node1').module('registry');
      const { events } = watching(beside(lab, 'node2'), 'registry');
      await registry.request({ op: 'set', key: 'first', value: 1 });
      await until('it is heard of', async () =>
        events.some((event) => event.type === 'event' && (event.data as { key?: string }).key === 'first'),
      );

      const writers = { on: true };
      const answered = new Map<string, number>();
      const failed: unknown[] = [];
      const write = async (key: string): Promise<void> => {
        for (let value = 1; writers.on; value += 1) {
          const done = await registry.request({ op: 'set', key, value }).then(
            () => true,
            (error: unknown) => void failed.push(error),
          );
          if (done === true) answered.set(key, value);
        }
      };
      const writing = Promise.all(Array.from({ length: 8 }, (_, at) => write(`writer${at}`)));
      for (const version of ['7.0.1', '7.0.2', '7.0.3']) {
        const code = await writeRelabelled(directory, 'registry', version);
        await lab.ask('deploy', code, '--module', 'registry', '--wait');
      }
      writers.on = false;
      await writing;
      expect(failed).toEqual([]);
      expect(answered.size).toBe(8);
      const values = await Promise.all([...answered.keys()].map((key) => registry.request({ op: 'get', key })));
      expect(values.map((each) => (each as { value: number }).value)).toEqual([...answered.values()]);
      // And everywhere else, once the rounds have brought it there.
      const other = beside(lab, 'rendezvous1').module('registry');
      await until('the others have it', async () => {
        const there = await Promise.all([...answered.keys()].map((key) => other.request({ op: 'get', key })));
        return there.every((each, at) => (each as { value?: number }).value === [...answered.values()][at]);
      });
    }),
  );
}, 360_000);

test('after the crash of its core a node has its door again, and who watched goes on and hears what it cannot know', async () => {
  await withLab(LAB, async (lab) => {
    await lab.ask('deploy', '--module', 'registry', '--wait');
    const gossip = beside(lab, 'node1');
    const { events, breaks } = watching(gossip, 'registry');
    await gossip.module('registry').request({ op: 'set', key: 'a', value: 1 });
    await until('it is heard of', async () => events.length === 1);
    await lab.kill('node1');
    expect((await stat(socketOf(lab, 'node1'))).isSocket()).toBe(true);
    await expect(gossip.module('registry').request({ op: 'get', key: 'a' })).rejects.toMatchObject({ code: 'GOSSIP_E_UNREACHABLE' });
    await lab.start('node1');
    await lab.converged();
    await until('the stream is there again', async () => events.some(({ type }) => type === 'lost'));
    expect(breaks.length).toBeGreaterThan(0);
    await gossip.module('registry').request({ op: 'set', key: 'b', value: 2 });
    await until('that is heard of, too', async () =>
      events.some((event) => event.type === 'event' && (event.data as { key?: string }).key === 'b'),
    );
    expect((await stat(socketOf(lab, 'node1'))).mode & 0o777).toBe(0o600);
  });
}, 240_000);

test('gossip call and watch find the node; what is wrong is told with its code', async () => {
  await withLab({ nodes: 1, rendezvous: 1 }, async (lab) => {
    await lab.ask('deploy', '--module', 'membership', '--wait');
    const called = await lab.runWith<{ answer: { members: { name: string }[] } }>({}, 'call', 'membership', '{"op":"list"}', '--json');
    expect([called.code, called.json.answer.members.map(({ name }) => name)]).toEqual([0, ['rendezvous1']]);
    const codeOf = async (...args: readonly string[]) =>
      (await lab.runWith<{ error: { code: string } }>({}, ...args, '--json')).json.error.code;
    expect(await codeOf('call', 'membership', '{"op":"lsit"}')).toBe('GOSSIP_E_MODULE_REFUSED');
    expect(await codeOf('call', 'nobody', '1')).toBe('GOSSIP_E_MODULE_UNKNOWN');
    expect(await codeOf('call', 'membership', '{')).toBe('GOSSIP_E_USAGE');
    expect(await codeOf('call', 'membership', '1', '--data', '/nonexistent')).toBe('GOSSIP_E_UNREACHABLE');
    expect(await codeOf('watch', 'nobody')).toBe('GOSSIP_E_MODULE_UNKNOWN');

    const watch = spawn(join(ROOT, 'bin', 'gossip'), ['watch', '--json'], { env: { ...process.env, GOSSIP_HOME: lab.home } });
    onTestFinished(() => void watch.kill('SIGKILL'));
    let told = '';
    watch.stdout.on('data', (chunk: Buffer) => (told += chunk.toString()));
    await until('the node tells of a deployment', async () => {
      if (!told.includes('"message":"again"')) await lab.ask('deploy', '--module', 'membership', '-m', 'again');
      return told.includes('"message":"again"') && told.includes('"state":"running"');
    });
    const ended = new Promise((resolve) => watch.once('exit', resolve));
    watch.kill('SIGINT');
    expect(await ended).toBe(130);
  });
}, 240_000);

test('a node without a socket, with one elsewhere, and with one that cannot be', async () => {
  await withLab({ nodes: 1, rendezvous: 1 }, async (lab) => {
    await lab.ask('deploy', '--module', 'registry', '--wait');
    await lab.stop('rendezvous1');
    const [port = 0] = await freePorts(1);
    const elsewhere = join(lab.home, 'elsewhere.sock');
    const node = await lab.startWith('rendezvous1', { flags: ['--app-socket', elsewhere, '--app-listen', `127.0.0.1:${port}`] });
    await until('the registry runs again', () =>
      connect({ socket: elsewhere })
        .module('registry')
        .request({ op: 'list' })
        .then(
          () => true,
          () => false,
        ),
    );
    await expect(
      connect({ socket: socketOf(lab, 'rendezvous1') })
        .module('registry')
        .request(1),
    ).rejects.toMatchObject({ code: 'GOSSIP_E_UNREACHABLE' });
    const token = (await readFile(join(lab.node('rendezvous1').directory, 'app.token'), 'utf8')).trim();
    const byPort = connect({ address: `127.0.0.1:${port}`, token }).module('registry');
    expect(await byPort.request({ op: 'list' })).toEqual({ entries: [], more: false });
    await expect(
      connect({ address: `127.0.0.1:${port}`, token: 'guess' })
        .module('registry')
        .request(1),
    ).rejects.toMatchObject({ code: 'GOSSIP_E_NOT_ADMITTED' });
    await node.stop();
    const none = await lab.startWith('rendezvous1', { flags: ['--app-socket', 'none'] });
    await expect(stat(socketOf(lab, 'rendezvous1'))).rejects.toThrow('ENOENT');
    await none.stop();
    for (const [flags, code] of [
      [['--app-socket', `/tmp/${'x'.repeat(110)}`], 'GOSSIP_E_APP_SOCKET'],
      [['--app-socket', '/nonexistent/app.sock'], 'GOSSIP_E_APP_SOCKET'],
      [['--app-socket-group', 'no-such-group'], 'GOSSIP_E_APP_SOCKET'],
      [['--app-listen', '0.0.0.0:7947'], 'GOSSIP_E_ADDRESS'],
      [['--app-socket-mode', '999'], 'GOSSIP_E_USAGE'],
    ] as const) {
      await expect(lab.startWith('rendezvous1', { flags })).rejects.toThrow(code);
    }
  });
}, 240_000);

test('a flood at the door leaves the node its own work', async () => {
  await withLab(LAB, async (lab) => {
    await lab.ask('deploy', '--module', 'registry', '--wait');
    const flooded = beside(lab, 'node1');
    const flood = { on: true, answered: 0, failed: [] as unknown[] };
    const registry = flooded.module('registry');
    const stuck = watching(flooded, 'registry');
    const flooding = Promise.all(
      Array.from({ length: 200 }, async (_, at) => {
        while (flood.on) {
          await registry.request({ op: 'set', key: `flood${at}`, value: flood.answered }).then(
            () => (flood.answered += 1),
            (error: unknown) => flood.failed.push(error),
          );
        }
      }),
    );
    await until('the flood is there', async () => flood.answered > 1_000);
    // A deployment that enters at the flooded node reaches all, and the node goes on saying what it is.
    await lab.ask('deploy', '--module', 'membership', '--to', 'node1', '--wait');
    await lab.untilInspected<{ members: { state: string }[] }>('membership', 'everybody is alive to everybody', (states) =>
      states.every(({ members }) => members.length === LAB.nodes && members.every(({ state }) => state === 'alive')),
    );
    flood.on = false;
    await flooding;
    expect(flood.failed).toEqual([]);
    expect(stuck.breaks).toEqual([]);
  });
}, 240_000);

/** A program that is not there is no failure of ours: the reason is printed. */
async function isThere(program: string, ...args: readonly string[]): Promise<boolean> {
  return run(program, [...args]).then(
    () => true,
    () => {
      process.stderr.write(`skipped: the example needs ${program}, which this machine lacks\n`);
      return false;
    },
  );
}

const hasPython = await isThere('python3', '--version');
const hasCurl = await isThere('curl', '--version');

describe('the examples', () => {
  test.runIf(hasPython)(
    'a web service in Python reads and writes',
    async () => {
      await withLab(FLEET, async (lab) => {
        await lab.ask('deploy', '--module', 'registry', '--wait');
        const [port = 0] = await freePorts(1);
        const service = spawn('python3', [join(EXAMPLES, 'python_service.py'), socketOf(lab, 'rendezvous1'), String(port)]);
        onTestFinished(() => void service.kill('SIGKILL'));
        const url = `http://127.0.0.1:${port}/greeting`;
        await until('it serves', () =>
          fetch(url).then(
            ({ status }) => status === 404,
            () => false,
          ),
        );
        expect((await fetch(url, { method: 'PUT', body: 'hello' })).status).toBe(200);
        expect(await (await fetch(url)).json()).toMatchObject({ key: 'greeting', value: 'hello' });
        const far = beside(lab, FAR).module('registry');
        await until('it is there beside another node', async () => isValue(await far.request({ op: 'get', key: 'greeting' }), 'hello'));
        await far.request({ op: 'set', key: 'greeting', value: 'hi' });
        await until('the service reads what was written there', async () => isValue(await (await fetch(url)).json(), 'hi'));
      });
    },
    240_000,
  );

  test('a service in Node keeps a copy of a part of the registry', async () => {
    await withDirectory((directory) =>
      withLab(FLEET, async (lab) => {
        await lab.ask('deploy', '--module', 'registry', '--wait');
        const registry = beside(lab, FAR).module('registry');
        await registry.request({ op: 'set', key: 'app/a', value: 1 });
        // As it stands beside a project that has the package.
        await mkdir(join(directory, 'node_modules'));
        await symlink(ROOT, join(directory, 'node_modules', 'gossip'));
        await cp(join(EXAMPLES, 'node_service.mjs'), join(directory, 'node_service.mjs'));
        const service = spawn(process.execPath, [join(directory, 'node_service.mjs'), socketOf(lab, 'rendezvous1'), 'app/']);
        onTestFinished(() => void service.kill('SIGKILL'));
        let printed = '';
        for (const stream of [service.stdout, service.stderr]) stream.on('data', (chunk: Buffer) => (printed += chunk.toString()));
        await until('it has read', async () => printed.endsWith('{"app/a":1}\n'));
        await registry.request({ op: 'set', key: 'app/b', value: 2 });
        await registry.request({ op: 'set', key: 'other', value: 3 });
        await registry.request({ op: 'delete', key: 'app/a' });
        await until('it has followed', async () => printed.endsWith('{"app/b":2}\n'));
        expect(printed).not.toContain('other');
      }),
    );
  }, 240_000);

  test.runIf(hasCurl).each(['its command ends', 'it gets a signal'])(
    'a shell script announces a service until %s',
    async (how) => {
      await withLab(FLEET, async (lab) => {
        await lab.ask('deploy', '--module', 'registry', '--wait');
        const registry = beside(lab, FAR).module('registry');
        const script = spawn('sh', [join(EXAMPLES, 'shell_service.sh'), socketOf(lab, 'rendezvous1'), 'web', '10.0.0.1:80', 'cat']);
        onTestFinished(() => void script.kill('SIGKILL'));
        const key = 'service/web';
        const announced = async () => (await registry.request({ op: 'get', key })) as { exists: boolean; value?: string };
        await until('it is announced', async () => (await announced()).value === '10.0.0.1:80');
        if (how === 'it gets a signal') script.kill('SIGTERM');
        else script.stdin.end();
        await until('it is gone', async () => !(await announced()).exists);
        expect(await announced()).toEqual({ key, exists: false });
      });
    },
    240_000,
  );
});

function isValue(entry: unknown, value: string): boolean {
  return (entry as { readonly value?: string }).value === value;
}
