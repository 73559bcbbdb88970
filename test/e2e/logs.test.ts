/** `gossip logs`: what modules and nodes have logged, of one node and of all, followed over an update and over the crash of a node. */
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { launch, until, withDirectory } from '../support/gossip.ts';
import type { Launched } from '../support/gossip.ts';
import { withLab } from '../support/lab.ts';
import type { TestLab } from '../support/lab.ts';
import { writeModule } from '../support/modules.ts';

const LAB = { nodes: 3, rendezvous: 1, intervalMs: 150 };

/** Says what it is, at every level and by every way, and counts on. */
const talker = (more = ''): string => `
export default class {
  constructor(context) { this.context = context; this.count = 0; }
  start() {
    const { context } = this;
    context.log('detail', undefined, 'debug');
    context.log('hello', { from: context.self.name });
    context.log('careful', {}, 'warn');
    context.log('\\u001b[31mred\\n00:00:00.000 forged', {}, 'error');
    console.error('by the console');
    context.after(50, () => { throw new Error('a task broke'); });
    context.every(100, () => context.log('count ' + (this.count += 1)));
    ${more}
  }
  receive() { return null; }
  transferState() { return String(this.count); }
  acceptState(state) { this.count = Number(state); }
}`;

interface Shown {
  readonly node: string;
  readonly module: string | null;
  readonly deployment: string | null;
  readonly level: string;
  readonly text: string;
  readonly time: string;
  readonly at: string;
}

function linesOf(stdout: string): string[] {
  return stdout.split('\n').filter((line) => line !== '');
}

function recordsOf(stdout: string): Shown[] {
  // The last may still be on its way.
  return linesOf(stdout.slice(0, stdout.lastIndexOf('\n') + 1)).map((line) => JSON.parse(line) as Shown);
}

async function records(lab: TestLab, ...args: readonly string[]): Promise<Shown[]> {
  const { code, stdout, stderr } = await launch(['logs', '--json', ...args], { home: lab.home }).ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return recordsOf(stdout);
}

function following(lab: TestLab, ...args: readonly string[]): Launched {
  return running(lab, 'logs', '-f', ...args);
}

/** Ended with the test. */
function running(lab: TestLab, ...args: readonly string[]): Launched {
  const launched = launch([...args], { home: lab.home });
  onTestFinished(async () => {
    launched.child.kill('SIGKILL');
    await launched.ended.catch(() => undefined);
  });
  return launched;
}

const countsOf = (shown: readonly Shown[]): number[] => shown.flatMap(({ text }) => /^count (\d+)$/.exec(text)?.[1] ?? []).map(Number);

test('modules are read on each node and on all, by level and time; bad input is refused in the words of other commands', async () => {
  await withDirectory((directory) =>
    withLab(LAB, async (lab) => {
      const code = await writeModule(directory, { name: 'talker', version: '1.0.0', source: talker() });
      await lab.ask('deploy', code, '--wait');
      await until('it counts', async () => countsOf(await records(lab, 'talker', '--to', 'node1')).length > 3);
      const plain = await lab.run('logs', 'talker', '--to', 'node1', '-n', '10000');
      expect(plain.code).toBe(0);
      const lines = linesOf(plain.stdout);
      for (const line of lines) expect(line).toMatch(/^\d\d:\d\d:\d\d\.\d{3} node1 talker@d1 (?:debug|info |warn |error) /);
      const said = lines.map((line) => line.split('talker@d1 ')[1]);
      for (const text of [
        'debug detail',
        'info  hello {"from":"node1"}',
        'warn  careful {}',
        'error \\u001b[31mred',
        'error 00:00:00.000 forged {}',
        'error by the console',
        "error a timer's task failed: Error: a task broke",
      ])
        expect(said).toContain(text);

      const bad = await records(lab, 'talker', '--all', '--level', 'warn', '--since', '1h');
      expect(new Set(bad.map(({ node }) => node))).toEqual(new Set(['rendezvous1', 'node1', 'node2']));
      expect(new Set(bad.map(({ level }) => level))).toEqual(new Set(['warn', 'error']));
      const times = bad.map(({ time }) => time);
      expect(times).toEqual(times.toSorted());
      expect(await records(lab, 'talker', '--since', '2100-01-01')).toEqual([]);
      expect((await records(lab, 'talker', '--all', '-n', '2')).length).toBe(6);

      // Without a module, the node itself, too: what it did with the deployment.
      const all = await records(lab, '--to', 'node2', '--since', '1h');
      expect(all.filter(({ module }) => module === null).map(({ text }) => text)).toEqual(
        expect.arrayContaining(['ready', 'deployment-accepted']),
      );
      expect(all.some(({ module }) => module === 'talker')).toBe(true);
      expect(await lab.run('logs', '--to', 'node2', '--level', 'error')).toMatchObject({ code: 0 });

      // What happened, without what was printed: who had the deployment from whom, and when it ran.
      const events = await lab.run('monitor', '--since', '1h', '--no-follow', '--module', 'talker');
      for (const node of ['rendezvous1', 'node1', 'node2'])
        expect(events.stdout).toMatch(new RegExp(`^\\S+ ${node}  d1 of talker running$`, 'm'));
      expect(events.stdout).toMatch(/ rendezvous1 {2}d1 of talker accepted, from an operator$/m);
      expect(events.stdout).toMatch(/ node1 {2}d1 of talker accepted, .+ from \w+\d$/m);
      expect(events.stdout).not.toContain('hello');
      const wanted = ['--kind', 'code', '--kind', 'node', '--json'];
      const kinds = await running(lab, 'monitor', 'node1', '--since', '1h', '--no-follow', ...wanted).ended;
      expect(recordsOf(kinds.stdout)).toMatchObject([
        { node: 'node1', kind: 'node', event: 'ready' },
        { node: 'node1', kind: 'code', event: 'code-fetched', module: 'talker' },
      ]);
      expect(await lab.run('monitor', '--no-follow')).toMatchObject({ code: 2, stderr: expect.stringContaining('[GOSSIP_E_USAGE]') });

      const refused: readonly (readonly [string, number, ...string[]])[] = [
        ['GOSSIP_E_MODULE_UNKNOWN', 1, 'ghost'],
        ['GOSSIP_E_MODULE_NAME', 2, 'No/Name'],
        ['GOSSIP_E_NODE_UNKNOWN', 1, '--to', 'ghost'],
        ['GOSSIP_E_USAGE', 2, '--to', 'node1', '--all'],
        ['GOSSIP_E_USAGE', 2, '--level', 'loud'],
        ['GOSSIP_E_USAGE', 2, '--since', 'yesterday'],
        ['GOSSIP_E_USAGE', 2, '--since', ''],
        ['GOSSIP_E_USAGE', 2, '--lines', '1000000'],
      ];
      for (const [error, exit, ...args] of refused) {
        const { code: ended, stderr } = await lab.run('logs', ...args);
        expect([args, ended, stderr]).toEqual([args, exit, expect.stringContaining(`[${error}]`)]);
      }

      await lab.kill('node1');
      const without = await lab.run('logs', 'talker', '--all', '-n', '1');
      expect(without).toMatchObject({ code: 0, stderr: '2 of 3 nodes answered; without node1.\n' });
      expect((await lab.run('logs', '--to', 'node1')).code).toBe(3);
    }),
  );
}, 240_000);

test('whoever follows hears all of it, once, over an update and over the kill and restart of the node, with half a line left behind', async () => {
  await withDirectory((directory) =>
    withLab(LAB, async (lab) => {
      const code = await writeModule(directory, { name: 'talker', version: '1.0.0', source: talker() });
      await lab.ask('deploy', code, '--wait');
      const one = following(lab, 'talker', '--to', 'node1', '--json');
      const all = following(lab, '--all', '--json');
      const happening = running(lab, 'monitor', '--kind', 'module', '--kind', 'node');
      const heard = (what: string, holds: (shown: readonly Shown[]) => boolean, of = one): Promise<unknown> =>
        until(what, async () => holds(recordsOf(of.stdout())));
      await heard('it counts', (shown) => countsOf(shown).length > 2);

      const next = await writeModule(directory, { name: 'talker', version: '2.0.0', source: talker("context.log('the second');") });
      await lab.ask('deploy', next, '--wait');
      const second = ({ text, deployment }: Shown): boolean => text === 'the second' && deployment === 'd2';
      await heard('the second version is heard', (shown) => shown.some(second));
      await heard('on all nodes', (shown) => new Set(shown.filter(second).map(({ node }) => node)).size === 3, all);

      await lab.kill('node1');
      const logs = join(lab.node('node1').directory, 'logs');
      const file = await open(join(logs, 'talker.1.jsonl'), 'a');
      await file.writeFile('{"at":"1-99999","time":"20');
      await file.close();
      await lab.start('node1');
      await heard('it is heard after the restart', (shown) => shown.filter(second).length === 2);
      await heard(
        'by those that follow all, too',
        (shown) => shown.filter((each) => second(each) && each.node === 'node1').length === 2,
        all,
      );
      expect(one.stderr()).toMatch(/trying again/);

      const shown = recordsOf(one.stdout());
      const places = shown.map(({ at }) => at);
      expect(new Set(places).size).toBe(places.length);
      const kept = (await records(lab, 'talker', '--to', 'node1', '-n', '10000')).map(({ at }) => at);
      // All that was kept since it began to follow was heard, in the same order.
      expect(kept.slice(kept.indexOf(places[0] ?? ''), kept.indexOf(places.at(-1) ?? '') + 1)).toEqual(places);

      await until('the restart is seen', async () => / node1 {2}started \(start 2\)/.test(happening.stdout()));
      expect(happening.stdout()).toMatch(/ node2 {2}d2 of talker running$/m);
      for (const each of [one, all, happening]) {
        each.child.kill('SIGINT');
        expect((await each.ended).code).toBe(130);
      }
    }),
  );
}, 240_000);

test('a module that logs without end is bounded, its losses are counted, and the node goes on', async () => {
  await withDirectory((directory) =>
    withLab({ ...LAB, nodes: 1, rendezvous: 1 }, async (lab) => {
      const flood = 'context.every(5, () => { for (let line = 0; line < 1_000; line += 1) context.log("flood ".repeat(50)); });';
      const code = await writeModule(directory, { name: 'flood', version: '1.0.0', source: talker(flood) });
      await lab.ask('deploy', code, '--wait');
      const { directory: data } = lab.node('rendezvous1');
      await until('it has flooded', async () => (await stat(join(data, 'logs', 'flood.1.jsonl'))).size > 200_000);
      const shown = await records(lab, 'flood', '--level', 'warn');
      expect(shown.some(({ level, text }) => level === 'warn' && /^… \d{3,} lines lost$/.test(text))).toBe(true);
      expect(await readdir(join(data, 'logs'))).toContain('_node.1.jsonl');
      const { nodes } = await lab.status();
      expect(nodes[0]?.modules[0]?.state).toBe('running');
      const head = await launch(['logs', '-n', '1000'], { home: lab.home, through: ['sh', '-c', '"$@" | head -n 1', 'sh'] }).ended;
      expect([head.code, linesOf(head.stdout).length]).toEqual([0, 1]);
    }),
  );
}, 240_000);
