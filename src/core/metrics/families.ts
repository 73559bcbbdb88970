/** All that a node can tell, in the order in which it does. */
import type { Family } from './family.ts';
import { CLUSTER_FAMILIES } from './families/cluster.ts';
import { CORE_FAMILIES } from './families/core.ts';
import { MODULE_FAMILIES } from './families/modules.ts';
import { PROCESS_FAMILIES } from './families/process.ts';

const GOSSIP: readonly Family[] = [...CLUSTER_FAMILIES, ...CORE_FAMILIES, ...MODULE_FAMILIES];

/** At an address of its own, where nobody else tells anything. */
export const FAMILIES: readonly Family[] = [...GOSSIP, ...PROCESS_FAMILIES];
/** In a file: node_exporter tells of a process under the same names, its own. */
export const FILE_FAMILIES: readonly Family[] = GOSSIP;
