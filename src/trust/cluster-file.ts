/** The file in which a cluster is handed on: its root, and no key. Nothing in it is secret, but whoever takes it in trusts it. */
import * as v from 'valibot';
import { errorAbout, GossipError } from '../model/errors.ts';
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

/** Whether it is JSON, and says that it is such a file. */
export function isClusterFile(text: string): boolean {
  try {
    return (JSON.parse(text) as { readonly type?: unknown } | null)?.type === FILE_TYPE;
  } catch {
    return false;
  }
}

/** The cluster in a file that `isClusterFile`, its root verified step by step; `path` names the file in refusals. */
export function parseClusterFile(text: string, path: string): ClusterFile {
  const parsed = v.safeParse(fileSchema, JSON.parse(text));
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new GossipError('GOSSIP_E_FILE', `${path} is no whole cluster file: ${issueText(issue, 'file')}`, {
      advice: "Have one written: 'gossip cluster export FILE', where the cluster is known.",
    });
  }
  const { name, root, steps, nodes } = parsed.output;
  return {
    name,
    root: aboutRoot(path, () => extendRoot(trustRoot(root), steps)),
    nodes: nodes.map(({ id, address, name: node }) => ({ id, address, name: node })),
  };
}

function aboutRoot(path: string, read: () => TrustedRoot): TrustedRoot {
  try {
    return read();
  } catch (thrown) {
    throw thrown instanceof GossipError ? errorAbout(`${path}: its root`, thrown) : thrown;
  }
}
