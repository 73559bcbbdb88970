/** Which node of this machine: commands that ask one by its data directory. */
import { Flags } from '@oclif/core';
import { NODE_FLAGS } from '../../node/flags.ts';
import { dataDirectoryOf } from '../../node/node-start.ts';
import { placeOfNode } from '../../operator/settings/own-place.ts';
import { openSettings } from '../../operator/settings/settings.ts';

export const ownNodeFlags = {
  data: Flags.string({
    summary:
      "The node's data directory; by default that of the lab's node NAME where the current cluster is a lab of this machine, else nodes/NAME beside the settings.",
    helpValue: 'DIR',
    env: 'GOSSIP_DATA',
  }),
  name: Flags.string({ summary: NODE_FLAGS.name.summary, helpValue: 'NAME', env: 'GOSSIP_NAME' }),
};

/** Its data directory, by what was given; without either that of a node that bears this machine's name. */
export function placeOfOwnNode({ data, name }: { readonly data: string | undefined; readonly name: string | undefined }): Promise<string> {
  return data === undefined && name !== undefined ? placeOfNode(openSettings(), name) : dataDirectoryOf({ data, name }, openSettings);
}
