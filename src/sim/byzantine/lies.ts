/** Single lies, with the attack of docs/attacks.md that each belongs to; `mix` tells one after the other. */
import { callTo } from '../../api/routes.ts';
import { base64url } from '../../gossip/digest.ts';
import type { GossipAnswer, GossipRequest } from '../../gossip/messages.ts';
import type { Stamp } from '../../gossip/stamp.ts';
import type { VerifiedDeployment } from '../../model/deployment.ts';
import type { ModuleName, NodeId, Peer } from '../../model/names.ts';
import { shippedCode } from '../world/codes.ts';
import { markBody, readBody } from '../node/provenance.ts';
import type { Provenance } from '../node/provenance.ts';
import type { Random } from '../../sdk/virtual/random.ts';
import type { Behaviour, Byzantine } from './byzantine.ts';

/** Victims that a liar calls in a round, and false peers that it tells each: as many as the wire takes. */
const CALLS = 3;
const FALSE_PEERS = 16;
/** More than any honest node has. */
const FORGED_SEQUENCES = 2 ** 30;
/** From here on numbers count for a leap: far above what any scenario deploys. */
const LEAP = 2 ** 30;
const DIGEST_DIGITS = 32;
const MOST_FRESH = 256;
const NONSENSE_BYTES = 64;
/** Paths that nonsense goes to. */
const ATTACKED = [callTo('exchange-configuration').path, callTo('exchange', { module: 'registry' }).path, '/'];

/** Attack A1: other code than was asked for. */
export const otherCode: Behaviour = {
  serve: (_, letter) => {
    const other = { code: shippedCode('registry', `not ${letter.code}`).reference.hash, bytes: 1_000 };
    return letter.kind === 'pieces'
      ? { kind: 'pieces', ...other, pieces: letter.get, offer: [...letter.lack].slice(0, 1) }
      : { kind: letter.kind === 'fetch' ? 'code' : 'manifest', ...other };
  },
};

/** Attack B1: numbers and digests that nobody made, so that all believe they have missed something. */
export const forgedNumbers: Behaviour = {
  act: (self) => {
    for (const to of self.targets(CALLS)) {
      const module = self.random.pick(['membership', 'registry', 'unheard-of']) as ModuleName;
      const stamp = forgedStamp(self.random);
      self.tell(to, { kind: 'exchange', module, stamp, digest: forgedDigest(self.random), body: forgedBody() });
    }
  },
  answer: ({ random }, asked) =>
    asked.kind === 'exchange'
      ? { kind: 'mismatch', digest: forgedDigest(random), stamp: forgedStamp(random), records: [] }
      : { ...agree(asked), digest: forgedDigest(random) },
};

/** Answers of the right form that fit nothing: everything is new, everything is lacking, nothing is equal. */
export const contradictions: Behaviour = {
  answer: ({ random }, asked) => {
    const digest = forgedDigest(random);
    if (asked.kind === 'configuration') return { ...agree(asked), digest, lacking: asked.summary ?? [], fresh: MOST_FRESH };
    const module = readBody(asked.body).from;
    return random.chance(0.5)
      ? { kind: 'answer', digest, body: nonsense(random, module) }
      : { kind: 'unavailable', digest, reason: 'GOSSIP_E_BUSY' };
  },
  act: (self) => {
    for (const to of self.targets(CALLS)) {
      const body = new TextEncoder().encode(self.random.hex(NONSENSE_BYTES));
      const path = self.random.pick(ATTACKED) as string;
      self.drop(to, { kind: 'message', wire: { method: 'POST', path, headers: {}, body } });
    }
  },
};

/** Attack B7: peers that do not exist, and addresses at which others do not listen. */
export const falseHints: Behaviour = {
  act: (self) => {
    for (const to of self.targets(CALLS)) {
      const digest = forgedDigest(self.random);
      self.tell(to, { kind: 'configuration', digest, summary: [], records: [], peers: falsePeers(self) });
    }
  },
  answer: (self, asked) => (asked.kind === 'configuration' ? { ...agree(asked), peers: falsePeers(self) } : null),
  serve: (self) => ({ kind: 'busy', referrals: falsePeers(self) }),
};

/** Attack B12: of two records with one number, one half of the nodes is told the one, the other half the other. */
export const twoFaced: Behaviour = {
  act: (self) => {
    const twins = twinsAmong(self.records());
    for (const to of self.targets(CALLS)) {
      const record = twins[parityOf(to.id)];
      if (record !== undefined) self.tell(to, pushOf(self.random, [record]));
    }
  },
};

/** Attacks A2, A3, B5: genuine records from the past, told as news. */
export const oldRecords: Behaviour = {
  act: (self) => {
    for (const to of self.targets(CALLS)) self.tell(to, pushOf(self.random, self.random.sample(self.records(), CALLS)));
  },
  answer: (self, asked) =>
    asked.kind === 'configuration'
      ? { ...agree(asked), digest: forgedDigest(self.random), records: self.random.sample(self.records(), CALLS) }
      : null,
};

/** Attack A15: genuine signatures over numbers that leap, told as news. */
export const leaps: Behaviour = {
  act: (self) => {
    const leaping = self.records().filter(({ deployment }) => deployment.number.sequence >= LEAP);
    for (const to of self.targets(CALLS)) self.tell(to, pushOf(self.random, self.random.sample(leaping, CALLS)));
  },
  answer: (self, asked) =>
    asked.kind === 'configuration'
      ? { ...agree(asked), records: self.records().filter(({ deployment }) => deployment.number.sequence >= LEAP) }
      : null,
};

/** Attack B8: everything is as the caller has it, and there is nobody in the world but the attacker's own nodes. */
export const eclipse: Behaviour = {
  act: (self) => {
    for (const to of self.targets(CALLS)) {
      self.tell(to, {
        kind: 'configuration',
        digest: forgedDigest(self.random),
        summary: null,
        records: [],
        peers: self.accomplices(FALSE_PEERS),
      });
    }
  },
  answer: (self, asked) =>
    asked.kind === 'configuration'
      ? { ...agree(asked), peers: self.accomplices(FALSE_PEERS) }
      : { kind: 'unavailable', digest: asked.digest, reason: 'GOSSIP_E_MODULE_ABSENT' },
};

/** Each time another of these, at random. */
export function mix(...lies: readonly Behaviour[]): Behaviour {
  const [acting, answering, serving] = [
    lies.flatMap(({ act }) => act ?? []),
    lies.flatMap(({ answer }) => answer ?? []),
    lies.flatMap(({ serve }) => serve ?? []),
  ];
  return {
    act: (self) => self.random.pick(acting)?.(self),
    answer: (self, asked) => self.random.pick(answering)?.(self, asked) ?? null,
    serve: (self, code) => self.random.pick(serving)?.(self, code) ?? null,
  };
}

/** Two records of one number, in the order of their hashes. */
function twinsAmong(records: readonly VerifiedDeployment[]): readonly VerifiedDeployment[] {
  const last = records.at(-1)?.deployment.number.sequence;
  const twins = records.filter(({ deployment }) => deployment.number.sequence === last);
  return twins.length < 2 ? [] : twins.toSorted((a, b) => (a.hash < b.hash ? -1 : 1));
}

function parityOf(id: NodeId): 0 | 1 {
  return parseInt(id.slice(-1), 16) % 2 === 0 ? 0 : 1;
}

function pushOf(random: Random, records: readonly VerifiedDeployment[]): GossipRequest {
  return { kind: 'configuration', digest: forgedDigest(random), summary: null, records, peers: [] };
}

/** The answer of a node that holds exactly what the asker holds. */
export function agree({ digest }: GossipRequest): Extract<GossipAnswer, { kind: 'configuration' }> {
  return { kind: 'configuration', digest, records: [], lacking: [], fresh: 0, peers: [] };
}

function falsePeers(self: Byzantine): Peer[] {
  const misplaced = self.targets(FALSE_PEERS / 2).map((peer) => ({ ...peer, address: self.phantom().address }));
  return [...misplaced, ...Array.from({ length: FALSE_PEERS / 2 }, () => self.phantom())];
}

export function forgedDigest(random: Random): string {
  return base64url(random.hex(DIGEST_DIGITS));
}

function forgedStamp(random: Random): Stamp {
  const [hash, scrub] = [random.hex(DIGEST_DIGITS), random.chance(0.5) ? '-' : random.hex(DIGEST_DIGITS)];
  return {
    trustEpoch: 1 + random.below(2),
    sequence: random.below(FORGED_SEQUENCES),
    time: random.below(FORGED_SEQUENCES),
    hash,
    stateEpoch: scrub,
  };
}

/** Belongs to no deployment: whoever lets it in breaks law 3. */
function forgedBody(): Uint8Array {
  return markBody('null', { deployment: 'f'.repeat(64) as Provenance['deployment'], stateEpoch: null });
}

/** JSON of any form, from a member that runs the same deployment: for the module to refuse. */
function nonsense(random: Random, from: Provenance): Uint8Array {
  const json = random.pick(['null', '[]', '{}', '[[[]]]', '"x"', '-1', '{"a":{"b":[null]}}', '[[null,1],["x"]]']) as string;
  return markBody(json, from);
}
