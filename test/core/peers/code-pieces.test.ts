/** Code in pieces between real stores: from several sources at once, resumed, verified, and passed on before it is whole. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { parsePieceQuestion } from '../../../src/api/pieces.ts';
import { CodeServer } from '../../../src/core/api/code-serve.ts';
import { fetchCode } from '../../../src/core/peers/code-fetch.ts';
import { CodePieces } from '../../../src/core/peers/code-pieces.ts';
import type { PeerAnswer, PeerCalls } from '../../../src/core/peers/peer-calls.ts';
import { beginning } from '../../../src/core/peers/source.ts';
import { refusalBody, refusalOf } from '../../../src/api/refusal.ts';
import { ContentStore } from '../../../src/core/store/code/content-store.ts';
import { GossipError } from '../../../src/model/errors.ts';
import type { ContentHash, NodeId, Peer } from '../../../src/model/names.ts';
import { IncomingCode } from '../../../src/runner/incoming-code.ts';
import { encodeManifest, hashBytes } from '../../../src/trust/manifest.ts';
import { encodePieces, pieceBytesOf, PieceDigests, PIECES_FILE } from '../../../src/trust/pieces.ts';
import { parseList } from '../../../src/api/bundle.ts';
import { code as codeOf } from '../../support/code.ts';
import type { Code } from '../../support/code.ts';
import { peer } from '../../support/records.ts';

const [ada, bob, eve, self] = [peer(1, 'ada'), peer(2, 'bob'), peer(3, 'eve'), peer(9, 'self')];
const large = randomBytes(1_000_000);
const pieceBytes = pieceBytesOf([{ size: large.length }]);
const COUNT = Math.ceil(large.length / pieceBytes);

/** Code with a large file, and the hashes of the pieces of `hashed` in its place. */
function pieced(hashed: Uint8Array = large): Code {
  const digests = new PieceDigests(pieceBytes);
  digests.add(hashed);
  const list = encodePieces(pieceBytes, [{ sha256: hashBytes(large), digests: digests.end() }]);
  return codeOf({ 'ballast.bin': large, [PIECES_FILE]: list, 'index.mjs': 'export default 1', 'module.json': '{}' });
}

const code = pieced();

async function openStore(quotaBytes = 10_000_000): Promise<{ store: ContentStore; directory: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'gossip-pieces-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return { store: await ContentStore.open(directory, { quotaBytes }), directory };
}

interface Node {
  readonly peer: Peer;
  readonly store: ContentStore;
  readonly pieces: CodePieces;
  readonly server: CodeServer;
  readonly incoming: IncomingCode;
  /** Changes what it answers. */
  twist: (what: string, answer: PeerAnswer) => PeerAnswer;
  /** What it was asked. */
  readonly asked: string[];
}

async function node(named: Peer, held: Code | null = null, quotaBytes?: number): Promise<Node> {
  const { store } = await openStore(quotaBytes);
  if (held !== null) await store.putManifest(held.reference.hash, encodeManifest(held.manifest));
  for (const [hash, blob] of held?.blobs ?? []) await store.putBlob(hash, blob, blob.length);
  const pieces = new CodePieces(store);
  const incoming = new IncomingCode((ms, run) => void setTimeout(run, ms));
  return {
    peer: named,
    store,
    pieces,
    incoming,
    server: new CodeServer(store, incoming, undefined, pieces),
    twist: (_, answer) => answer,
    asked: [],
  };
}

/** Calls of `asker` to these nodes. */
function callsTo(nodes: readonly Node[], asker: Peer): PeerCalls {
  const answer = async (to: Peer, { path, body = new Uint8Array() }: { path: string; body?: Uint8Array }): Promise<PeerAnswer> => {
    const target = nodes.find((each) => each.peer.id === to.id);
    const [, hash, what = '', sha256] = path.split('/').slice(2) as [string, ContentHash, string?, ContentHash?];
    target?.asked.push(what);
    try {
      if (target === undefined) throw new Error('nobody there');
      const { server } = target;
      const said =
        what === 'bundle'
          ? await server.bundle(hash, asker)
          : what === 'files'
            ? await server.files(hash, parseList(body), asker)
            : what === 'pieces'
              ? await server.pieces(hash, parsePieceQuestion(body), asker)
              : await server.blob(hash, sha256 as ContentHash, 0, asker);
      const content = said.body instanceof Uint8Array ? said.body : await beginning(said.body as Readable, 10_000_000);
      return target.twist(what, { status: said.status, headers: new Map(Object.entries(said.headers ?? {})), body: content });
    } catch (thrown) {
      const refused = refusalOf(thrown);
      return { status: refused.status, headers: new Map(), body: refusalBody(refused) };
    }
  };
  const stream = async (to: Peer, call: { path: string }) => {
    const { body, ...head } = await answer(to, call);
    return {
      ...head,
      body: (async function* () {
        yield body;
      })(),
    };
  };
  return { request: answer, stream } as unknown as PeerCalls;
}

/** Fetches as a node does; returns who sent wrong bytes. */
async function fetch(wanted: Code, into: Node, nodes: readonly Node[], from: Peer, patienceMs = 1_000): Promise<NodeId[]> {
  const calls = callsTo(nodes, into.peer);
  const wrong: NodeId[] = [];
  const { hash } = wanted.reference;
  into.incoming.began(hash, from.id);
  const inPieces = () =>
    into.pieces.fetch({
      code: hash,
      calls,
      self: into.peer.id,
      from,
      others: nodes.map((each) => each.peer),
      patienceMs,
      begun: () => into.incoming.begun(hash),
      onWrong: (id) => wrong.push(id),
    });
  let came = false;
  try {
    await fetchCode({ calls, store: into.store, patienceMs, inPieces }, wanted.reference, from);
    came = true;
  } finally {
    into.incoming.ended(hash, came);
  }
  return wrong;
}

const count = ({ asked }: Node, what: string): number => asked.filter((each) => each === what).length;

test('large files come in pieces from several sources, and nobody is asked for them whole', async () => {
  const [a, b, ours] = [await node(ada, code), await node(bob, code), await node(self)];
  expect(await fetch(code, ours, [a, b], ada)).toEqual([]);
  expect(await ours.store.verify(code.reference.hash)).toEqual([]);
  expect([count(a, 'blobs'), count(b, 'blobs')]).toEqual([0, 0]);
  expect([count(a, 'pieces') > 0, count(b, 'pieces') > 0]).toEqual([true, true]);
});

test('what is not whole yet is passed on: a chain of nodes has the code although the first one gave each piece once', async () => {
  const [first, middle, last] = [await node(ada, code), await node(bob), await node(self)];
  const given = new Map<string, number>();
  first.twist = (what, answer) => {
    for (const piece of what === 'pieces' ? (answer.headers.get('gossip-pieces') ?? '').split(',') : [])
      given.set(piece, (given.get(piece) ?? 0) + 1);
    return answer;
  };
  const begun = Promise.withResolvers<void>();
  middle.twist = (_, answer) => {
    begun.resolve();
    return answer;
  };
  const patienceMs = 30_000;
  const done = Promise.all([fetch(code, middle, [first], ada, patienceMs), fetch(code, last, [middle], bob, patienceMs)]);
  await Promise.race([begun.promise, done]);
  // It was asked, and answered, before it had all itself.
  expect(await middle.store.has(code.reference.hash)).toBe(false);
  await done;
  expect(await last.store.verify(code.reference.hash)).toEqual([]);
  expect([...given.values()].every((times) => times === 1)).toBe(true);
});

test('attack A1: a source of wrong pieces is named, and the code is had from the other', async () => {
  const [liar, honest, ours] = [await node(eve, code), await node(ada, code), await node(self)];
  liar.twist = (what, answer) =>
    what === 'pieces' && answer.body.length > 0 ? { ...answer, body: Buffer.alloc(answer.body.length, 1) } : answer;
  expect(await fetch(code, ours, [liar, honest], eve)).toEqual([eve.id]);
  expect(await ours.store.verify(code.reference.hash)).toEqual([]);
});

test.each<[string, (answer: PeerAnswer) => PeerAnswer]>([
  ['more bytes than pieces', (answer) => ({ ...answer, body: Buffer.concat([answer.body, Buffer.from('x')]) })],
  ['other pieces than were asked for', (answer) => ({ ...answer, headers: new Map([...answer.headers, ['gossip-pieces', '60']]) })],
  ['a piece twice', (answer) => ({ ...answer, headers: new Map([...answer.headers, ['gossip-pieces', '1,1']]) })],
  ['no words that can be read', (answer) => ({ ...answer, headers: new Map([['gossip-pieces', 'all of them']]) })],
])('a source that sends %s is named', async (_, lie) => {
  const [liar, honest, ours] = [await node(eve, code), await node(ada, code), await node(self)];
  liar.twist = (what, answer) => (what === 'pieces' && answer.status === 200 && answer.body.length > 0 ? lie(answer) : answer);
  expect(await fetch(code, ours, [liar, honest], eve)).toEqual([eve.id]);
  expect(await ours.store.verify(code.reference.hash)).toEqual([]);
});

/** A store in which a fetch broke off after some pieces. */
async function brokenOff(): Promise<{ ours: Node; first: Node; directory: string; reopen: () => Promise<Node> }> {
  const first = await node(ada, code);
  const { store, directory } = await openStore();
  const pieces = new CodePieces(store);
  const incoming = new IncomingCode((ms, run) => void setTimeout(run, ms));
  const ours: Node = {
    peer: self,
    store,
    pieces,
    incoming,
    server: new CodeServer(store, incoming, undefined, pieces),
    twist: (_, answer) => answer,
    asked: [],
  };
  let answers = 0;
  first.twist = (what, answer) => {
    if (what === 'pieces' && answer.body.length > 0) answers += 1;
    return answers > 3
      ? { status: 503, headers: new Map(), body: refusalBody({ code: 'GOSSIP_E_STOPPING', message: 'stopping' }) }
      : answer;
  };
  await expect(fetch(code, ours, [first], ada)).rejects.toMatchObject({ code: 'GOSSIP_E_STOPPING' });
  const reopen = async (): Promise<Node> => {
    const again = await ContentStore.open(directory, { quotaBytes: 10_000_000 });
    const anew = new CodePieces(again);
    return { ...ours, store: again, pieces: anew, server: new CodeServer(again, incoming, undefined, anew) };
  };
  return { ours, first, directory, reopen };
}

test('a node that stops waits for no piece', async () => {
  const [silent, ours] = [await node(ada, code), await node(self)];
  const asked = Promise.withResolvers<void>();
  silent.twist = (what, answer) => {
    if (what === 'pieces') asked.resolve();
    return what === 'pieces' ? { status: 503, headers: new Map(), body: refusalBody({ code: 'GOSSIP_E_BUSY', message: 'busy' }) } : answer;
  };
  const fetched = fetch(code, ours, [silent], ada);
  fetched.catch(() => undefined);
  await asked.promise;
  ours.pieces.stop();
  await expect(fetched).rejects.toMatchObject({ code: 'GOSSIP_E_STOPPING' });
});

/** Which pieces a source was asked for, however often. */
function watched(source: Node): Set<string> {
  const given = new Set<string>();
  source.twist = (what, answer) => {
    for (const piece of what === 'pieces' ? (answer.headers.get('gossip-pieces') ?? '').split(',') : []) if (piece !== '') given.add(piece);
    return answer;
  };
  return given;
}

test('what came before a fetch broke off is not asked for again, after a restart neither', async () => {
  const { first, reopen } = await brokenOff();
  const given = watched(first);
  const ours = await reopen();
  const used = ours.store.usedBytes;
  await fetch(code, ours, [first], ada);
  expect(given.size).toBeLessThan(COUNT);
  expect(await ours.store.verify(code.reference.hash)).toEqual([]);
  // Its room was counted from the beginning, and once.
  expect(ours.store.usedBytes).toBe(used);
});

test('what a crash left of pieces is believed only as far as its bytes are right', async () => {
  const { first, directory, reopen } = await brokenOff();
  const [name] = await readdir(join(directory, 'partial'));
  await writeFile(join(directory, 'partial', name as string), Buffer.alloc(large.length, 'spoiled'));
  const given = watched(first);
  const ours = await reopen();
  await fetch(code, ours, [first], ada);
  expect(given.size).toBe(COUNT);
  expect(await ours.store.verify(code.reference.hash)).toEqual([]);
});

test('a file of pieces goes with its code, and once the file is whole', async () => {
  const { directory, reopen } = await brokenOff();
  // And so does the beginning of it, from a source that knows no pieces.
  await writeFile(join(directory, 'partial', hashBytes(large).slice('sha256:'.length)), large.subarray(0, 1_000));
  const ours = await reopen();
  await ours.store.keepOnly(new Set([code.reference.hash]));
  expect(await readdir(join(directory, 'partial'))).toHaveLength(2);
  await ours.store.putBlob(hashBytes(large), large, large.length);
  await ours.store.keepOnly(new Set([code.reference.hash]));
  expect(await readdir(join(directory, 'partial'))).toEqual([]);
  await ours.store.keepOnly(new Set());
  expect(ours.store.usedBytes).toBe(0);
});

test('a source that knows no pieces is asked for the file whole, for which there is room once', async () => {
  const [before, ours] = [await node(ada, code), await node(self, null, 1_500_000)];
  before.twist = (what, answer) =>
    what === 'pieces'
      ? { status: 404, headers: new Map(), body: refusalBody({ code: 'GOSSIP_E_NOT_FOUND', message: 'no such route' }) }
      : answer;
  await fetch(code, ours, [before], ada);
  expect(await ours.store.verify(code.reference.hash)).toEqual([]);
  expect(count(before, 'blobs')).toBe(1);
});

test('where no piece comes in time, as on a slow link, files come whole; and nobody but a liar is named', async () => {
  const [slow, liar, ours] = [await node(ada, code), await node(eve, code), await node(self)];
  const refuse = (each: Node, reason: 'GOSSIP_E_TIMEOUT' | 'GOSSIP_E_CODE_MISMATCH'): void => {
    each.twist = (what, answer) => {
      if (what === 'pieces') throw new GossipError(reason, 'no piece');
      return answer;
    };
  };
  refuse(slow, 'GOSSIP_E_TIMEOUT');
  refuse(liar, 'GOSSIP_E_CODE_MISMATCH');
  expect(await fetch(code, ours, [slow, liar], ada)).toEqual([eve.id]);
  expect(await ours.store.verify(code.reference.hash)).toEqual([]);
  expect([count(slow, 'blobs'), count(liar, 'blobs')]).toEqual([1, 0]);
});

test('a fetch that begins when the node stops ends at once', async () => {
  const [a, ours] = [await node(ada, code), await node(self)];
  ours.pieces.stop();
  await expect(fetch(code, ours, [a], ada)).rejects.toMatchObject({ code: 'GOSSIP_E_STOPPING' });
  expect(count(a, 'pieces')).toBe(0);
});

test('a piece that cannot be kept any more is not taken for one that is here', async () => {
  const [a, ours] = [await node(ada, code), await node(self)];
  a.twist = (what, answer) => {
    if (what === 'pieces') throw new GossipError('GOSSIP_E_STOPPING', 'stopping');
    return answer;
  };
  await expect(fetch(code, ours, [a], ada)).rejects.toMatchObject({ code: 'GOSSIP_E_STOPPING' });
  const closed = await ours.store.pieces(code.reference.hash, true);
  await closed?.close();
  await expect(closed?.write(0, large.subarray(0, pieceBytes))).rejects.toMatchObject({ code: 'GOSSIP_E_INTERNAL' });
});

test('code whose signed pieces are not those of its file is had all the same, whole, and nobody is blamed', async () => {
  const wrong = pieced(randomBytes(large.length));
  const [a, ours] = [await node(ada, wrong), await node(self)];
  expect(await fetch(wrong, ours, [a], ada)).toEqual([]);
  expect(await ours.store.verify(wrong.reference.hash)).toEqual([]);
  expect(count(a, 'blobs')).toBe(1);
});

test('a piece that is no longer what it was is not passed on (attack A1)', async () => {
  const { store, directory } = await openStore();
  await store.putManifest(code.reference.hash, encodeManifest(code.manifest));
  for (const [hash, blob] of code.blobs) await store.putBlob(hash, blob, blob.length);
  await writeFile(join(directory, 'blobs', hashBytes(large).slice('sha256:'.length)), Buffer.alloc(large.length));
  const server = new CodeServer(store, new IncomingCode(() => undefined), undefined, new CodePieces(store));
  const question = Buffer.from(JSON.stringify({ get: [3], lack: '00'.repeat(Math.ceil(COUNT / 8)) }));
  const answer = await server.pieces(code.reference.hash, parsePieceQuestion(question), ada);
  expect([answer.headers?.['gossip-pieces'], answer.headers?.['content-length']]).toEqual(['', '0']);
});

test.each([
  ['no JSON', 'x'],
  ['no such form', '{}'],
  ['too many pieces', JSON.stringify({ get: Array.from({ length: 17 }, (_, piece) => piece), lack: '' })],
  ['pieces that the code has not', JSON.stringify({ get: [COUNT], lack: '00'.repeat(Math.ceil(COUNT / 8)) })],
  ['a set of another code', JSON.stringify({ get: [], lack: '00' })],
])('a question of %s is refused', async (_, text) => {
  const { server } = await node(ada, code);
  const ask = async () => server.pieces(code.reference.hash, parsePieceQuestion(Buffer.from(text)), bob);
  await expect(ask()).rejects.toMatchObject({ code: expect.stringMatching(/^GOSSIP_E_(REQUEST|SCHEMA)$/) });
});

test('where the disk is full, the fetch ends with that, and takes no room', async () => {
  const [a, full] = [await node(ada, code), await openStore(20_000)];
  const pieces = new CodePieces(full.store);
  const incoming = new IncomingCode(() => undefined);
  const ours: Node = {
    peer: self,
    store: full.store,
    pieces,
    incoming,
    server: new CodeServer(full.store, incoming),
    twist: (_, answer) => answer,
    asked: [],
  };
  await expect(fetch(code, ours, [a], ada)).rejects.toMatchObject({ code: 'GOSSIP_E_QUOTA' });
  expect(full.store.usedBytes).toBeLessThan(20_000);
});
