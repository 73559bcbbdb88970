/** Debian's Chromium, driven by playwright-core, and what pages complain of there. */
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { tidily } from './gossip.ts';

export interface Seen {
  readonly page: Page;
  /** Errors of scripts, refusals of the content security policy, and answers of 400 and above, since the page was opened. */
  readonly complaints: readonly string[];
}

/** Opens pages in a browser that is ended afterwards. */
export async function withBrowser<Result>(act: (open: (address: string) => Promise<Seen>) => Promise<Result>): Promise<Result> {
  // Root has no sandbox, and containers little shared memory.
  const browser: Browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
    timeout: 120_000,
  });
  const open = async (address: string): Promise<Seen> => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: 'light' });
    context.setDefaultTimeout(60_000);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => void (message.type() === 'log' || complaints.push(message.text())));
    page.on('pageerror', (error) => void complaints.push(error.message));
    page.on('response', (response) => void (response.status() < 400 || complaints.push(`${response.status()} ${response.url()}`)));
    await page.goto(address);
    return { page, complaints };
  };
  return tidily(
    () => act(open),
    () => browser.close(),
  );
}
