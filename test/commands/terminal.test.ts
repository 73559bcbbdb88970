import { existsSync, readFileSync } from 'node:fs';
import { Errors } from '@oclif/core';
import { describe, expect, it } from 'vitest';
import { terminalColumns } from '../../src/commands/terminal/columns.ts';
import { codedError } from '../../src/commands/terminal/coded-error.ts';
import { errorJson, errorLines } from '../../src/process/error-text.ts';
import { drawTable } from '../../src/commands/terminal/table.ts';
import { refuseUnknownCommand } from '../../src/commands/terminal/unknown-command.ts';
import { GossipError } from '../../src/model/errors.ts';

const commands = [
  ...['cluster:init', 'cluster:join-token', 'cluster:rendezvous:add', 'history'].map((id) => ({ id, args: {} })),
  ...['deploy', 'module:hash', 'node:run', 'rollback', 'status', 'drain', 'key:show', 'cluster:show'].map((id) => ({
    id,
    args: { one: {} },
  })),
];

describe('unknown commands', () => {
  it.each([
    [['status']],
    [['deploy', './dist', '--wait']],
    [['cluster', 'init']],
    [['cluster']],
    [['--help']],
    [['-h']],
    [['--version']],
    [[]],
    [['module', 'hash', 'status']],
  ])('are not among %j', (argv) => expect(() => refuseUnknownCommand(argv, commands)).not.toThrow());

  it.each([
    [['stauts'], "there is no command 'stauts'", "Did you mean 'gossip status'?"],
    [['deplyo', './dist'], "there is no command 'deplyo'", "Did you mean 'gossip deploy'?"],
    [['cluster', 'int'], "there is no command 'cluster int'", "Did you mean 'gossip cluster init'?"],
    [['clutser', 'init'], "there is no command 'clutser init'", "Did you mean 'gossip cluster init'?"],
    [['cluster', 'rendezvous', 'replace'], "there is no command 'cluster rendezvous replace'", 'See gossip --help.'],
    [['node', 'drain', 'node7'], "there is no command 'node drain'", "Did you mean 'gossip drain'?"],
    [['hash', 'counter', '--json'], "there is no command 'hash'", "Did you mean 'gossip module hash'?"],
    [['show'], "there is no command 'show'", "Did you mean 'gossip key show' or 'gossip cluster show'?"],
    [['frobnicate'], "there is no command 'frobnicate'", 'See gossip --help.'],
    [['--hepl'], 'there is no flag --hepl of gossip itself', 'Did you mean --help?'],
    [['--nosuch', 'status'], 'there is no flag --nosuch of gossip itself', 'See gossip --help.'],
    [['history', 'extra'], "unexpected argument: 'extra'", 'See gossip history --help.'],
    [['cluster', 'init', 'a', 'b'], "unexpected argument: 'a' 'b'", 'See gossip cluster init --help.'],
    [['status', 'node1', 'node2'], "unexpected argument: 'node2'", 'See gossip status --help.'],
  ])('are refused: %j', (argv, message, advice) =>
    expect(() => refuseUnknownCommand(argv, commands)).toThrow(
      expect.objectContaining({ code: 'GOSSIP_E_USAGE', message, advice, exitCode: 2 }),
    ),
  );
});

describe('errors', () => {
  it('are two lines, and for programs an object', () => {
    const error = new GossipError('GOSSIP_E_EXPECT', 'the newest is d2');
    expect(errorLines(error, error, undefined)).toEqual(['Error: the newest is d2 [GOSSIP_E_EXPECT]', `  ${error.advice}`]);
    expect(errorJson(error)).toEqual({ error: { code: 'GOSSIP_E_EXPECT', message: 'the newest is d2', advice: error.advice } });
  });

  it('say where the guide that they point to lies on this machine', () => {
    const [, advice = ''] = errorLines(new GossipError('GOSSIP_E_SCENARIO', 'steps: none'), undefined, undefined);
    const [path = ''] = /\S+docs\/operators\.md/.exec(advice) ?? [];
    expect(existsSync(path)).toBe(true);
    const packed = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { files: string[] };
    expect(packed.files).toContain('docs');
  });

  it('show a stack trace only on demand', () => {
    const error = new GossipError('GOSSIP_E_INTERNAL', 'defect');
    expect(errorLines(error, error, '').join('\n')).not.toContain('terminal.test.ts');
    expect(errorLines(error, error, '1').join('\n')).toContain('terminal.test.ts');
  });

  it('of the parser of flags are usage errors of one line', () => {
    const thrown = new Errors.CLIError('Something new:\n  of this library.\nSee more help with --help');
    expect(codedError(thrown)).toMatchObject({ code: 'GOSSIP_E_USAGE', message: 'Something new: of this library.' });
  });

  it('that are not foreseen say that they are defects', () => {
    expect(codedError(new TypeError('x is not a function'))).toMatchObject({ code: 'GOSSIP_E_INTERNAL', exitCode: 1 });
    expect(codedError('text')).toMatchObject({ code: 'GOSSIP_E_INTERNAL', message: 'text' });
  });

  it('cannot steer the terminal (attack C11)', () => {
    const error = new GossipError('GOSSIP_E_HELD', 'node\u001b[2J says\nError: all is well');
    expect(errorLines(error, error, undefined)[0]).toBe('Error: node\\u001b[2J says\\u000aError: all is well [GOSSIP_E_HELD]');
  });
});

describe('tables', () => {
  it('are plain columns without trailing blanks', () => {
    const rows = [
      [{ text: 'rendezvous1' }, { text: 'running', tone: 'good' as const }, { text: '' }],
      [{ text: 'n2' }, { text: '' }, { text: 'why' }],
    ];
    expect(drawTable({ head: ['node', 'state', 'why'], rows, spare: [] })).toBe(
      ['node         state    why', 'rendezvous1  running', 'n2                    why'].join('\n'),
    );
  });

  it('become narrow where the terminal is: a long last column moves below its row, then what can be spared goes', () => {
    const row = (...texts: string[]) => texts.map((text) => ({ text }));
    const rows = [row('node1', 'namespaces', 'held', 'cannot take the state'), row('node2', 'namespaces', 'running', '')];
    const table = { head: ['node', 'isolation', 'state', 'why'], rows, spare: ['isolation'] };
    const wide = ['node   isolation   state    why', 'node1  namespaces  held     cannot take the state', 'node2  namespaces  running'];
    const below = ['node   isolation   state', 'node1  namespaces  held', '  why: cannot take the state', 'node2  namespaces  running'];
    const narrow = ['node   state', 'node1  held', '  why: cannot take the state', 'node2  running'];
    expect([49, 48, 26, 25, 1].map((columns) => drawTable(table, columns).split('\n'))).toEqual([wide, below, below, narrow, narrow]);
  });

  it('have the width of the terminal; one that does not know its width, as of a build server, loses no column', () => {
    const widths = [{ isTTY: true, columns: 90 }, { isTTY: true, columns: 0 }, { isTTY: true }, { isTTY: false, columns: 90 }, {}];
    expect(widths.map((out) => terminalColumns(Number.POSITIVE_INFINITY, out))).toEqual([90, ...Array<number>(4).fill(Infinity)]);
  });

  it('show control characters of nodes instead of obeying them (attack C11)', () => {
    expect(drawTable({ head: ['name'], rows: [[{ text: 'a\u001b[31mb\r\nc' }]], spare: [] })).toBe('name\na\\u001b[31mb\\u000d\\u000ac');
  });
});
