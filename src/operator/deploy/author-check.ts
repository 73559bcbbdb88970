/** The author's check in front of a deployment: what no node could run is refused on this machine, before anything is signed. */
import { formatDuration } from '../../model/duration.ts';
import { GossipError } from '../../model/errors.ts';
import type { ModuleName } from '../../model/names.ts';
import type { JsonObject } from '../../sdk/json.ts';
import { requirePassed } from '../module/check-failure.ts';
import { tryModule } from '../module/checks.ts';
import { isShipped } from './code-source.ts';
import type { DirectoryCode } from './code-source.ts';

const REST = "'gossip module check' shows more; --no-check deploys it all the same.";

export interface AuthorCheckOptions {
  /** The name that it is deployed under. */
  readonly module: ModuleName;
  /** Those of the deployment. */
  readonly settings: JsonObject;
  /** The bundled host. Default: the one that the build put beside this program. */
  readonly hostProgram?: string;
}

/**
 * Runs what `gossip module check` runs; resolves with lines for the operator. No line and no check for a module that came with the program: its code is that which
 * the program's own tests have checked.
 * @throws the code of the first check that failed; GOSSIP_E_CODE_MISMATCH where the files changed meanwhile
 */
export async function checkBefore(code: DirectoryCode, options: AuthorCheckOptions): Promise<string[]> {
  if (isShipped(code)) return [];
  const startedAt = performance.now();
  const { checks, warnings } = await tryModule(code.directory, options);
  requirePassed(checks, REST);
  const checked = checks.find(({ check }) => check === 'code')?.detail;
  if (checked !== code.reference.hash) {
    throw new GossipError('GOSSIP_E_CODE_MISMATCH', `${code.directory} changed while it was checked`, {
      advice: 'Deploy again once the build is finished.',
    });
  }
  const took = formatDuration(performance.now() - startedAt);
  const told = `Checked ${options.module} ${code.reference.version} as a node would run it: ${checks.length} checks passed in ${took}.`;
  return warnings.length === 0 ? [told] : [told, `It complained meanwhile, ${manyTimes(warnings.length)}: ${warnings[0]}`];
}

function manyTimes(count: number): string {
  return count === 1 ? 'once' : `${count} times (see 'gossip module check'); first`;
}
