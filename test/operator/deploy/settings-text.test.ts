/** Settings as they are typed. */
import { expect, test } from 'vitest';
import { parseModuleSettings } from '../../../src/operator/deploy/settings-text.ts';

test('a key that is given twice is refused with the way to it: whoever wrote it meant both', async () => {
  expect(await parseModuleSettings('{"step": 1, "on": {"step": 2}}')).toEqual({ step: 1, on: { step: 2 } });
  for (const [text, path] of [
    ['{"step": 1, "step": 2}', 'step'],
    ['{"on": [{"a": 1, "\\u0061": 2}]}', 'on[0].a'],
  ] as const)
    await expect(parseModuleSettings(text)).rejects.toMatchObject({
      code: 'GOSSIP_E_USAGE',
      message: `the settings cannot be read: ${path} is given twice`,
    });
});
