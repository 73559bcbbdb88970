/** What cores say to each other. */
import { formatStamp, parseStamp, stampOf } from '../../../src/gossip/stamp.ts';
import { decodeAnswer, decodeRequest, encodeAnswer, encodeRequest } from '../../../src/gossip/wire.ts';
import type { ReceivedAnswer, WireAnswer } from '../../../src/gossip/wire.ts';
import type { GossipAnswer, GossipRequest } from '../../../src/gossip/messages.ts';
import type { ModuleName } from '../../../src/model/names.ts';
import { makeVerifier } from '../../../src/trust/deployment.ts';
import * as paper from '../paper.ts';
import { bytesOf, target, WORD_BYTES } from '../target.ts';
import type { Target } from '../target.ts';

/** As a node has it: what was verified once is known again. */
const verify = makeVerifier(paper.root);
const digest = 'abcdefghijklmnopqrstuv';
const stampOfRecord = stampOf(paper.record, null);
const scrubbed = stampOf(paper.removalRecord, paper.removalRecord.hash);
const body = bytesOf('{"counts":[1,2,3]}');

const stamp = target({
  name: 'stamp',
  maxBytes: WORD_BYTES,
  seeds: [formatStamp(stampOfRecord), formatStamp(scrubbed), '1.1.0.AAAAAAAAAAAAAAAAAAAAAA.-'].map(bytesOf),
  codes: ['GOSSIP_E_REQUEST'],
  parse: (input) => parseStamp(latin1(input)),
  roundTrip: { write: (value) => bytesOf(formatStamp(value)), oneSpelling: true },
});

const exchange: GossipRequest = { kind: 'exchange', module: 'membership' as ModuleName, stamp: scrubbed, digest, body };
const configuration: GossipRequest = {
  kind: 'configuration',
  digest,
  summary: [paper.record.hash],
  records: [paper.record],
  peers: [paper.peer],
};
const rumor: GossipRequest = { ...configuration, summary: null, records: [paper.record, paper.removalRecord], peers: [] };

const request = target({
  name: 'request',
  seeds: [exchange, configuration, rumor].map(writtenRequest),
  parse: (input) => {
    const { first, headers, body: rest } = headAndBody(input);
    const [method = '', path = ''] = first.split(' ');
    return decodeRequest({ method, path, headers, body: rest }, verify);
  },
  roundTrip: { write: writtenRequest },
});

function writtenRequest(message: GossipRequest): Uint8Array {
  const { method, path, headers, body: content } = encodeRequest(message, paper.rendezvous.address);
  return withHead(`${method} ${path}`, headers, content);
}

const answers: readonly GossipAnswer[] = [
  { kind: 'answer', digest, body },
  { kind: 'mismatch', digest, stamp: stampOfRecord, records: [paper.removalRecord] },
  { kind: 'mismatch', digest, stamp: null, records: [] },
  { kind: 'unavailable', digest, reason: 'GOSSIP_E_MODULE_ABSENT' },
];
const exchangeAnswer = answerTarget('exchange-answer', exchange, answers);
const configurationAnswer = answerTarget('configuration-answer', configuration, [
  {
    kind: 'configuration',
    digest,
    records: [paper.record],
    lacking: [paper.removalRecord.hash],
    fresh: 1,
    peers: [paper.peer, paper.rendezvous],
  },
]);

function answerTarget(name: string, asked: GossipRequest, seeds: readonly GossipAnswer[]): Target {
  return target({
    name,
    seeds: seeds.map((answer) => writtenAnswer(encodeAnswer(answer))),
    parse: (input) => decodeAnswer(asked, receivedAnswer(input), verify),
    roundTrip: { write: (answer) => writtenAnswer(encodeAnswer(answer)) },
  });
}

function writtenAnswer({ status, headers, body: content }: WireAnswer): Uint8Array {
  return withHead(String(status), headers, content);
}

function receivedAnswer(input: Uint8Array): ReceivedAnswer {
  const { first, headers, body: rest } = headAndBody(input);
  return { status: Number(first), headers, body: rest };
}

/** A line, headers, an empty line and the body: HTTP without its transport. */
function withHead(first: string, headers: Readonly<Record<string, string>>, content: Uint8Array): Uint8Array {
  const head = [first, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)].join('\n');
  return Buffer.concat([Buffer.from(`${head}\n\n`, 'latin1'), content]);
}

function headAndBody(input: Uint8Array): { first: string; headers: ReadonlyMap<string, string>; body: Uint8Array } {
  const bytes = Buffer.from(input.buffer, input.byteOffset, input.length);
  const end = bytes.indexOf('\n\n');
  const [first = '', ...lines] = latin1(end === -1 ? input : input.subarray(0, end)).split('\n');
  const headers = new Map(lines.map((line) => [line.split(': ', 1)[0] ?? '', line.slice(line.indexOf(': ') + 2)]));
  return { first, headers, body: end === -1 ? new Uint8Array() : input.subarray(end + 2) };
}

/** As Node gives the text of headers. */
function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

export const GOSSIP: readonly Target[] = [stamp, request, exchangeAnswer, configurationAnswer];
