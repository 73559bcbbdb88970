/** The file in which a cluster is handed on: its root, and no key. Nothing in it is secret, but whoever takes it in trusts it. */
import * as v from 'valibot';
import { GossipError } from '../model/errors.ts';
import { nodeName, peerFields } from '../model/forms.ts';
import { issueText } from '../model/issue-text.ts';
import type { Peer } from '../model/names.ts';
import { followedFields, followedRoot } from './followed-root.ts';
import { extendRoot } from './next-root.ts';
import { trustRoot } from './root.ts';
import type { TrustedRoot } from './root.ts';

const FILE_TYPE = 'gossip/cluster/1';

export interface ClusterFile {
  /** What the operator calls it. */
  readonly name: string;
  readonly root: TrustedRoot;
  /** Nodes of the operator's settings, beside the root's rendezvous nodes. */
  readonly nodes: readonly Peer[];
}

/** Open: a later version may say more. */
const fileSchema = v.looseObject({
  type: v.literal(FILE_TYPE),
  name: v.string(),
  ...followedFields,
  /** Of a version before there are none. */
  steps: v.optional(followedFields.steps, []),
  nodes: v.array(v.looseObject({ ...peerFields, name: nodeName })),
});

export function encodeClusterFile({ name, root, nodes }: ClusterFile): string {
  return `${JSON.stringify({ type: FILE_TYPE, name, ...followedRoot(root), nodes }, null, 2)}\n`;
}

/** The cluster in a file, its root verified step by step; `path` names the file in refusals. */
export function parseClusterFile(text: string, path: string): ClusterFile {
  const parsed = v.safeParse(fileSchema, json(text, path));
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new GossipError('GOSSIP_E_FILE', `${path} is not a cluster file: ${issueText(issue, 'file')}`, {
      advice: "Have one written: 'gossip cluster export'.",
    });
  }
  const { name, root, steps, nodes } = parsed.output;
  return {
    name,
    root: extendRoot(trustRoot(root), steps),
    nodes: nodes.map(({ id, address, name: node }) => ({ id, address, name: node })),
  };
}

function json(content: string, path: string): unknown {
  try {
    return JSON.parse(content.replace(/^\ufeff/, '')) as unknown;
  } catch (cause) {
    throw new GossipError('GOSSIP_E_FILE', `${path} is not a cluster file: ${(cause as Error).message}`, { cause });
  }
}
