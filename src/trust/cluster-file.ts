/** The file in which a cluster is handed on: its root, and no key. Nothing in it is secret, but whoever takes it in trusts it. */
import * as v from 'valibot';
import { GossipError } from '../model/errors.ts';
import { nodeName, peerFields } from '../model/forms.ts';
import { issueText } from '../model/issue-text.ts';
import type { Peer } from '../model/names.ts';
import { about, wrongFile } from './file-contents.ts';
import { followedFields, followedRoot } from './followed-root.ts';
import { extendRoot } from './next-root.ts';
import { trustRoot } from './root.ts';
import type { TrustedRoot } from './root.ts';

const FILE_TYPE = 'gossip/cluster/1';
const EXPORT = "Have one written: 'gossip cluster export FILE', where the cluster is known.";

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

/**
 * The cluster in a file, its root verified step by step; `path` names the file in refusals.
 * @throws GOSSIP_E_FILE for what is no cluster file; what is wrong with the root in one is told with the file's name
 */
export function parseClusterFile(content: Uint8Array, path: string): ClusterFile {
  const value = documentIn(content);
  if (value === null) throw wrongFile(path, 'cluster file', content, { code: 'GOSSIP_E_FILE', advice: EXPORT });
  const parsed = v.safeParse(fileSchema, value);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new GossipError('GOSSIP_E_FILE', `${path} is no whole cluster file: ${issueText(issue, 'file')}`, { advice: EXPORT });
  }
  const { name, root, steps, nodes } = parsed.output;
  return {
    name,
    root: about(path, 'its root', () => extendRoot(trustRoot(root), steps)),
    nodes: nodes.map(({ id, address, name: node }) => ({ id, address, name: node })),
  };
}

/** Null for what is no JSON, or says that it is something else. */
function documentIn(content: Uint8Array): unknown {
  try {
    const value = JSON.parse(
      Buffer.from(content)
        .toString('utf8')
        .replace(/^\ufeff/, ''),
    ) as { readonly type?: unknown } | null;
    return value?.type === FILE_TYPE ? value : null;
  } catch {
    return null;
  }
}
