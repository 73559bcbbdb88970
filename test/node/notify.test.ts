/** What is said to a service manager goes through a tool of the system, which may be absent or fail. */
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Notifier } from '../../src/node/notify.ts';

let directory: string;
beforeEach(async () => void (directory = await mkdtemp(join(tmpdir(), 'gossip-notify-'))));
afterEach(() => rm(directory, { recursive: true, force: true }));

interface Told {
  readonly warned: unknown[];
  readonly log: { warn: (fields: unknown) => void };
}

function logged(): Told {
  const warned: unknown[] = [];
  return { warned, log: { warn: (fields: unknown) => void warned.push(fields) } };
}

async function tool(script: string): Promise<string> {
  const path = join(directory, 'tool');
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

test('the later one is heard last, however long the first takes, and lines stay lines', async () => {
  const { warned, log } = logged();
  const words = `printf '%s;' "$NOTIFY_SOCKET" "$@" >> ${directory}/said`;
  const notifier = new Notifier('@here', log as never, await tool(`[ "$1" = READY=1 ] && sleep 0.2; ${words}`));
  void notifier.tell({ READY: '1', STATUS: 'one\nMAINPID=1' });
  expect(notifier.isBusy).toBe(true);
  await notifier.tell({ STOPPING: '1' });
  expect([await readFile(join(directory, 'said'), 'utf8'), notifier.isBusy, warned]).toEqual([
    String.raw`@here;READY=1;STATUS=one\u000aMAINPID=1;@here;STOPPING=1;`,
    false,
    [],
  ]);
});

test('what cannot be said is logged once, and again after it went well', async () => {
  const { warned, log } = logged();
  const notifier = new Notifier('@here', log as never, await tool(`[ -e ${directory}/well ] || { echo 'nobody listens' >&2; exit 1; }`));
  await notifier.tell({ WATCHDOG: '1' });
  await notifier.tell({ WATCHDOG: '1' });
  expect(warned).toEqual([{ why: 'nobody listens' }]);
  await writeFile(join(directory, 'well'), '');
  await notifier.tell({ WATCHDOG: '1' });
  await rm(join(directory, 'well'));
  await notifier.tell({ WATCHDOG: '1' });
  expect(warned).toHaveLength(2);
});

test.each([
  ['/nowhere/systemd-notify', 'ENOENT'],
  [null, 'there is no systemd-notify here'],
])('a system without the tool (%s) costs a line of the log', async (path, why) => {
  const { warned, log } = logged();
  const notifier = new Notifier('@here', log as never, path);
  await notifier.tell({ READY: '1' });
  await notifier.tell({ WATCHDOG: '1' });
  expect(warned).toEqual([{ why: expect.stringContaining(why) }]);
});
