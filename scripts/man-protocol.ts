/** gossip-protocol(7): what a second implementation of a node must know. Routes, headers, durations and bounds are those of the source. */
import { HEADERS } from '../src/api/headers.ts';
import { ROUTES } from '../src/api/routes.ts';
import type { Route, RouteName } from '../src/api/routes.ts';
import { SERVER_LIMITS } from '../src/core/transport/limits.ts';
import { timingOf } from '../src/gossip/timing.ts';
import type { Timing } from '../src/gossip/timing.ts';
import { argument, page, section, seeAlso } from './mdoc.ts';
import type { Block } from './mdoc.ts';
import { codeBlocks, configurationBlocks, exchangeBlocks, spreadBlocks } from './man-protocol-gossip.ts';
import {
  admissionBlocks,
  deploymentBlocks,
  identityBlocks,
  noteBlocks,
  rootBlocks,
  signedBlocks,
  wordBlocks,
} from './man-protocol-trust.ts';
import { vectorBlocks } from './man-protocol-vectors.ts';

/** Each route, header and duration is here: the types say so. */
const ROUTE_WORDS: Readonly<Record<RouteName, string>> = {
  exchange: 'A message of a module: see EXCHANGES OF MODULES.',
  'exchange-configuration': 'See EXCHANGES OF CONFIGURATIONS.',
  hello: 'See ADMISSION.',
  deployment:
    "An operator's deployment: the body is {envelope, manifest}, the manifest null where there is no code. 202 with {missing} names the blobs that are to be put first, by hash; 201 with {outcome}, applied or known, is said once the record is durable. A record that enters here must be signed by keys of the newest root. 409 GOSSIP_E_NUMBER_TAKEN: the sequence is not above the highest that is known; with the header gossip-numbers: module, of that module alone.",
  'put-blob': 'A blob of an announced deployment, whole or, with content-range, a part of it. 204.',
  bundle: 'The manifest and its first small files: see CODE.',
  files: 'Further small files: see CODE.',
  pieces: 'Pieces of large files: see CODE.',
  manifest: 'The canonical bytes of a manifest.',
  blob: 'A file, by its hash; with range: bytes=N- from there on, answered 206.',
  status: 'What the node says of itself to operators; see docs/schemas of the package. Gossip does not need it.',
  'module-status': 'The same, of one module.',
  configuration:
    'All that the node holds: {root, steps, records}, the first root, the steps to the newest, and {envelope, hash} of each record.',
  admission: '204 where the node knows that id as admitted, or else 404.',
  logs: "Lines of a module's log.",
  inspect: 'What inspect of the module shows.',
  state: 'A line of JSON, {deployment, code, bytes}, then the state of the instance as it is carried.',
  request: 'A request of an application, from afar.',
  watch: 'What a module publishes, as server-sent events.',
  events: 'Events of the node, likewise.',
};

const HEADER_WORDS: Readonly<Record<keyof typeof HEADERS, string>> = {
  deployment: "Of a module's message: the stamp of the instance that sends it.",
  digest: "Of a module's message, and of the answer to it: the digest of the configuration of whoever sends it.",
  address: 'Of exchanges: where the sender listens, by its own account. A hint.',
  incarnation: 'Of exchanges of configurations: which of its starts the sender is in, 1 to 15 digits.',
  left: 'Of exchanges of configurations and their answers: farewells, with spaces between them.',
  back: 'Likewise words of return.',
  tips: 'Likewise tips.',
  sought:
    'Of exchanges of configurations: the id of a node that the sender looks for. Where the answerer knows its address, it is the first of peers; with claimed: true where that node has only called from there by its own account.',
  callable: 'Of answers to exchanges of configurations, yes or no: whether the answerer reaches the caller at the address that it told.',
  pieces: 'Of an answer with pieces: their numbers, with commas between, in the order of the body.',
  offer: 'Likewise: the pieces that the sender has besides.',
  warrant:
    "That an operator asks: an envelope of the type gossip/warrant/1, as JSON, of the payload {type, cluster, epoch, operator}; operator is the caller's id. One key of the deploy role signs it, or of observe where that is enough.",
  topic: 'Of watch: how the topics begin that are watched, percent-encoded.',
};

const TIMING_WORDS: Readonly<Record<keyof Timing, string>> = {
  intervalMs: 'a gossip round',
  slowBackupMs: 'between two backup exchanges',
  fastBackupMs: 'likewise, while something is wrong',
  usefulMs: 'after which a module whose last exchanges all failed gossips in vain',
  rumorMs: 'until a rumor goes on although nobody answered',
  rotateMs: 'between two changes of the active view',
  checkpointMs: 'between two checkpoints of an instance',
  firstCheckpointMs: 'until its first one',
  pulseMs: "between two looks at how late the node's timers are",
  retryMs: 'first pause after a failed start, crash or fetch',
  longestFetchRetryMs: 'longest pause of a fetch',
  failureWindowMs: 'in which failures of a deployment are counted',
  breakerMs: 'between two tries of a deployment that fails again and again',
  tellMs: 'between two words about one failure in the log',
  abandonMs: 'after which anything without an outcome is given up',
  persistHintsMs: 'between two writes of the hints',
  cloneWindowMs: 'in which a node that comes back to addresses that it left is taken for two',
  goneMs: 'after which a node that fails and was not heard of is gone',
  tipMs: 'between two tips of a rendezvous node',
  staleMs: 'without tips of most rendezvous nodes after which a node is stale',
  settleMs: 'after which calls from before a goodbye have come',
};

export function protocolPage(released: string): string {
  return page({ name: 'gossip-protocol', manual: 7, summary: 'what gossip nodes say to each other', released }, [
    ...section(
      'DESCRIPTION',
      'Nodes of a cluster run modules, and agree on what each module must run: a set of signed deployments, which only grows upwards. This page tells what a second implementation of a node must know: how nodes know each other, what is signed and by whom, and what travels. ' +
        'How an instance is run is the affair of its node, as far as the rules on stamps and state epochs are kept; see gossip-module(7).',
      'In what follows a hash is SHA-256, in 64 lower-case hexadecimal digits unless it is said otherwise; times are milliseconds since 1970; {a, b} is a JSON object with these fields.',
    ),
    ...section('IDENTITIES AND TLS', ...identityBlocks()),
    ...section('HTTP', ...httpBlocks()),
    ...section('SIGNED DOCUMENTS', ...signedBlocks()),
    ...section('THE ROOT', ...rootBlocks()),
    ...section('DEPLOYMENTS', ...deploymentBlocks()),
    ...section('ADMISSION', ...admissionBlocks()),
    ...section('NOTES ABOUT NODES', ...noteBlocks()),
    ...section('FAREWELLS AND TIPS', ...wordBlocks()),
    ...section('CONFIGURATIONS', ...configurationBlocks()),
    ...section('EXCHANGES OF MODULES', ...exchangeBlocks()),
    ...spreadBlocks(),
    ...section('CODE', ...codeBlocks()),
    ...section(
      'ROUTES',
      'The longest body and the longest answer are in bytes; 0 for an answer is none, or one without a fixed end. Members may ask all but those that are for operators, who show a warrant; hello is open to strangers.',
      {
        terms: Object.entries(ROUTES).map(([name, route]) => [
          `Cm ${route.method} ${argument(route.path)}`,
          aboutRoute(name as RouteName, route),
        ]),
      },
    ),
    ...section('HEADERS', {
      terms: Object.entries(HEADERS).map(([name, header]) => [`Cm ${header}`, HEADER_WORDS[name as keyof typeof HEADERS]]),
    }),
    ...section(
      'TIMINGS',
      'In milliseconds, at the usual round of 1000. Periods vary by a quarter to either side, at random, so that nodes that were started together do not stay in step. None of them need be the same on all nodes.',
      {
        terms: Object.entries(timingOf(1_000)).map(([name, ms]) => [String(ms), `${capital(TIMING_WORDS[name as keyof Timing])}.`]),
      },
    ),
    ...section('TEST VECTORS', ...vectorBlocks()),
    ...seeAlso('gossip 1', 'gossip-node-run 1', 'gossip-module 7'),
    ...section(
      'STANDARDS',
      'JSON Canonicalization Scheme, RFC 8785. DSSE, the Dead Simple Signing Envelope, version 1. Ed25519, RFC 8032, and its keys in X.509, RFC 8410. TLS 1.3, RFC 8446. HTTP/1.1, RFC 9112. Base64 and base64url, RFC 4648. The header prefer, RFC 7240.',
    ),
  ]);
}

function httpBlocks(): Block[] {
  return [
    'HTTP/1.1 in TLS. A request has a host header; its path is of letters, digits, slashes, dots, colons, dashes and underlines alone, without a query and without escapes. A body has a content-length, and no transfer-encoding. Header names are letters, digits and dashes, values printable ASCII, and no header comes twice. Expect and upgrade are refused.',
    'Bodies are JSON unless it is said otherwise. Those that nobody signed need not be canonical; fields that are not known are passed over, so that a later version may say more. No object anywhere has a field __proto__, constructor or prototype.',
    `A server closes a connection whose handshake takes more than ${SERVER_LIMITS.handshakeMs} ms or that lies idle for ${SERVER_LIMITS.keepAliveMs} ms; the head of a request has ${SERVER_LIMITS.headerMs} ms and ${SERVER_LIMITS.maxHeaderBytes} bytes; a body comes with at least ${SERVER_LIMITS.minBytesPerSecond} bytes a second, measured over ${SERVER_LIMITS.requestMs} ms. ` +
      `One id has ${SERVER_LIMITS.maxConnectionsPerId} connections, ${SERVER_LIMITS.maxRequestsPerConnection} requests under way on each, and ${SERVER_LIMITS.requestsPerSecond} requests a second; whoever is no member ${SERVER_LIMITS.strangerRequestsPerSecond}.`,
    'A refusal has the body {code, message}, and perhaps reason; codes are those that gossip explain lists. Of 503 from a source of code, referrals are other peers that have it. 401 GOSSIP_E_NOT_ADMITTED asks for a hello. 403 GOSSIP_E_REVOKED comes with note, the envelope that revokes the caller. 429 and 503 pass by themselves.',
  ];
}

function aboutRoute(name: RouteName, { maxBodyBytes, maxAnswerBytes, open, operator }: Route): string {
  const who = open ? ' Open to strangers.' : operator === undefined ? '' : ` For operators who may ${operator}.`;
  return `${ROUTE_WORDS[name]} Body ${maxBodyBytes}, answer ${maxAnswerBytes}.${who}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
