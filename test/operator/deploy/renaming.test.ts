import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ModuleName } from '../../../src/model/names.ts';
import { readCode } from '../../../src/operator/deploy/code-source.ts';
import type { DirectoryCode } from '../../../src/operator/deploy/code-source.ts';
import { deploy } from '../../../src/operator/deploy/deploy.ts';
import { checkRenaming, renamingRemarks } from '../../../src/operator/deploy/renaming.ts';
import { usedRemarks } from '../../../src/operator/deploy/used-modules.ts';
import { peer } from '../../support/records.ts';
import { PaperDoor, signing } from '../paper-node.ts';

const node = peer(1, 'rendezvous1');
const sessions = 'sessions' as ModuleName;

let home: string;
let door: PaperDoor;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'gossip-renaming-'));
  door = new PaperDoor();
  door.add(node);
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function codeOf(name: string, version: string, uses: readonly string[] = []): Promise<DirectoryCode> {
  const directory = join(home, `${name}-${version}`);
  await mkdir(directory);
  await writeFile(join(directory, 'module.json'), JSON.stringify({ name, version, entry: 'index.mjs', api: 1, uses }));
  await writeFile(join(directory, 'index.mjs'), 'export default class {}');
  return readCode(directory);
}

async function deployed(code: DirectoryCode, module = sessions) {
  const draft = { module, code: code.reference, scrub: false, rollbackOf: null, author: 'ada', message: '' };
  return (await deploy(signing, door, node, draft, code)).record;
}

describe('code under another name', () => {
  it('is remarked upon, and taken where nothing runs yet, or older code of the same', async () => {
    const code = await codeOf('registry', '1');
    expect(renamingRemarks(code, sessions)).toEqual([expect.stringContaining("'registry'")]);
    expect(renamingRemarks(code, 'registry' as ModuleName)).toEqual([]);
    await checkRenaming(code, sessions, undefined, node, door);
    const record = await deployed(code);
    expect(record.deployment.module).toBe('sessions');
    await checkRenaming(await codeOf('registry', '2'), sessions, record, node, door);
  });

  it('is refused where code of a third name runs, and taken once its module.json has the name', async () => {
    const record = await deployed(await codeOf('registry', '1'));
    await expect(checkRenaming(await codeOf('counter', '1'), sessions, record, node, door)).rejects.toMatchObject({
      code: 'GOSSIP_E_MODULE_JSON',
      message: expect.stringMatching(/says 'counter', not 'sessions', and sessions runs code of 'registry'/),
    });
    await checkRenaming(await codeOf('sessions', '1'), sessions, record, node, door);
  });

  it('is not held up by a node that cannot tell what it runs', async () => {
    const record = await deployed(await codeOf('registry', '1'));
    door.nodes.get(node.id)?.manifests.clear();
    expect(await checkRenaming(await codeOf('counter', '1'), sessions, record, node, door)).toBeUndefined();
  });
});

describe('modules that code uses', () => {
  const known = (...names: string[]) => ({
    newest: (name: ModuleName) => (names.includes(name) ? ({ deployment: { code: {} } } as never) : undefined),
  });

  it('are remarked upon where they are not deployed', async () => {
    const code = await codeOf('counter', '1', ['registry', 'membership']);
    expect(usedRemarks(code, sessions, known('registry'))).toEqual([expect.stringContaining("'membership'")]);
    expect(usedRemarks(code, sessions, known('registry', 'membership'))).toEqual([]);
  });

  it('are never the module itself, by whatever name it is deployed', async () => {
    const code = await codeOf('counter', '1', ['sessions']);
    expect(() => usedRemarks(code, sessions, known())).toThrow(expect.objectContaining({ code: 'GOSSIP_E_MODULE_JSON' }));
    await expect(codeOf('counter', '2', ['counter'])).rejects.toMatchObject({ message: expect.stringContaining('the module itself') });
  });
});
