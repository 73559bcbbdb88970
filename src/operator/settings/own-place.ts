/** Where a node of this machine has its data, by its name. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isNodeData } from '../../core/store/data-directory.ts';
import { LAB_FILE } from '../../lab/lab-file.ts';
import { Lab } from '../../lab/lab.ts';
import { GossipError } from '../../model/errors.ts';
import { parseNodeName } from '../../model/names.ts';
import { nearest } from '../../sdk/nearest.ts';
import type { Settings } from './settings.ts';

/**
 * Of the current cluster where that is a lab, or beside the settings (`nodes/NAME`).
 * @throws GOSSIP_E_NO_NODE where the lab has none of that name, and none lies beside the settings
 */
export async function placeOfNode(settings: Settings, name: string): Promise<string> {
  const own = join(settings.home, 'nodes', parseNodeName(name));
  const entry = settings.clusters()[settings.current() ?? ''];
  const directory = entry && dirname(entry.directory);
  if (directory === undefined || !existsSync(join(directory, LAB_FILE))) return own;
  const lab = await Lab.open(directory);
  const there = lab.nodes.find((node) => node.name === name);
  if (there !== undefined) return there.directory;
  if (await isNodeData(own)) return own;
  const near = nearest(
    name,
    lab.nodes.map((node) => node.name),
  );
  throw new GossipError('GOSSIP_E_NO_NODE', `the lab has no node '${name}'`, {
    advice: `${near === undefined ? '' : `Did you mean ${near}? `}One that did not begin with the lab is named by its data directory: --data DIR.`,
  });
}
