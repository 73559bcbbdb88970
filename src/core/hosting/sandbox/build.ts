/** Which build of the program this core is. A host says the same of itself: the file that it was started from may belong to another build by now. */
import { createRequire } from 'node:module';
import { HOST_PROTOCOL } from '../../../host/messages.ts';
import type { Greeting } from '../../../host/messages.ts';

export const { version: VERSION } = createRequire(import.meta.url)('../../../../package.json') as { version: string };

/** Why a host that greets so cannot be spoken with; undefined when it can. */
export function foreignBuild({ version, protocol }: Greeting): string | undefined {
  if (version === VERSION && protocol === HOST_PROTOCOL) return undefined;
  const theirs = version === '' ? 'another version' : `version ${version} (protocol ${protocol})`;
  return `the file of the module host is of ${theirs}, the node of ${VERSION} (protocol ${HOST_PROTOCOL}): the program was replaced while the node ran`;
}
