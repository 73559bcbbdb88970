import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ModuleName } from '../../../src/model/names.ts';
import { locateCode, readCode } from '../../../src/operator/deploy/code-source.ts';
import { parseModuleSettings } from '../../../src/operator/deploy/settings-text.ts';

let home: string;
let shipped: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'gossip-code-'));
  shipped = join(home, 'shipped');
  await module(join(shipped, 'membership'), 'membership');
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function module(directory: string, name: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'module.json'), JSON.stringify({ name, version: '1.2.0', entry: 'index.mjs', api: 1 }));
  await writeFile(join(directory, 'index.mjs'), 'export default class {}');
}

const named = (name: string) => name as ModuleName;
const coded = (expected: string) => expect.objectContaining({ code: expected });

describe('the code that deploy means', () => {
  it('is the path that was given', async () => {
    expect(await locateCode('./elsewhere', named('counter'), home, shipped)).toBe(join(home, 'elsewhere'));
  });

  it('is the shipped module whose name was given as the path, where no directory has it', async () => {
    expect(await locateCode('membership', named('members'), home, shipped)).toBe(join(shipped, 'membership'));
    await module(join(home, 'membership'), 'counter');
    expect(await locateCode('membership', named('members'), home, shipped)).toBe(join(home, 'membership'));
  });

  it('is ./dist when that holds the module', async () => {
    await module(join(home, 'dist'), 'counter');
    expect(await locateCode(undefined, named('counter'), home, shipped)).toBe(join(home, 'dist'));
    expect(await locateCode(undefined, undefined, home, shipped)).toBe(join(home, 'dist'));
  });

  it('is the shipped module when ./dist holds another or none', async () => {
    expect(await locateCode(undefined, named('membership'), home, shipped)).toBe(join(shipped, 'membership'));
    await module(join(home, 'dist'), 'counter');
    expect(await locateCode(undefined, named('membership'), home, shipped)).toBe(join(shipped, 'membership'));
  });

  it('is refused when there is none', async () => {
    await expect(locateCode(undefined, named('counter'), home, shipped)).rejects.toThrow(coded('GOSSIP_E_CODE_PATH'));
    await expect(locateCode(undefined, undefined, home, shipped)).rejects.toThrow(coded('GOSSIP_E_CODE_PATH'));
  });

  it('carries the label of module.json and the sizes that are signed', async () => {
    const code = await readCode(join(shipped, 'membership'));
    expect(code.reference).toEqual({ hash: expect.stringMatching(/^sha256:[0-9a-f]{64}$/), bytes: 90, files: 2, version: '1.2.0' });
    expect((await code.manifest()).files.map(({ path }) => path)).toEqual(['index.mjs', 'module.json']);
  });

  it('is not sent when it changed after it was hashed', async () => {
    const code = await readCode(join(shipped, 'membership'));
    const blob = (await code.manifest()).files[0]?.sha256 as never;
    expect(Buffer.from(await code.blob(blob)).toString()).toBe('export default class {}');
    await writeFile(join(shipped, 'membership', 'index.mjs'), 'export default class { poison() {} }');
    await expect(code.blob(blob)).rejects.toThrow(coded('GOSSIP_E_CODE_MISMATCH'));
  });
});

describe('settings of a module', () => {
  it('are a JSON object, typed or in a file', async () => {
    expect(await parseModuleSettings('{"step":2}')).toEqual({ step: 2 });
    await writeFile(join(home, 'settings.json'), '{"entries":{"a":"1"}}');
    expect(await parseModuleSettings(`@${join(home, 'settings.json')}`)).toEqual({ entries: { a: '1' } });
  });

  it.each(['', '5', 'null', '[]', '{', '{"a":}', '['.repeat(20), `{"a":"${'x'.repeat(13_000)}"}`])('are not %.20s', async (text) => {
    await expect(parseModuleSettings(text)).rejects.toThrow(coded('GOSSIP_E_USAGE'));
  });

  it.each(['settings.json', './settings', '/etc/gossip/a', '~/x.json', '../a'])('are no file without its @: %s', async (text) => {
    await expect(parseModuleSettings(text)).rejects.toMatchObject({
      code: 'GOSSIP_E_USAGE',
      advice: `A file is written with an @ before it: @${text}.`,
    });
  });

  it.each(['1.5', 'true', '"a/b"', '{a.b', '[1.5]'])('are told to be JSON where they are no path: %s', async (text) => {
    await expect(parseModuleSettings(text)).rejects.toMatchObject({ advice: expect.not.stringContaining('@ before it') });
  });

  it('name the file that cannot be read', async () => {
    await expect(parseModuleSettings('@/nosuch')).rejects.toThrow(coded('GOSSIP_E_FILE'));
  });
});
