/** Completion by the Tab key, in real shells on a real terminal: without the program at hand, so that nothing is asked of anybody. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeCommands } from '../../../scripts/commands.ts';
import { bashCompletion } from '../../../src/operator/completion/bash.ts';
import { CLOSED_LISTS } from '../../../src/operator/completion/closed-lists.ts';
import { fishCompletion } from '../../../src/operator/completion/fish.ts';
import { places } from '../../../src/operator/completion/model.ts';
import { zshCompletion } from '../../../src/operator/completion/zsh.ts';
import { hasDebian } from '../../support/debian.ts';
import { openScreen } from '../../support/screen.ts';

const SHELLS = [
  ['bash', 'bash --norc --noprofile', '. ./bash'],
  ['zsh', 'zsh -f', 'autoload -U compinit && compinit -D -u && . ./zsh'],
  ['fish', 'fish --no-config', 'source ./fish'],
] as const;
const isThere = Object.fromEntries(SHELLS.map(([shell]) => [shell, hasDebian('tmux', shell)]));

let folder = '';
let env: NodeJS.ProcessEnv = {};
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gossip-tab-'));
  const { commands } = await describeCommands('./src/commands');
  const all = places(Object.values(commands), {}, CLOSED_LISTS);
  writeFileSync(join(folder, 'bash'), bashCompletion(all));
  writeFileSync(join(folder, 'zsh'), zshCompletion(all));
  writeFileSync(join(folder, 'fish'), fishCompletion(all));
  writeFileSync(
    join(folder, 'seen'),
    'of prod\ncluster prod-a\ncluster prod-b\nnode alpha\nnode edge1\nnode edge2\nmodule counter\nmodule registry\ndeployment d17\n',
  );
  // Programs of the system alone: there is no gossip on this path.
  env = { PATH: '/usr/bin:/bin', HOME: folder, GOSSIP_HOME: folder, TERM: 'xterm', LANG: 'C.UTF-8' };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(SHELLS)('%s', (shell, program, load) => {
  test.skipIf(isThere[shell] !== true)('completes commands, flags, values, and what commands have seen', async () => {
    const screen = openScreen(program, { cwd: folder, env });
    try {
      screen.type(`${load} && echo lo''aded`);
      screen.press('Enter');
      await screen.until('the completion is loaded', (shown) => /^loaded/m.test(shown));
      /** What stands on the last line of the prompt after the words and a Tab. */
      const completes = async (words: string, to: string): Promise<void> => {
        screen.press('C-u', 'C-l');
        screen.type(words);
        await screen.until(`${words} is typed`, (shown) => shown.includes(words));
        screen.press('Tab');
        await screen.until(`${words} becomes ${to}`, (shown) => shown.includes(to));
      };
      await completes('gossip rollb', 'gossip rollback');
      await completes('gossip cluster rend', 'gossip cluster rendezvous');
      await completes('gossip deploy --detailed', '--detailed-exitcode');
      await completes('gossip explain GOSSIP_E_UNREACH', 'GOSSIP_E_UNREACHABLE');
      await completes('gossip deploy --to al', '--to alpha');
      await completes('gossip deploy --module coun', '--module counter');
      await completes('gossip status --cluster prod', 'prod-');
      await completes('gossip diff d1', 'gossip diff d17');
      // Where several fit they are listed: at once, or at the second Tab.
      screen.press('C-u', 'C-l');
      screen.type('gossip status edge');
      screen.press('Tab', 'Tab');
      const shown = await screen.until('both nodes are listed', (text) => text.includes('edge1') && text.includes('edge2'));
      expect(shown).not.toContain('command not found');
    } finally {
      screen.end();
    }
  });
});
