/** The same code under another name: its module.json says one, and `--module` another, as of two registries `registry` and `sessions`. */
import type { VerifiedDeployment } from '../../model/deployment.ts';
import { GossipError } from '../../model/errors.ts';
import type { ErrorCode } from '../../model/errors.ts';
import { parseModuleJson } from '../../model/module-json.ts';
import type { ModuleName } from '../../model/names.ts';
import type { NodeAddress, NodeApi } from '../client/client.ts';
import { codeOnNode } from './code-source.ts';
import type { CodeSource, DirectoryCode } from './code-source.ts';

/** It lost the code, or it is code of a release with other fields. */
const UNTOLD: ReadonlySet<ErrorCode> = new Set(['GOSSIP_E_NOT_FOUND', 'GOSSIP_E_CODE_ABSENT', 'GOSSIP_E_MODULE_JSON']);

/** What the operator is told where the code has another name of its own; nothing where it has this one. */
export function renamingRemarks({ moduleJson }: DirectoryCode, module: ModuleName): string[] {
  return moduleJson.name === module ? [] : [`The code calls itself '${moduleJson.name}'; it runs as '${module}', beside every other name.`];
}

/**
 * Refuses what is most likely the wrong directory: code of another name, where what runs under `module` is code of a third. Code that has the name in its module.json
 * replaces whatever ran under it.
 */
export async function checkRenaming(
  code: DirectoryCode,
  module: ModuleName,
  newest: VerifiedDeployment | undefined,
  node: NodeAddress,
  api: NodeApi,
): Promise<void> {
  const own = code.moduleJson.name;
  const running = newest?.deployment.code ?? null;
  if (own === module || running === null || running.hash === code.reference.hash) return;
  const present = await nameIn(codeOnNode(running, node, api));
  if (present === own || present === undefined) return;
  const what = present === module ? 'its own code' : `code of '${present}'`;
  throw new GossipError(
    'GOSSIP_E_MODULE_JSON',
    `module.json in ${code.directory} says '${own}', not '${module}', and ${module} runs ${what}`,
    {
      advice: `Give the directory of that module. If this is to replace it, write the name '${module}' into module.json, or remove the other first.`,
    },
  );
}

/** The name in its module.json; undefined where the node cannot tell, which is no reason to hold a repair up. */
async function nameIn(source: CodeSource): Promise<ModuleName | undefined> {
  try {
    const file = (await source.manifest()).files.find(({ path }) => path === 'module.json');
    return file && parseModuleJson(Buffer.from(await source.blob(file.sha256)).toString()).name;
  } catch (thrown) {
    if (thrown instanceof GossipError && UNTOLD.has(thrown.code)) return undefined;
    throw thrown;
  }
}
