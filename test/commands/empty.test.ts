/** Empty means not given in the environment, and is refused by its name on the command line: for every flag of every command. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadProgram } from '../../src/commands/terminal/program.ts';
import { author } from '../../src/operator/deploy/author.ts';
import { given } from '../../src/process/environment.ts';
import { openSettings } from '../../src/operator/settings/settings.ts';
import { gossip } from './command-line.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'gossip-empty-'));
  process.env['GOSSIP_HOME'] = home;
});
afterEach(() => rm(home, { recursive: true, force: true }));

const { commands } = await loadProgram();
const words = (id: string): string[] => id.split(':');
const requiredOf = (entries: Record<string, { required?: boolean | undefined }>): string[] =>
  Object.keys(entries).filter((name) => entries[name]?.required === true);

/** Something that the argument takes. */
const fitting = (arg: { options?: readonly string[] | undefined } | undefined): string => arg?.options?.[0] ?? '1';

const flags = commands.flatMap(({ id, flags: all, args }) =>
  Object.entries(all)
    .filter(([name, flag]) => flag.type === 'option' && name !== 'message')
    .map(([name]): [string, string[], string] => {
      const others = requiredOf(all)
        .filter((other) => other !== name)
        .map((other) => `--${other}=x`);
      const line = [...words(id), ...requiredOf(args).map((arg) => fitting(args[arg])), ...others, `--${name}=`];
      return [line.join(' '), line, `--${name}`];
    }),
);
const args = commands.flatMap(({ id, flags: all, args: named }) =>
  Object.keys(named)
    .filter((name) => named[name]?.options === undefined)
    .map((name): [string, string[], string] => {
      const index = Object.keys(named).indexOf(name);
      const later = requiredOf(named).filter((other) => Object.keys(named).indexOf(other) > index);
      const before = [...requiredOf(all).map((other) => `--${other}=x`), ...Object.values(named).slice(0, index).map(fitting)];
      const line = [...words(id), ...before, '', ...later.map((other) => fitting(named[other]))];
      return [line.join(' '), line, name.toUpperCase()];
    }),
);

/** The words of a command line that are its command. */
const helped = (line: readonly string[]): string => {
  const longest = commands.map(({ id }) => words(id)).filter((id) => id.every((word, at) => word === line[at]));
  return longest.toSorted((a, b) => b.length - a.length)[0]?.join(' ') ?? 'none';
};

it('looks at all of them', () => {
  expect(flags.length).toBeGreaterThan(50);
  expect(args.length).toBeGreaterThan(10);
});

it.each([...flags, ...args])('gossip %s is a usage error that names what is empty, and makes nothing', async (_, line, name) => {
  const { exitCode, stderr } = await gossip(...line);
  expect(stderr).toContain(name);
  // Without a command, `--help` is no advice.
  expect(stderr).not.toMatch(new RegExp(`See (?!gossip ${helped(line)} )[^.]*--help`));
  expect(exitCode).toBe(2);
  expect(await readdir(home)).toEqual([]);
});

it('a variable that is empty is not given', async () => {
  expect(given('GOSSIP_PASSPHRASE', { GOSSIP_PASSPHRASE: '' })).toBeUndefined();
  expect(given('GOSSIP_PASSPHRASE', { GOSSIP_PASSPHRASE: ' ' })).toBe(' ');
  expect(author({ GOSSIP_AUTHOR: '' })).toBe(author({}));
  expect(openSettings({ GOSSIP_HOME: home, GOSSIP_CLUSTER: '' }).current()).toBeNull();
});
