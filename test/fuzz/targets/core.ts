/** What peers and operators say to a core, and what peers answer it, before anything is done about it. */
import { Readable } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import type { IncomingMessage } from 'node:http';
import { findAppRoute } from '../../../src/api/apps.ts';
import { EventReader } from '../../../src/api/event-reader.ts';
import { fetchCode } from '../../../src/core/peers/code-fetch.ts';
import { SourceBusy } from '../../../src/core/peers/source.ts';
import type { Core } from '../../../src/core/core.ts';
import { parseIntroduction, peerOf } from '../../../src/api/hello.ts';
import { Injection } from '../../../src/core/api/injection.ts';
import { encodeLogQuestion, parseLogLine, parseLogQuestion } from '../../../src/api/logs.ts';
import { logParts } from '../../../src/operator/render/log-text.ts';
import { MAX_TOLD, safeText } from '../../../src/model/safe-text.ts';
import { refusal } from '../../../src/core/peers/peer-calls.ts';
import type { PeerCalls } from '../../../src/core/peers/peer-calls.ts';
import type { ContentStore } from '../../../src/core/store/code/content-store.ts';
import { checkPeerAddress } from '../../../src/core/transport/address.ts';
import { formatAddress, splitAddress } from '../../../src/model/address.ts';
import { parseProxy } from '../../../src/core/transport/client/proxy.ts';
import { checkHead, parseHead } from '../../../src/core/transport/server/request.ts';
import { ROUTES } from '../../../src/api/routes.ts';
import { GossipError, isErrorCode } from '../../../src/model/errors.ts';
import type { CodeReference } from '../../../src/model/deployment.ts';
import { verifyDeployment } from '../../../src/trust/deployment.ts';
import { encodeManifest } from '../../../src/trust/manifest.ts';
import * as paper from '../paper.ts';
import { bytesOf, jsonBytes, target, textOf, WORD_BYTES } from '../target.ts';
import type { Target } from '../target.ts';

const hello = target({
  name: 'hello',
  seeds: [
    jsonBytes({ admission: paper.admission, name: 'node1', address: paper.peer.address }),
    jsonBytes({ admission: null, name: '', address: null }),
  ],
  parse: (input) => {
    const shown = parseIntroduction(input);
    return { shown, peer: peerOf(paper.nodeId, shown) };
  },
  roundTrip: { write: ({ shown }) => jsonBytes(shown) },
});

const done = Promise.resolve();
const core = {
  knows: () => false,
  node: { highestSequence: () => 2, configuration: { taken: () => false, counts: () => true, hasRoom: () => true, history: () => [] } },
  inject: () => Promise.resolve('applied'),
  swept: () => done,
  makeRoom: () => done,
} as unknown as Core;
const store = {
  has: () => Promise.resolve(false),
  putManifest: () => done,
  missing: () => Promise.resolve([...paper.blobs.keys()]),
} as unknown as ContentStore;

const announcement = target({
  name: 'announcement',
  seeds: [
    jsonBytes({ envelope: paper.deploymentEnvelope, manifest: JSON.parse(textOf(encodeManifest(paper.manifest))) as unknown }),
    jsonBytes({ envelope: paper.removalEnvelope, manifest: null }),
  ],
  parse: (input) =>
    new Injection({ store, core, trust: { root: paper.root, verify: (envelope) => verifyDeployment(envelope, paper.root) } }).announce(
      input,
      paper.peer.id,
    ),
});

/** What a peer says that will not do what it was asked. */
const peerRefusal = target({
  name: 'refusal',
  seeds: [jsonBytes({ code: 'GOSSIP_E_BUSY', message: 'later' })],
  parse: (input) => {
    const { code, message } = refusal({ status: 503, headers: new Map(), body: input }, paper.peer);
    // It quotes at most `MAX_TOLD` characters, each of which an escape writes as up to nine, after a few words of its own.
    if (!isErrorCode(code) || message.length > 9 * MAX_TOLD + 100) throw new Error(`${code} with ${message.length} characters`);
    return { code, message };
  },
});

/** A source of code that is busy, and names others. */
const referrals = target({
  name: 'referrals',
  seeds: [jsonBytes({ code: 'GOSSIP_E_BUSY', message: 'too many uploads', referrals: [paper.peer, paper.rendezvous] })],
  parse: async (input) => {
    const answer = { status: 503, headers: new Map(), body: Readable.from([input]) };
    const calls = { stream: () => Promise.resolve(answer) } as unknown as PeerCalls;
    const empty = { manifest: () => Promise.resolve(null) } as unknown as ContentStore;
    const code = paper.deployment.code as CodeReference;
    const refused: unknown = await fetchCode({ calls, store: empty, patienceMs: 1_000 }, code, paper.peer).catch(
      (thrown: unknown) => thrown,
    );
    if (refused instanceof SourceBusy) return refused.referrals;
    throw refused;
  },
});

const address = target({
  name: 'address',
  maxBytes: WORD_BYTES,
  seeds: ['10.0.0.7:7946', '[2001:db8::7]:7946', '127.0.0.1:1', '[::ffff:10.0.0.1]:80', '[fd00::1]:65535'].map(bytesOf),
  codes: ['GOSSIP_E_ADDRESS'],
  parse: (input) => {
    const parts = splitAddress(textOf(input));
    let callable = true;
    try {
      checkPeerAddress(textOf(input), { allowLoopback: false });
    } catch (thrown) {
      if (!(thrown instanceof GossipError)) throw thrown;
      callable = false;
    }
    return { ...parts, callable };
  },
});

const callableAddress = target({
  name: 'peer-address',
  maxBytes: WORD_BYTES,
  seeds: ['10.0.0.7:7946', '[fd00::7]:7946', '[2a00::1]:65535', '8.8.8.8:53'].map(bytesOf),
  codes: ['GOSSIP_E_ADDRESS'],
  parse: (input) => checkPeerAddress(textOf(input), { allowLoopback: false }),
  roundTrip: {
    write: (callable) => {
      const { host, port } = splitAddress(callable);
      return bytesOf(formatAddress(host, port));
    },
    oneSpelling: true,
  },
});

const proxy = target({
  name: 'proxy',
  maxBytes: WORD_BYTES,
  seeds: ['http://proxy.example:3128', 'http://ada:s%20cret@10.0.0.1', 'http://[::1]:8080/'].map(bytesOf),
  codes: ['GOSSIP_E_PROXY'],
  parse: (input) => parseProxy(textOf(input)),
});

/** The head of a request as Node's parser hands it on. */
const requestHead = target({
  name: 'request-head',
  seeds: [
    bytesOf('GET /v1/status\nhost: a'),
    bytesOf('POST /v1/modules/membership/exchange\nhost: a\ncontent-length: 12\ngossip-digest: abcdefghijklmnopqrstuv'),
    bytesOf(`GET /v1/code/sha256:${'0'.repeat(64)}/manifest\nhost: a\nrange: bytes=5-`),
  ],
  parse: (input) => {
    const [first = '', ...lines] = Buffer.from(input).toString('latin1').split('\n');
    const [method, url] = first.split(' ');
    const pairs = lines.map((line) => [line.split(': ', 1)[0] ?? '', line.slice(line.indexOf(': ') + 2)] as const);
    const headers = Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), value]));
    const request = { method, url, headers, rawHeaders: pairs.flat(), httpVersion: '1.1' } as unknown as IncomingMessage;
    const { match, headers: read, bodyBytes } = parseHead(request, ROUTES, checkHead);
    if (bodyBytes > match.route.maxBodyBytes || !Number.isSafeInteger(bodyBytes)) throw new Error(`a body of ${bodyBytes} bytes`);
    return { route: match.name, parameters: match.parameters, read };
  },
});

/** What an application asks of the door: method, path and query as they stand. */
const doorRoute = target({
  name: 'door-route',
  maxBytes: 8 * WORD_BYTES,
  seeds: ['POST /v1/apps/registry/request ', 'GET /v1/apps/registry/watch topic=service%2F', 'GET /v1/apps/events '].map(bytesOf),
  codes: ['GOSSIP_E_REQUEST', 'GOSSIP_E_NOT_FOUND', 'GOSSIP_E_MODULE_NAME'],
  parse: (input) => {
    const [method = '', path = '', ...query] = textOf(input).split(' ');
    return findAppRoute(method, path, query.join(' '));
  },
});

/** The stream that a watcher reads. */
const events = target({
  name: 'event-stream',
  seeds: [
    bytesOf('id: 7-0\nevent: watching\ndata: {"module":"registry","lost":0}\n\n:\n\nid: 7-1\ndata: {"event":"set"}\n\n'),
    bytesOf('id: 7-9\r\nevent: lost\r\ndata: {"lost":3}\r\n\r\n'),
  ],
  codes: ['GOSSIP_E_TOO_LARGE'],
  parse: (input) => {
    const reader = new EventReader();
    const whole = reader.push(input);
    const cut = new EventReader();
    const apart = [...input].flatMap((byte) => cut.push(Uint8Array.of(byte)));
    if (!isDeepStrictEqual(whole, apart)) throw new Error('cut up, the stream says something else');
    return whole;
  },
});

const logQuestion = target({
  name: 'log-question',
  seeds: [
    { module: 'membership', level: 'warn', ageMs: 60_000, since: null, lines: 100, after: null, follow: true },
    { module: null, level: 'debug', ageMs: null, since: 5, lines: null, after: '7-123', follow: false },
  ].map(jsonBytes),
  parse: parseLogQuestion,
  roundTrip: { write: encodeLogQuestion },
});

const logLine = target({
  name: 'log-line',
  seeds: [
    jsonBytes({
      at: '7-1',
      time: '2026-01-31T12:00:00.000Z',
      level: 'info',
      module: 'membership',
      deployment: 'd2',
      text: 'x',
      fields: { a: 1 },
    }),
    jsonBytes({ lost: 3 }),
    jsonBytes({ told: '7-1' }),
  ],
  parse: (input) => {
    const line = parseLogLine(input);
    // What is shown of it is one line, and steers nothing.
    const { before, level, after } =
      line.type === 'told' ? { before: '', level: '', after: '' } : logParts({ node: paper.peer, ...line }, '');
    const shown = `${before}${level}${after}`;
    if (safeText(shown) !== shown) throw new Error('what is shown is not safe');
    return line;
  },
});

export const CORE: readonly Target[] = [
  logQuestion,
  logLine,
  doorRoute,
  events,
  hello,
  announcement,
  peerRefusal,
  referrals,
  address,
  callableAddress,
  proxy,
  requestHead,
];
