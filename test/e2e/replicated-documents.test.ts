/** The examples with libraries of replicated data, on a real lab: written at many nodes at once, through an update, a rollback and a crash. */
import { execFile } from 'node:child_process';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { ROOT } from '../../scripts/project.mjs';
import { connect } from '../../src/client/index.ts';
import { until, withDirectory } from '../support/gossip.ts';
import { withLab } from '../support/lab.ts';
import type { TestLab } from '../support/lab.ts';
import { install, packagesOf } from '../support/project.ts';

const run = promisify(execFile);
const EXAMPLES = join(ROOT, 'examples');
const LAB = { nodes: 5, rendezvous: 2, intervalMs: 150 };
/** All of it; the last one is killed. */
const NODES = ['rendezvous1', 'rendezvous2', 'node1', 'node2', 'node3'];

type Ask = <Answer>(module: string, request: Readonly<Record<string, string | number | boolean>>) => Promise<Answer>;

interface Text {
  readonly text: string;
  readonly title?: string;
}
interface Part {
  readonly insert: string;
  readonly attributes?: { readonly bold?: boolean };
}
type Notes = Readonly<Record<string, string | { readonly text: string; readonly done: boolean }>>;

test('a document of Yjs and notes of Automerge outlive an update to another schema, the rollback, and a killed node', async () => {
  await withDirectory(async (directory) => {
    const names = ['shared-document', 'automerge-notes'];
    const built = await Promise.all(names.map((name) => buildBoth(name, directory)));
    await withLab(LAB, async (lab) => {
      const asks = NODES.map((name) => asking(lab, name));
      const [first, second, third] = [asks[0], asks[2], asks[4]] as [Ask, Ask, Ask];
      const all = <Answer>(module: string, op: string) => Promise.all(asks.map((ask) => ask<Answer>(module, { op })));
      const untilText = (what: string, holds: (answer: Text) => boolean) =>
        until(what, async () => (await all<Text>('shared-document', 'get')).every(holds));
      const untilNotes = (what: string, holds: (answer: Notes) => boolean) =>
        until(what, async () => (await all<Notes>('automerge-notes', 'list')).every(holds));
      const deploy = async (version: 0 | 1): Promise<void> => {
        for (const versions of built) await lab.ask('deploy', versions[version], '--to', 'rendezvous1', '--wait');
      };

      await deploy(0);
      const { id } = await first<{ id: string }>('automerge-notes', { op: 'add', text: 'milk' });
      await first('shared-document', { op: 'insert', at: 0, text: '-' });
      await untilText('the text has begun', ({ text }) => text === '-');
      await untilNotes('the note is known', (notes) => id in notes);
      await Promise.all([
        second('shared-document', { op: 'insert', at: 0, text: 'left' }),
        third('shared-document', { op: 'insert', at: 1, text: 'right' }),
        second('automerge-notes', { op: 'edit', id, text: 'some milk' }),
        third('automerge-notes', { op: 'edit', id, text: 'milk, bread' }),
      ]);
      await untilText('both sides are there', ({ text }) => text === 'left-right');
      await untilNotes('both edits are there', (notes) => notes[id] === 'some milk, bread');

      await deploy(1);
      await second('shared-document', { op: 'mark', at: 0, length: 4, mark: 'bold', on: true });
      await second('shared-document', { op: 'title', title: 'Sides' });
      await third('automerge-notes', { op: 'tick', id, done: true });
      const marked = { text: 'left-right', title: 'Sides' };
      await untilText('the title is there', (got) => isSame(got, marked));
      await untilNotes('it is ticked', (notes) => isSame(notes[id], { text: 'some milk, bread', done: true }));

      // Back to version 1, which knows neither marks nor ticks, and edits.
      for (const deployment of ['d1', 'd2']) await lab.ask('rollback', deployment, '--to', 'rendezvous1', '--wait');
      expect(await first('shared-document', { op: 'get' })).toEqual({ text: 'left-right' });
      await first('shared-document', { op: 'insert', at: 2, text: '_' });
      await first('automerge-notes', { op: 'edit', id, text: 'some milk' });
      await untilText('version 1 has edited', ({ text }) => text === 'le_ft-right');
      await untilNotes('version 1 has edited a note', (notes) => notes[id] === 'some milk');

      // A node that begins at what its last checkpoint knew, and writes at once.
      await lab.kill('node3');
      await lab.start('node3');
      await until('it serves again', () => third('shared-document', { op: 'insert', at: 0, text: '>' }).then(isDone, notYet));
      await until('it has its notes again', () => third<Notes>('automerge-notes', { op: 'list' }).then((notes) => id in notes, notYet));
      await third('automerge-notes', { op: 'add', text: 'after the crash' });
      await lab.converged();

      await deploy(1);
      await untilText('all is there', (got) => isSame(got.text.split('').toSorted(), '>le_ft-right'.split('').toSorted()));
      await untilNotes('all notes are there', (notes) =>
        isSame(
          new Set(Object.values(notes)),
          new Set([
            { text: 'some milk', done: true },
            { text: 'after the crash', done: false },
          ]),
        ),
      );
      for (const ask of asks) {
        expect(await ask('shared-document', { op: 'get' })).toMatchObject({ title: 'Sides' });
        const { delta } = await ask<{ delta: readonly Part[] }>('shared-document', { op: 'delta' });
        expect(delta.some(({ insert, attributes }) => insert.includes('le_ft') && attributes?.bold === true)).toBe(true);
      }
    });
  });
}, 360_000);

/** Version 1 of an example and the present one, as directories to deploy. */
async function buildBoth(name: string, directory: string): Promise<readonly [string, string]> {
  const project = join(directory, name);
  for (const part of ['src', 'test', 'build.ts', 'module.json', 'package.json', 'tsconfig.json']) {
    await cp(join(EXAMPLES, name, part), join(project, part), { recursive: true });
  }
  await install(project, ...Object.keys(await packagesOf(EXAMPLES, name)));
  const build = async (version: string): Promise<string> => {
    const moduleJson = JSON.parse(await readFile(join(project, 'module.json'), 'utf8')) as object;
    await writeFile(join(project, 'module.json'), JSON.stringify({ ...moduleJson, version }));
    await run(process.execPath, ['build.ts'], { cwd: project });
    const built = join(directory, `${name}-${version}`);
    await cp(join(project, 'dist'), built, { recursive: true });
    return built;
  };
  const present = await build('2.0.0');
  await cp(join(project, 'test', 'version-1.ts'), join(project, 'src', 'index.ts'));
  return [await build('1.0.0'), present];
}

/** What programs beside a node ask. */
function asking(lab: TestLab, node: string): Ask {
  const gossip = connect({ socket: join(lab.node(node).directory, 'app.sock') });
  onTestFinished(() => gossip.close());
  return async (module, request) => (await gossip.module(module).request(request)) as never;
}

function isSame(one: unknown, other: unknown): boolean {
  try {
    expect(one).toEqual(other);
    return true;
  } catch {
    return false;
  }
}

const isDone = (): boolean => true;
const notYet = (): boolean => false;
