/** What `--on` takes, and what it refuses before a node starts. */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkHandlers, parseHandler } from '../../../src/core/event-handlers/wish.ts';
import { temporaryDirectory } from '../store/temporary-directory.ts';

test.each([
  ['join=/bin/true', [{ of: 'membership', event: 'join' }], '/bin/true'],
  [
    'leave, fail=/a=b',
    [
      { of: 'membership', event: 'leave' },
      { of: 'membership', event: 'fail' },
    ],
    '/a=b',
  ],
  ['deployment,module,alarm=/a b', ['deployment', 'module', 'alarm'].map((event) => ({ of: 'node', event })), '/a b'],
  ['registry=/a', [{ of: 'module', module: 'registry', topic: '' }], '/a'],
  ['registry:app/x:y=/a', [{ of: 'module', module: 'registry', topic: 'app/x:y' }], '/a'],
  ['module:=./a', [{ of: 'module', module: 'module', topic: '' }], join(process.cwd(), 'a')],
])('%s', (text, events, program) => {
  expect(parseHandler(text)).toEqual({ on: text.slice(0, text.indexOf('=')), events, program });
});

test.each([
  '',
  '=',
  'join',
  'join=',
  '=/bin/true',
  'Join=/a',
  'join,=/a',
  ',=/a',
  'user deploy=/a',
  `registry:${'x'.repeat(257)}=/a`,
  'join=/a\0b',
])('refused: %j', (text) => {
  expect(() => parseHandler(text)).toThrow(expect.objectContaining({ code: 'GOSSIP_E_HANDLER' }));
});

test('a program that cannot be started, and an event that cannot come, are refused', async () => {
  const directory = await temporaryDirectory();
  const program = join(directory, 'program');
  const refusal = (text: string, runs: (module: string) => boolean = () => true) =>
    checkHandlers([parseHandler(text)], runs).then(
      () => null,
      ({ code, message }: { code: string; message: string }) => `${code}: ${message.replaceAll(directory, '')}`,
    );
  expect(await refusal(`join=${program}`)).toBe('GOSSIP_E_HANDLER: /program cannot be started: it is not there');
  await writeFile(program, '#!/bin/sh\n');
  expect(await refusal(`join=${program}`)).toBe('GOSSIP_E_HANDLER: /program is not executable for this user');
  await chmod(program, 0o755);
  expect(await refusal(`join=${program}`)).toBeNull();
  for (const [line, named] of [
    ['#!/no/such/sh -e\necho', '/no/such/sh'],
    ['#! /bin/sh\r\necho', '/bin/sh\\u000d'],
  ] as const) {
    await writeFile(program, line);
    expect(await refusal(`join=${program}`)).toBe(
      `GOSSIP_E_HANDLER: /program cannot be started: its first line names the interpreter '${named}', which is not there, or not executable for this user`,
    );
  }
  for (const line of ['#!', '#!\n', '', '#!/bin/sh', '\x7fELF']) {
    await writeFile(program, line);
    expect(await refusal(`join=${program}`)).toBeNull();
  }
  // No words of a command line: the path is all.
  expect(await refusal(`join=${program} --fast`)).toBe('GOSSIP_E_HANDLER: /program --fast cannot be started: it is not there');
  await mkdir(join(directory, 'folder'));
  expect(await refusal(`join=${join(directory, 'folder')}`)).toBe('GOSSIP_E_HANDLER: /folder is no file');
  expect(await refusal(`alarm,fail=${program}`, (module) => module !== 'membership')).toBe(
    "GOSSIP_E_HANDLER: the events of 'alarm,fail' come from the module membership, which may not run here",
  );
  expect(await refusal(`alarm=${program}`, () => false)).toBeNull();
  await expect(
    checkHandlers(
      Array.from({ length: 65 }, () => parseHandler(`join=${program}`)),
      () => true,
    ),
  ).rejects.toMatchObject({ code: 'GOSSIP_E_HANDLER' });
});
