/**
 * What operators' commands bring to a node, as the bytes that it reads: it parses and verifies them itself, whatever the simulated operator knows of them. Commands
 * bring it in the same way (`src/operator/client`).
 */
import { encodeRequest, parseNotesTold, parseRootTold } from '../../gossip/wire.ts';
import type { WireAnswer, WireRequest } from '../../gossip/wire.ts';
import type { GossipRequest } from '../../gossip/messages.ts';
import type { VerifiedDeployment } from '../../model/deployment.ts';
import type { Address } from '../../model/names.ts';
import { stepsAfter } from '../../trust/next-root.ts';
import type { VerifiedNote } from '../../trust/node-note.ts';
import type { TrustedRoot } from '../../trust/root.ts';

export interface Brought {
  /** Without an address: that is how a node tells operators from peers. */
  readonly wire: WireRequest;
  /** Whether the node says in its answer that it holds what was brought, or something later: then it is on its disk. */
  readonly isHeld: (answer: WireAnswer) => boolean;
}

/** An operator's message compares nothing. */
const NO_DIGEST = 'A'.repeat(22);
/** Steps of the root in one message; who is further behind is told the rest by the next one. */
const SENT_STEPS = 32;
const OK = 200;

/** The newest root, for a node that holds this version, and records that go with it. */
export function rootBrought(to: Address, root: TrustedRoot, held: number, records: readonly VerifiedDeployment[]): Brought {
  const { version } = root.root;
  const told = { version, hash: root.hash, steps: stepsAfter(root, held, { maxSteps: SENT_STEPS }) };
  return {
    wire: wireOf(to, { records, root: told }),
    isHeld: ({ status, body }) => status === OK && (parseRootTold(body)?.version ?? 1) >= version,
  };
}

/** A note about a node. */
export function noteBrought(to: Address, note: VerifiedNote): Brought {
  return {
    wire: wireOf(to, { notes: { digest: NO_DIGEST, notes: [note] } }),
    isHeld: ({ status, body }) => status === OK && parseNotesTold(body)?.known?.includes(note.hash) === true,
  };
}

function wireOf(to: Address, what: Partial<Extract<GossipRequest, { kind: 'configuration' }>>): WireRequest {
  const message = { kind: 'configuration', digest: NO_DIGEST, summary: null, records: [], peers: [], ...what } as const;
  const { method, path, body } = encodeRequest(message, to);
  return { method, path, headers: {}, body };
}
