/** The checks of a module, of which one failed, as the error that a command ends with. */
import { GossipError } from '../../model/errors.ts';
import type { ErrorCode } from '../../model/errors.ts';
import type { Check } from './checks.ts';

const ADVICE: Readonly<Partial<Record<ErrorCode, string>>> = {
  GOSSIP_E_MODULE_MEMORY: "Keep less, or raise 'limits' in module.json: while a state is handed over it needs several times its size.",
  GOSSIP_E_MODULE_SETTINGS: 'Try it with other settings (--settings JSON), or change the schema.',
};

/** @throws the code of the check that failed, naming it; `advice` is added to what the author can do about it. */
export function requirePassed(checks: readonly Check[], advice = ''): void {
  const failed = checks.find(({ ok }) => !ok);
  if (failed === undefined) return;
  const { check, detail, code } = failed;
  const [what = ''] = detail.split('\n', 1);
  const todo = (code && ADVICE[code]) ?? 'Fix the code, build it, and check it again.';
  throw new GossipError(code ?? 'GOSSIP_E_MODULE_LOAD', what.startsWith(check) ? what : `${check}: ${what}`, {
    advice: [todo, advice].filter((text) => text !== '').join(' '),
  });
}
