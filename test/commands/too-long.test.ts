/** A message of an operator that is too long is refused before anything is signed. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { MAX_MESSAGE_LENGTH } from '../../src/model/deployment.ts';
import { gossip } from './command-line.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'gossip-message-'));
  process.env['GOSSIP_HOME'] = home;
});
afterEach(() => rm(home, { recursive: true, force: true }));

it.each([[['deploy', '--module', 'membership']], [['rollback', 'd1']], [['remove', 'counter']]])(
  'a message of %j that is too long is a usage error that names flag and limit',
  async (command) => {
    const { exitCode, stderr } = await gossip(...command, '--message', 'a'.repeat(MAX_MESSAGE_LENGTH + 1));
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('--message')]);
    expect(stderr).toContain(` ${MAX_MESSAGE_LENGTH} `);
    expect((await gossip(...command, '--message', 'a'.repeat(MAX_MESSAGE_LENGTH))).stderr).not.toContain('--message');
  },
);
