/** What no node could run is refused before it is signed. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { ModuleName } from '../../../src/model/names.ts';
import { checkBefore } from '../../../src/operator/deploy/author-check.ts';
import { readCode } from '../../../src/operator/deploy/code-source.ts';
import type { JsonObject } from '../../../src/sdk/json.ts';
import { moduleSource, useHosts } from '../../core/hosting/support.ts';
import { shippedModule } from '../../support/modules.ts';

const hosts = useHosts();

async function checkOf(start: string, settings: JsonObject = {}, change?: (directory: string) => Promise<void>): Promise<string[]> {
  const directory = await hosts.module(moduleSource({ start }));
  const code = await readCode(directory);
  await change?.(directory);
  return checkBefore(code, { module: 'other' as ModuleName, settings, hostProgram: hosts.hostProgram });
}

it('tells of the check that was passed, under the name and the settings of the deployment', async () => {
  const start = `start() { if (this.context.module !== 'other' || this.context.settings.step !== 2) throw new Error('elsewhere'); console.error('odd'); }`;
  expect(await checkOf(start, { step: 2 })).toEqual([
    expect.stringMatching(/^Checked other 1 as a node would run it: 9 checks passed in \d/),
    expect.stringMatching(/^It complained meanwhile, once: odd$/),
  ]);
});

it('names the check that failed, and how to deploy it all the same', async () => {
  await expect(checkOf(`start() { throw new Error('not today'); }`)).rejects.toMatchObject({
    code: 'GOSSIP_E_MODULE_START',
    message: expect.stringMatching(/^start: Error: not today \(at index\.mjs:\d+:\d+\)$/),
    advice: expect.stringContaining('--no-check'),
  });
});

it('does not let pass what was changed meanwhile', async () => {
  const change = (directory: string): Promise<void> => writeFile(join(directory, 'index.mjs'), moduleSource({ start: 'start() {}' }));
  await expect(checkOf('start() { return; }', {}, change)).rejects.toMatchObject({ code: 'GOSSIP_E_CODE_MISMATCH' });
});

it('takes what came with the program as it is', async () => {
  const code = await readCode(shippedModule('registry'));
  expect(await checkBefore(code, { module: 'registry' as ModuleName, settings: {}, hostProgram: '/nowhere' })).toEqual([]);
});
