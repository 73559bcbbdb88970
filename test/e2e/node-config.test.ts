/** A node that runs by its configuration file: what a hang-up takes over, what it does not, and a log level for the time being. */
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gossip, startNode, until, withDirectory } from '../support/gossip.ts';
import type { RunningNode } from '../support/gossip.ts';

const FILE = 'name = "n1"\ndata = "data"\nlisten = "127.0.0.1:0"\nfound = true\nquota = 64\n';

type Line = Readonly<Record<string, unknown>>;

function lines(node: RunningNode): Line[] {
  return node
    .log()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line);
}

/** Whole at once, as an operator's tool writes it. */
async function write(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}

test('SIGHUP takes over what may change, says what needs a restart, and keeps what was when the file is wrong', async () => {
  await withDirectory(async (home) => {
    const file = join(home, 'node.toml');
    await write(file, FILE);
    const check = await gossip(['node', 'run', '--config', 'node.toml', '--check-config', '--json'], { home });
    expect(check).toMatchObject({
      code: 0,
      json: { ok: true, file, flags: { data: { value: join(home, 'data'), origin: 'file', from: 'node.toml:2: data' } } },
    });

    // The file is found, and what it names, wherever the node is started.
    const node = await startNode(['--config', file], { home, cwd: '/' });
    expect(node.name).toBe('n1');
    expect((await gossip(['deploy', '--module', 'registry', '--yes', '--wait'], { home })).code).toBe(0);
    const heard = async (msg: string): Promise<Line> => {
      const before = lines(node).filter((line) => line['msg'] === msg).length;
      node.signal('SIGHUP');
      return until(`the log says '${msg}'`, async () => lines(node).filter((line) => line['msg'] === msg)[before]);
    };

    await write(file, `${FILE.replace('127.0.0.1:0', '127.0.0.1:1').replace('64', '65')}modules = ["membership"]\nlog-level = "debug"\n`);
    expect(await heard('configuration changed')).toMatchObject({
      quota: '64 → 65',
      modules: 'all → membership',
      'log-level': 'info → debug',
    });
    await until('it says what needs a restart', async () => lines(node).some(({ flags }) => JSON.stringify(flags) === '["listen"]'));
    const isStopped = async () => (await gossip(['status'], { home })).stdout.includes('not chosen to run on this node');
    await until('the module that is chosen no more has stopped', isStopped);

    await write(file, `${FILE}litsen = 1\n`);
    expect(await heard('the configuration is not taken over: what was in force stays')).toMatchObject({
      code: 'GOSSIP_E_CONFIG',
      why: `${file}:6: litsen: there is no such key`,
    });

    await write(file, FILE);
    await heard('configuration changed');
    const isBack = async () => (await gossip(['status'], { home })).stdout.includes('running');
    await until('the module runs again', isBack);
    expect(await heard('configuration read again: nothing to change')).toBeDefined();

    const data = join(home, 'data');
    const level = await gossip(['node', 'log-level', 'error', '--data', data, '--json'], { home });
    expect(level).toMatchObject({ code: 0, json: { data, from: 'info', to: 'error' } });
    expect((await gossip(['node', 'log-level', 'info', '--data', data, '--json'], { home })).json).toMatchObject({ from: 'error' });
    expect((await gossip(['node', 'log-level', 'loud', '--data', data], { home })).code).toBe(2);

    expect((await node.stop()).code).toBe(0);
    expect((await gossip(['node', 'log-level', 'info', '--data', data], { home })).code).toBe(3);
  });
}, 300_000);
