import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { GossipError } from '../../../src/model/errors.ts';
import { pointingToDist } from '../../../src/operator/module/built-code.ts';
import { temporaryDirectory } from '../../core/store/temporary-directory.ts';

const refused = (code: 'GOSSIP_E_CODE_FILE' | 'GOSSIP_E_DISK') => () => Promise.reject(new GossipError(code, 'no'));

it('names dist where a project was given in place of its built code, and only there', async () => {
  const project = await temporaryDirectory();
  const { advice } = new GossipError('GOSSIP_E_CODE_FILE', 'no');
  await expect(pointingToDist(project, refused('GOSSIP_E_CODE_FILE'))).rejects.toMatchObject({ advice });
  await mkdir(join(project, 'dist'));
  await writeFile(join(project, 'dist', 'module.json'), '{}');
  await expect(pointingToDist(project, refused('GOSSIP_E_CODE_FILE'))).rejects.toMatchObject({
    code: 'GOSSIP_E_CODE_FILE',
    message: 'no',
    advice: `Built code is in ${join(project, 'dist')}: give that directory.`,
  });
  await expect(pointingToDist(project, refused('GOSSIP_E_DISK'))).rejects.not.toMatchObject({ advice: expect.stringContaining('dist') });
  expect(await pointingToDist(project, () => Promise.resolve('code'))).toBe('code');
});
