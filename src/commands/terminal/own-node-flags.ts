/** Which node of this machine: commands that ask one by its data directory. */
import { Flags } from '@oclif/core';
import { NODE_FLAGS } from '../../node/flags.ts';

export const ownNodeFlags = {
  data: Flags.string({
    summary: "The node's data directory; by default nodes/NAME beside the settings.",
    helpValue: 'DIR',
    env: 'GOSSIP_DATA',
  }),
  name: Flags.string({ summary: NODE_FLAGS.name.summary, helpValue: 'NAME', env: 'GOSSIP_NAME' }),
};
