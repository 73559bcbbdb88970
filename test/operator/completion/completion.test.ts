/** Completion, asked of the shells themselves where they are installed. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bashCompletion } from '../../../src/operator/completion/bash.ts';
import { CLOSED_LISTS } from '../../../src/operator/completion/closed-lists.ts';
import { fishCompletion } from '../../../src/operator/completion/fish.ts';
import { places } from '../../../src/operator/completion/model.ts';
import type { DescribedCommand } from '../../../src/operator/completion/model.ts';
import { Seen } from '../../../src/operator/completion/seen.ts';
import type { NodeStatus } from '../../../src/api/status.ts';
import { record } from '../../support/records.ts';
import { zshCompletion } from '../../../src/operator/completion/zsh.ts';
import { ROOT } from '../../../scripts/project.mjs';
import { hasDebian } from '../../support/debian.ts';

const COMMANDS: DescribedCommand[] = [
  {
    id: 'deploy',
    summary: "Deploy code: the operator's first step.",
    flags: {
      to: { name: 'to', char: 't', type: 'option', summary: "A node's name." },
      wait: { name: 'wait', type: 'boolean', summary: 'Wait.' },
      secret: { name: 'secret', type: 'boolean', hidden: true },
    },
  },
  { id: 'node:run', summary: 'Run a node.', flags: { level: { name: 'log-level', type: 'option', options: ['info', 'error'] } } },
  { id: 'node:identity', summary: 'Print an id.', flags: {} },
  { id: 'status', summary: 'Show.', flags: {}, args: { node: {} } },
  { id: 'explain', summary: 'Explain.', flags: {}, args: { code: {} } },
  { id: 'hidden', hidden: true, flags: {} },
];
const FILES = { names: null, values: [] };
const PLACES = places(COMMANDS, { node: 'Nodes.' }, { explain: ['GOSSIP_E_BUSY', 'GOSSIP_E_RATE'] });

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gossip-completion-'));
  writeFileSync(join(folder, 'bash'), bashCompletion(PLACES));
  writeFileSync(join(folder, 'zsh'), zshCompletion(PLACES));
  writeFileSync(join(folder, 'fish'), fishCompletion(PLACES));
  // A value that takes a file must offer one, whatever the folder of the test holds.
  writeFileSync(join(folder, 'some-file'), '');
  // What commands saw last; a name that a shell would run is in no file of ours, and is not offered either.
  writeFileSync(join(folder, 'seen'), 'of prod\ncluster prod\nnode node1\nnode node2\nnode $(touch${IFS}ran)\nmodule counter\n');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the places are the beginning, the topics and the commands, without what is hidden', () => {
  const help = { word: '--help', short: null, summary: 'Show help', takesValue: false, values: [], names: null };
  expect(PLACES).toEqual([
    {
      path: '',
      commands: [
        { word: 'deploy', summary: "Deploy code: the operator's first step" },
        { word: 'explain', summary: 'Explain' },
        { word: 'node', summary: 'Nodes' },
        { word: 'status', summary: 'Show' },
      ],
      flags: [help],
      argument: FILES,
    },
    {
      path: 'deploy',
      commands: [],
      flags: [
        { word: '--to', short: '-t', summary: "A node's name", takesValue: true, values: [], names: 'node' },
        { word: '--wait', short: null, summary: 'Wait', takesValue: false, values: [], names: null },
        help,
      ],
      argument: FILES,
    },
    { path: 'explain', commands: [], flags: [help], argument: { names: null, values: ['GOSSIP_E_BUSY', 'GOSSIP_E_RATE'] } },
    {
      path: 'node',
      commands: [
        { word: 'identity', summary: 'Print an id' },
        { word: 'run', summary: 'Run a node' },
      ],
      flags: [help],
      argument: FILES,
    },
    { path: 'node identity', commands: [], flags: [help], argument: FILES },
    {
      path: 'node run',
      commands: [],
      flags: [{ word: '--log-level', short: null, summary: '', takesValue: true, values: ['info', 'error'], names: null }, help],
      argument: FILES,
    },
    { path: 'status', commands: [], flags: [help], argument: { names: 'node', values: [] } },
  ]);
});

/** What each shell offers for the last word of a line. */
const ask: Record<string, (words: string[]) => string[]> = {
  bash: (words) =>
    run('bash', [
      '--norc',
      '-c',
      'source ./bash; COMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); _gossip; printf "%s\\n" "${COMPREPLY[@]}"',
      'bash',
      ...words,
    ]),
  // The functions of zsh's line editor, standing in: what they are given is what would be offered.
  zsh: (words) =>
    run('zsh', [
      '-f',
      '-c',
      `compdef() { }; _files() { }; compadd() { shift; print -l -- "$@" }; _describe() { print -l -- "\${(@)\${(P)2}%%:*}" }
       source ./zsh; words=("$@"); CURRENT=$#; _gossip`,
      'zsh',
      ...words,
    ]).filter((offer) => offer.startsWith(words.at(-1) ?? '')),
  fish: (words) =>
    run('fish', ['--no-config', '-c', `source ./fish; complete -C ${JSON.stringify(words.join(' '))}`]).map(
      (line) => line.split('\t')[0] ?? '',
    ),
};

function run(shell: string, args: string[]): string[] {
  const { stdout, stderr } = spawnSync(shell, args, { cwd: folder, encoding: 'utf8', env: { ...process.env, GOSSIP_HOME: folder } });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((line) => line !== '');
}

describe.each(Object.keys(ask))('%s', (shell) => {
  const offers = (...words: string[]) => ask[shell]?.(words).toSorted();

  test.skipIf(!hasDebian(shell)).each([
    ['commands', ['gossip', 'd'], ['deploy']],
    ['commands and topics', ['gossip', 'n'], ['node']],
    ['commands of a topic', ['gossip', 'node', ''], ['identity', 'run']],
    ['flags of a command', ['gossip', 'deploy', '--w'], ['--wait']],
    ['flags after others and their values', ['gossip', 'deploy', '-t', 'node', '--w'], ['--wait']],
    ["a flag's fixed values", ['gossip', 'node', 'run', '--log-level', 'e'], ['error']],
    ['what is on a closed list, as an argument', ['gossip', 'explain', 'GOSSIP_E_B'], ['GOSSIP_E_BUSY']],
    ['nothing that is hidden', ['gossip', 'deploy', '--s'], []],
    ['the nodes that were seen, to a flag', ['gossip', 'deploy', '--to', ''], ['node1', 'node2']],
    ['the nodes that were seen, as an argument', ['gossip', 'status', 'n'], ['node1', 'node2']],
  ])('offers %s', (_, words, expected) => {
    const found = offers(...words) ?? [];
    // zsh and bash offer flags along with commands; fish offers them once a dash is typed.
    expect(found.filter((word) => words.at(-1)?.startsWith('-') || !word.startsWith('-'))).toEqual(expected);
  });
});

test('closed lists are those of commands that there are', () => {
  for (const [id, values] of Object.entries(CLOSED_LISTS)) {
    expect(existsSync(join(ROOT, 'src/commands', `${id.replaceAll(':', '/')}.ts`))).toBe(true);
    // Shells expand what they complete.
    expect(values.filter((value) => !/^[A-Za-z0-9_-]+$/.test(value))).toEqual([]);
  }
});

test('no name that was seen is run', () => expect(existsSync(join(folder, 'ran'))).toBe(false));

test.skipIf(!hasDebian('bash'))('bash leaves files to itself where one is wanted, and inserts no dashes there', () => {
  expect(ask['bash']?.(['gossip', 'deploy', ''])).toEqual([]);
});

describe('what was seen', () => {
  const status = (name: string, ...modules: string[]) =>
    ({ name, modules: modules.map((module) => ({ name: module })) }) as unknown as NodeStatus;
  const lines = () =>
    readFileSync(join(folder, 'home', 'seen'), 'utf8')
      .trimEnd()
      .split('\n');

  test('is kept by kinds, for the cluster that was asked last', async () => {
    mkdirSync(join(folder, 'home'));
    const first = new Seen();
    first.add('cluster', ['prod', 'lab']);
    first.status(status('node1', 'counter'));
    first.status(status('$(evil)', 'registry'));
    await first.keep(join(folder, 'home'), 'prod');
    expect(lines()).toEqual(['of prod', 'cluster lab', 'cluster prod', 'node node1', 'module counter', 'module registry']);
    const second = new Seen();
    second.records([record(3).envelope, { payload: 'none' }, null]);
    await second.keep(join(folder, 'home'), 'prod');
    expect(lines()).toEqual(['of prod', 'cluster lab', 'cluster prod', 'node node1', 'module membership', 'deployment d3']);
    await new Seen().keep(join(folder, 'home'), 'lab');
    expect(lines()).toEqual(['of lab']);
  });

  test('is not missed where it cannot be kept', async () => {
    await expect(new Seen().keep(join(folder, 'nowhere'), 'prod')).resolves.toBeUndefined();
  });
});
