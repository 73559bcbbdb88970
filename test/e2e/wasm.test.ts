/** A module in WebAssembly over a lab of five: deployed, gossiping, asked, updated with its state, taken over from TypeScript, and held where it is broken. */
import { execFile } from 'node:child_process';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { ROOT } from '../../scripts/project.mjs';
import { gossipHere, withDirectory } from '../support/gossip.ts';
import type { Ran } from '../support/gossip.ts';
import { withLab } from '../support/lab.ts';
import type { TestLab } from '../support/lab.ts';
import { install } from '../support/project.ts';
import { WASM_EXAMPLE, wasmOf, writeWasm } from '../support/wasm.ts';

const NAME = 'wasm-counter';
const LAB = { nodes: 5, rendezvous: 2, intervalMs: 150 };
const run = promisify(execFile);

interface Counted {
  readonly total: number;
  readonly instances: number;
}

/** The example under a label, with a section more that no engine reads: other bytes, the same code. */
async function example(parent: string, version: string): Promise<string> {
  const section = [...Buffer.from(`\u0005label${version}`)];
  const bytes = Buffer.concat([await readFile(WASM_EXAMPLE), Buffer.from([0, section.length, ...section])]);
  return writeWasm(join(parent, version), bytes, { name: NAME, version });
}

/** The same counter in TypeScript, whose messages and state have the same form. */
async function counterInTypeScript(parent: string): Promise<string> {
  const project = join(parent, 'counter');
  await cp(join(ROOT, 'examples', 'counter'), project, { recursive: true });
  for (const made of ['node_modules', 'dist']) await rm(join(project, made), { recursive: true, force: true });
  await install(project);
  await run(process.execPath, ['build.ts'], { cwd: project });
  const manifest = join(project, 'dist', 'module.json');
  await writeFile(manifest, JSON.stringify({ ...(JSON.parse(await readFile(manifest, 'utf8')) as object), name: NAME }));
  return join(project, 'dist');
}

async function call(lab: TestLab, asked: object): Promise<Ran<{ answer: Counted; error: { code: string } }>> {
  return lab.runWith({}, 'call', NAME, JSON.stringify(asked), '--json');
}

test('it is deployed, asked by the door, updated with its state, and gives it to the same counter in TypeScript and back', async () => {
  await withDirectory((directory) =>
    withLab(LAB, async (lab) => {
      const counted = (what: string, holds: (each: Counted) => boolean): Promise<Counted[]> =>
        lab.untilInspected<Counted>(NAME, what, (states) => states.length === LAB.nodes && states.every(holds));
      const deploy = (path: string): Promise<unknown> => lab.ask('deploy', path, '--module', NAME, '--wait');

      await deploy(await example(directory, '1.0.0'));
      expect(await call(lab, { add: 1_000_000 })).toMatchObject({ code: 0, json: { answer: { total: expect.any(Number) as number } } });
      await counted(
        'all know what was added on one node, and each other',
        ({ total, instances }) => total > 1_000_000 && instances === LAB.nodes,
      );
      expect(await call(lab, { sub: 1 })).toMatchObject({ json: { error: { code: 'GOSSIP_E_MODULE_REFUSED' } } });

      await deploy(await example(directory, '2.0.0'));
      await counted('the instances of both versions', ({ total, instances }) => total > 1_000_000 && instances === 2 * LAB.nodes);
      expect((await call(lab, {})).json.answer.total).toBeGreaterThan(1_000_000);

      await deploy(await counterInTypeScript(directory));
      await counted('those in TypeScript, too', ({ total, instances }) => total > 1_000_000 && instances === 3 * LAB.nodes);
      await lab.ask('rollback', 'd2', '--wait');
      await counted('and those in WebAssembly again', ({ total, instances }) => total > 1_000_000 && instances === 4 * LAB.nodes);
    }),
  );
}, 360_000);

test('one that traps at its start is held, and the one before goes on; what would not be loaded is not deployed', async () => {
  await withDirectory((directory) =>
    withLab({ nodes: 1, rendezvous: 1, intervalMs: 150 }, async (lab) => {
      await lab.ask('deploy', await example(directory, '1.0.0'), '--module', NAME, '--wait');
      const trap = await wasmOf({ more: '(func (export "start") (param i32) unreachable)' });
      const broken = await writeWasm(join(directory, 'broken'), trap, { name: NAME });
      const bring = (...flags: readonly string[]) =>
        lab.run<{ error: { code: string; message: string } }>('deploy', broken, '--module', NAME, ...flags, '--wait', '--json');
      const refused = await bring();
      expect([refused.code, refused.json.error.code]).toEqual([1, 'GOSSIP_E_MODULE_START']);
      const held = await bring('--no-check');
      expect([held.code, held.json.error.code]).toEqual([5, 'GOSSIP_E_HELD']);
      const status = JSON.stringify(await lab.status());
      expect(status).toMatch(/GOSSIP_E_MODULE_START/);
      expect(status).toMatch(/Trap: in start\(\): unreachable/);
      expect((await call(lab, {})).code).toBe(0);

      const foreign = await wasmOf({ imports: '(import "env" "abort" (func (param i32 i32 i32 i32)))' });
      const path = await writeWasm(join(directory, 'foreign'), foreign, { name: NAME });
      for (const command of [
        ['deploy', path, '--module', NAME],
        ['module', 'check', path],
        ['module', 'hash', path],
      ]) {
        const { code, json } = await lab.run<{ error: { code: string; message: string } }>(...command, '--json');
        expect([code, json.error.code, json.error.message]).toEqual([
          1,
          'GOSSIP_E_MODULE_LOAD',
          expect.stringMatching(/imports 'env\.abort'/),
        ]);
      }
    }),
  );
}, 240_000);

test('it is simulated as any other: many instances in one process, updated in the middle', async () => {
  await withDirectory(async (directory) => {
    const path = await example(directory, '1.0.0');
    const own = (): Promise<Ran<object>> =>
      gossipHere(['simulate', '--nodes', '12', '--seeds', '1', '--rounds', '10', '--module', path, '--json'], directory);
    const [first, again] = [await own(), await own()];
    expect([first.code, first.json]).toMatchObject([0, { runs: [{ complete: true, own: { failures: 0, running: 12 } }] }]);
    expect(again.json).toEqual(first.json);
  });
}, 120_000);
