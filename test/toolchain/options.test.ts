/** The heavy scripts explain their options, and refuse others, before they begin with anything. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { NODE, ROOT } from '../../scripts/project.mjs';

function call(script: string, option: string): Promise<{ code: unknown; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(NODE, [join(ROOT, 'scripts', `${script}.ts`), option], (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });
}

test.each(['bench', 'sim', 'faults', 'fuzz', 'mutants', 'soak'])('%s', async (script) => {
  const [help, wrong] = await Promise.all([call(script, '--help'), call(script, '--nonsense')]);
  expect(help).toEqual({ code: 0, stdout: expect.stringMatching(`^npm run ${script} -- .*\n\n  --`), stderr: '' });
  expect(wrong).toEqual({ code: 2, stdout: '', stderr: "Unknown option '--nonsense' (--help explains the options)\n" });
});
