/** The table of statuses in docs/applications.md is that of the code. */
import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../../../scripts/project.mjs';
import { errorStatus, refusalOf } from '../../../src/api/refusal.ts';
import { isErrorCode } from '../../../src/model/errors.ts';

/** What refuses requests of applications with a status of its own. */
const HEADS = ['src/api/apps.ts', 'src/core/transport/server/last-word.ts', 'src/core/transport/server/request.ts'];
/** What answers them otherwise; of the first, what its routes for peers alone refuse has the same statuses. */
const ANSWERS = [
  'src/gossip/applications.ts',
  'src/core/hosting/calls.ts',
  'src/core/hosting/process/watch.ts',
  'src/model/module-refusal.ts',
];
/** The caller has gone: nobody is told. A socket that cannot be made: no request comes. */
const NEVER_TOLD = new Set(['GOSSIP_E_UNREACHABLE', 'GOSSIP_E_APP_SOCKET']);

async function textOf(paths: readonly string[]): Promise<string> {
  const door = globSync('src/core/door/*.ts', { cwd: ROOT });
  return (await Promise.all([...paths, ...door].map((path) => readFile(join(ROOT, path), 'utf8')))).join('\n');
}

async function table(): Promise<string[]> {
  const text = await readFile(join(ROOT, 'docs', 'applications.md'), 'utf8');
  return [...text.matchAll(/^\| (\d{3}) \| ([^|]*) \|/gm)].flatMap(([, status, codes]) =>
    [...(codes ?? '').matchAll(/`(GOSSIP_E_\w+)`/g)].map(([, code]) => `${status} ${code}`),
  );
}

test('every status that an application may be told is in the table, and no other', async () => {
  const text = await textOf([...HEADS, ...ANSWERS]);
  const own = [...text.matchAll(/new HttpRefusal\(\s*(\d{3}),\s*(?:'(GOSSIP_E_\w+)'|error\.code)/g)].map(
    ([, status, code]) => `${status} ${code ?? 'GOSSIP_E_TIMEOUT'}`,
  );
  const thrown = [...text.matchAll(/'(GOSSIP_E_\w+)'/g)].map(([, code = '']) => code);
  // Why a module does not run any more, or never did.
  const ended = Object.keys(errorStatus).filter((code) => errorStatus[code as keyof typeof errorStatus] === 503);
  const plain = [...thrown, ...ended, 'GOSSIP_E_MODULE_NAME'].flatMap((code) => {
    const status = isErrorCode(code) && !NEVER_TOLD.has(code) ? errorStatus[code] : undefined;
    return status === undefined ? [] : [`${status} ${code}`];
  });
  const other = refusalOf(new Error('any'));
  const told = new Set([...own, ...plain, `${other.status} ${other.code}`]);
  expect((await table()).toSorted()).toEqual([...told].toSorted());
});
