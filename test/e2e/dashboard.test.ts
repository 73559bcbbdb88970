/** The dashboard in a real browser: a real lab that is deployed to while somebody looks, and a large cluster whose nodes have hostile names. */
import { describe, expect, test } from 'vitest';
import type { Page } from 'playwright-core';
import type { DetailsAnswer } from '../../src/dashboard/wire.ts';
import { Board } from '../../src/operator/dashboard/board.ts';
import { readPageFiles } from '../../src/operator/dashboard/page-files.ts';
import { startServer } from '../../src/operator/dashboard/server.ts';
import { Streams } from '../../src/operator/dashboard/streams.ts';
import { HOSTILE, idOf, largePage, nodeEntry } from '../dashboard/large-page.ts';
import { withBrowser } from '../support/browser.ts';
import { hasDebian } from '../support/debian.ts';
import { launch, tidily, until } from '../support/gossip.ts';
import { withLab } from '../support/lab.ts';

const focused = (page: Page): Promise<string> =>
  page.evaluate("document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent?.trim() ?? ''");

describe.skipIf(!hasDebian('chromium'))('the dashboard', () => {
  test('shows a lab: a deployment as it spreads, its history, a node and the state of its module, and ends with its command', async () => {
    await withLab({ nodes: 3, rendezvous: 1 }, async (lab) => {
      const dashboard = launch(['dashboard', '--json'], { home: lab.home });
      const { address } = await until(
        'it serves',
        async () => dashboard.stdout().endsWith('}\n') && (JSON.parse(dashboard.stdout()) as { address: string }),
      );
      await withBrowser(async (open) => {
        const { page, complaints } = await open(address);
        await page.getByText('3 of 3 nodes answered').waitFor();
        await page.locator('#verdict').getByText('nothing deployed').waitFor();
        await page.getByRole('link', { name: 'Spread' }).click();
        await lab.ask('deploy', '--module', 'membership', '--message', 'first', '--to', 'rendezvous1');
        await page.getByText('known 3, fetched 3, running 3, healthy 3 of 3 nodes').waitFor();
        const ways = page.getByRole('region', { name: 'Who had it from whom' });
        expect(await ways.getByRole('row', { name: /^rendezvous1 an operator injection 0ms/ }).count()).toBe(1);
        expect(await ways.getByRole('row').count()).toBe(4);
        await page.locator('#verdict').getByText('all well').waitFor();

        await lab.ask('rollback', 'd1', '--message', 'second', '--to', 'rendezvous1');
        await page.getByRole('link', { name: 'History' }).click();
        await page
          .getByRole('row', { name: /^d2 membership .* second/ })
          .getByRole('button', { name: 'What changed' })
          .click();
        await page.getByRole('dialog', { name: 'What d2 changed in membership' }).getByText('d1 → d2').waitFor();
        await page.keyboard.press('Escape');

        await page.getByRole('link', { name: 'Events' }).click();
        await page
          .getByRole('cell', { name: /^d2 of membership accepted/ })
          .first()
          .waitFor();
        await page.getByRole('link', { name: 'Nodes', exact: true }).click();
        await page.getByRole('button', { name: 'node2', exact: true }).click();
        const details = page.getByRole('complementary', { name: 'node2' });
        await details.getByRole('button', { name: 'Inspect the state of membership' }).click();
        await details.getByText('"members"').waitFor();
        expect(complaints).toEqual([]);
        dashboard.child.kill('SIGINT');
        expect(await dashboard.ended).toMatchObject({ code: 130, stderr: '' });
        await page.getByText('No connection, trying again; this is of before.').waitFor();
      });
    });
  });

  test('is walked by keyboard and read aloud, keeps hostile words words, and shows a thousand nodes', async () => {
    const board = new Board();
    for (const [key, value] of largePage(1_000).entries) board.set(key, value);
    board.set(`node ${idOf(1)}`, nodeEntry(1, { name: HOSTILE, state: 'held', why: HOSTILE }));
    board.set('event 1', { time: '2026-01-31T12:00:00.000Z', node: HOSTILE, id: idOf(1), kind: 'trouble', tone: 'warn', text: HOSTILE });
    board.set('history', [
      {
        deployment: 'd15',
        module: 'counter',
        version: HOSTILE,
        removes: false,
        scrub: false,
        rollbackOf: null,
        author: HOSTILE,
        message: HOSTILE,
        issued: '',
        hasBefore: true,
      },
    ]);
    const streams = new Streams(board);
    const node: DetailsAnswer = { name: HOSTILE, facts: [['why', HOSTILE]], modules: [{ name: 'counter', facts: [] }] };
    const lines = async () => ({ lines: [{ text: HOSTILE }] });
    const answers = { node: async () => node, inspect: lines, diff: lines };
    const server = await startServer({ port: 0, files: await readPageFiles(), streams, answers });
    await tidily(
      () =>
        withBrowser(async (open) => {
          const { page, complaints } = await open(server.address);
          await page.getByRole('button', { name: 'node997, well', exact: true }).waitFor();
          const map = page.getByRole('list', { name: 'All nodes' });
          expect(await map.getByRole('listitem').count()).toBe(1_000);
          expect(await page.locator('body').ariaSnapshot()).toMatch(
            /link "Skip to the content"[^]*banner[^]*heading "gossip production" \[level=1\][^]*navigation "Views"[^]*main[^]*heading "What is wrong"[^]*table[^]*columnheader "Deployment"[^]*rowheader "counter"/,
          );

          await page.keyboard.press('Tab');
          expect(await focused(page)).toBe('Skip to the content');
          await page.keyboard.press('Enter');
          await page.keyboard.press('Tab');
          // The counts of the groups; then one square alone.
          for (let step = 0; step < 20 && !(await focused(page)).includes('rendezvous node'); step += 1) await page.keyboard.press('Tab');
          expect(await focused(page)).toBe(`${HOSTILE}, rendezvous node, held: ${HOSTILE}`);
          await page.keyboard.press('ArrowRight');
          expect(await focused(page)).toBe('rendezvous2, rendezvous node, well');
          await page.keyboard.press('End');
          expect(await focused(page)).toBe('node997, well');
          await page.keyboard.press('Home');
          await page.keyboard.press('Enter');
          const details = page.getByRole('complementary', { name: HOSTILE });
          await details.getByText(HOSTILE).first().waitFor();
          await details.getByRole('button', { name: 'Inspect' }).click();
          await details.locator('pre').getByText(HOSTILE).waitFor();
          await page.keyboard.press('Escape');
          await details.waitFor({ state: 'hidden' });
          expect(await focused(page)).toContain('rendezvous node');

          await page.getByRole('searchbox', { name: 'Search' }).fill('node300');
          await page.getByRole('rowheader', { name: 'node300' }).waitFor();
          expect(await page.getByRole('region', { name: 'List' }).last().getByRole('row').count()).toBe(2);
          for (const view of ['Spread', 'Events', 'History']) {
            await page.getByRole('link', { name: view, exact: true }).click();
            await page.getByRole('heading', { name: view, exact: true }).waitFor();
          }
          await page.getByRole('button', { name: 'What changed' }).click();
          await page.getByRole('dialog').getByText(HOSTILE).waitFor();
          await page.keyboard.press('Escape');
          await page.getByRole('button', { name: 'Dark' }).click();
          expect(await page.evaluate('document.documentElement.dataset.theme')).toBe('dark');

          board.set(`node ${idOf(4)}`, nodeEntry(4, { state: 'failed' }));
          streams.changed();
          await page.getByRole('link', { name: 'Nodes', exact: true }).click();
          await page.getByRole('button', { name: 'node1, failed', exact: true }).waitFor();
          expect(await page.evaluate('document.title')).toContain('production');
          expect(await page.locator('img[src="x"]').count()).toBe(0);
          expect(complaints).toEqual([]);
        }),
      () => server.end(),
    );
  });
});
