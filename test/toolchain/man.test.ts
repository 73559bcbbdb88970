/** The committed man pages are those of the commands as they are, and good mdoc(7). */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { manPages } from '../../scripts/man-page.ts';
import { wantedPages } from '../../scripts/man.ts';
import { ROOT } from '../../scripts/project.mjs';
import { hasDebian } from '../support/debian.ts';

const MAN = join(ROOT, 'man');
/** mandoc shows bold and underlined characters by striking twice. */
const OVERSTRUCK = new RegExp('.\b', 'g');
const hasMandoc = hasDebian('mandoc');

/** Complaints of mandoc, apart from references to pages that are not installed here. */
function lint(page: string): string[] {
  const { stdout } = spawnSync('mandoc', ['-T', 'lint'], { input: page, encoding: 'utf8' });
  return stdout.split('\n').filter((line) => line !== '' && !line.includes('referenced manual not found'));
}

describe('the committed pages', () => {
  test("are what 'npm run man' writes now", async () => {
    const committed = new Map(readdirSync(MAN).map((name) => [name, readFileSync(join(MAN, name), 'utf8')]));
    expect(Object.fromEntries(committed)).toEqual(Object.fromEntries(await wantedPages()));
  });

  test('are each listed in package.json', () => {
    const { man } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { man: string[] };
    expect(man.toSorted()).toEqual(
      readdirSync(MAN)
        .map((name) => `man/${name}`)
        .toSorted(),
    );
  });

  test.skipIf(!hasMandoc)('are clean', async () => {
    const complaints = [...(await wantedPages())].flatMap(([name, page]) => lint(page).map((line) => `${name} ${line}`));
    expect(complaints).toEqual([]);
  });
});

test.skipIf(!hasMandoc)('text that means something to mdoc(7) stays text', () => {
  const tricky = '\'tis .dot. Op Ar \\fB "quoted" f() and a line that is longer than any line of a man page\'s source should ever be. Yes.';
  const pages = manPages(
    {
      version: '1',
      commands: {
        tricky: {
          id: 'tricky',
          summary: tricky,
          description: `${tricky}\n\n.Sh ${tricky}`,
          examples: [`Op .x\ngossip tricky '.Op'`, { description: 'Ar', command: '.first' }],
          flags: { f: { name: 'f', type: 'option', summary: tricky, helpValue: 'Op Fl' } },
          args: { a: { name: 'a', description: tricky } },
          hidden: false,
          aliases: [],
          hiddenAliases: [],
        },
      },
    } as unknown as Parameters<typeof manPages>[0],
    'November 23, 2026',
  );
  const page = pages.get('gossip-tricky.1') ?? '';
  expect(lint(page)).toEqual([]);
  const { stdout } = spawnSync('mandoc', ['-T', 'utf8', '-O', 'width=400'], { input: page, encoding: 'utf8' });
  const shown = stdout.replaceAll(OVERSTRUCK, '').replaceAll(/\s+/g, ' ');
  for (const text of ['\'tis .dot. Op Ar \\fB "quoted" f()', '.Sh', "gossip tricky '.Op'", '.first', '--f Op Fl'])
    expect(shown).toContain(text);
});
