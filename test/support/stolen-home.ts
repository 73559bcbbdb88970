/** What a thief takes away: all that the home of a lab's operator holds, and nothing of the nodes. */
import { cp } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { TestLab } from './lab.ts';

/** Copies it to `home`. */
export async function stealHome(lab: TestLab, home: string): Promise<void> {
  const operator = join(lab.directory, 'operator');
  await cp(join(lab.home, 'settings.json'), join(home, 'settings.json'));
  await cp(operator, join(home, relative(lab.home, operator)), { recursive: true });
}
