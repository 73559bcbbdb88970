/** The authors' guide tells the limits that the code holds. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import * as limits from '../../src/sdk/limits.ts';

const guide = readFileSync(fileURLToPath(new URL('../../docs/module-authors.md', import.meta.url)), 'utf8');

test('every limit stands in the guide', () => {
  const section = guide.slice(guide.indexOf('\n## Limits\n'), guide.indexOf('\n## Testing\n'));
  const untold = Object.entries(limits).filter(([, value]) => !section.includes(value.toLocaleString('en')));
  expect(untold).toEqual([]);
});
