/** The list of commands that the package carries. */
import { expect, test } from 'vitest';
import { describeCommands } from '../../scripts/commands.ts';

test('is in the same order each time, in whatever order folders are read, so that the package is the same bytes', async () => {
  const ids = Object.keys((await describeCommands('./src/commands')).commands);
  expect(ids.length).toBeGreaterThan(60);
  expect(ids).toEqual(ids.toSorted());
});
