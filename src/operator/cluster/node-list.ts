/** Every node that is known, and what operators have decided of it. */
import { parseIntroduction } from '../../api/hello.ts';
import { callTo } from '../../api/routes.ts';
import { GossipError } from '../../model/errors.ts';
import { mapBounded } from '../../model/map-bounded.ts';
import type { NodeId } from '../../model/names.ts';
import { verifyAdmission } from '../../trust/admission.ts';
import { canonicalBytes } from '../../trust/canonical.ts';
import type { TrustedRoot } from '../../trust/root.ts';
import type { VerifiedNote } from '../../trust/node-note.ts';
import type { OperatorClient } from '../client/client.ts';
import { isForgotten } from '../client/heard.ts';
import type { Known } from './decisions.ts';

export interface NodeLine {
  readonly id: NodeId;
  /** For people; empty where nobody tells. */
  readonly name: string;
  readonly rendezvous: boolean;
  /** `silent`: others, or the root, know of it, and it does not answer; `left`: it has said goodbye; `unseen`: a note alone names it. */
  readonly state: 'answers' | 'silent' | 'left' | 'unseen' | 'forgotten' | 'revoked';
  /** The join token that it came with, by the id of its key; null where it does not answer, or shows none. */
  readonly token: string | null;
  /** What holds of it by a note, the latest first. */
  readonly notes: readonly NoteLine[];
}

export interface NoteLine {
  readonly kind: VerifiedNote['note']['kind'];
  readonly author: string;
  /** ISO 8601, by that operator's clock. */
  readonly time: string;
}

export interface NodeList {
  readonly nodes: readonly NodeLine[];
  /** Tokens that admit nobody new, by the id of their key. */
  readonly tokens: readonly (NoteLine & { readonly token: string })[];
}

/** `tokensOf`: those that nodes show. */
export function nodeList(known: Known, tokensOf: ReadonlyMap<NodeId, string> = new Map()): NodeList {
  const { cluster, holders, silent, book } = known;
  const rendezvous = new Set(cluster.root.root.rendezvous.map(({ id }) => id));
  const ofNodes = book.notes.filter(({ note }) => note.kind !== 'revoke-token');
  const seen = new Map<NodeId, Pick<NodeLine, 'name' | 'state'>>();
  for (const { note } of ofNodes) seen.set(note.subject as NodeId, { name: note.name, state: 'unseen' });
  for (const { id, name, left } of silent) seen.set(id, { name: name || (seen.get(id)?.name ?? ''), state: left ? 'left' : 'silent' });
  for (const { node, status } of holders) seen.set(node.id, { name: status.name, state: 'answers' });
  const nodes = [...seen].map(([id, { name, state }]): NodeLine => {
    const notes = ofNodes.filter(({ note }) => note.subject === id).toSorted((a, b) => b.note.count - a.note.count);
    const token = tokensOf.get(id) ?? null;
    return { id, name, rendezvous: rendezvous.has(id), state: stateOf(state, id, known), token, notes: notes.map(lineOf) };
  });
  const tokens = book.notes
    .filter(({ note }) => note.kind === 'revoke-token')
    .map((each) => ({ token: each.note.subject, ...lineOf(each) }));
  return {
    nodes: nodes.toSorted((a, b) => Number(b.rendezvous) - Number(a.rendezvous) || (a.name + a.id < b.name + b.id ? -1 : 1)),
    tokens,
  };
}

/** One that was forgotten and answers has come back. */
function stateOf(state: NodeLine['state'], id: NodeId, { book, holders }: Known): NodeLine['state'] {
  if (book.revocation(id) !== undefined) return 'revoked';
  const statuses = holders.map(({ status }) => status);
  return state !== 'answers' && isForgotten(id, book, statuses) ? 'forgotten' : state;
}

/** Nodes that are asked at the same time. */
const WIDTH = 16;

/** The tokens that the nodes which answer came with, as they show them. Of one that shows none, or has gone meanwhile, nothing is known. */
export async function tokensShown({ cluster, holders }: Known, client: Pick<OperatorClient, 'ask'>): Promise<ReadonlyMap<NodeId, string>> {
  const { root, admission: own } = cluster;
  const hello = { ...callTo('hello'), body: canonicalBytes({ admission: own, name: '', address: null }) };
  const shown = await mapBounded(holders, WIDTH, async ({ node }) => {
    const admission = await client.ask(node, hello, parseIntroduction).then(
      (introduction) => introduction.admission,
      () => null,
    );
    return [node.id, tokenIn(admission, node.id, root)] as const;
  });
  return new Map(shown.flatMap(([id, token]) => (token === null ? [] : [[id, token] as const])));
}

function tokenIn(admission: unknown, id: NodeId, root: TrustedRoot): string | null {
  try {
    const { node, token } = verifyAdmission(admission, root, { now: null });
    return node === id ? token : null;
  } catch (thrown) {
    if (thrown instanceof GossipError) return null;
    throw thrown;
  }
}

function lineOf({ note: { kind, author, time } }: VerifiedNote): NoteLine {
  return { kind, author, time: new Date(time).toISOString() };
}
