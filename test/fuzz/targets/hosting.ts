/** What comes through the pipe between a core and a module host, and what a module prints. */
import { isDeepStrictEqual } from 'node:util';
import { encodeFrame, FrameReader } from '../../../src/host/frames.ts';
import type { Frame, FrameBody, FrameRules } from '../../../src/host/frames.ts';
import { LogCapture, MAX_LINE_BYTES, TAIL_LINES } from '../../../src/core/hosting/process/log-capture.ts';
import { maxBodyFromHost, maxBodyToHost, parseFromHost, parseToHost } from '../../../src/host/messages.ts';
import type { FromHost, ToHost } from '../../../src/host/messages.ts';
import { MAX_MESSAGE_BYTES } from '../../../src/sdk/limits.ts';
import * as paper from '../paper.ts';
import { bytesOf, jsonBytes, target } from '../target.ts';
import type { Target } from '../target.ts';

const body = [bytesOf('{"a":1}')];
const toHost: FrameRules<ToHost> = { parseHeader: parseToHost, maxBodyBytes: maxBodyToHost };
const fromHost: FrameRules<FromHost> = {
  parseHeader: parseFromHost,
  maxBodyBytes: (header) => maxBodyFromHost(header, (call) => (call === 7 ? MAX_MESSAGE_BYTES : 0)),
};

const TO_HOST: readonly (readonly [ToHost, FrameBody?])[] = [
  [
    {
      type: 'load',
      call: 2,
      directory: '/code',
      entry: 'index.js',
      module: 'membership',
      deployment: 'd3',
      incarnation: 1,
      instanceId: '0123456789abcdef',
      intervalMs: 200,
      self: paper.peer,
      settings: { a: [1] },
      uses: ['registry'],
    },
  ],
  [{ type: 'accept', call: 3 }, body],
  [{ type: 'deliver', call: 4, from: paper.peer }, body],
  [{ type: 'request', call: 5, form: 'json', by: 'registry' }, body],
  [{ type: 'used', use: 1, form: 'json', failure: null }, body],
  [{ type: 'used', use: 2, form: 'json', failure: { code: 'GOSSIP_E_BUSY', message: 'later' } }],
  [{ type: 'watched', watch: 3 }, body],
  [{ type: 'unwatched', watch: 3, failure: null }],
  [{ type: 'peers', near: 1, doubted: 0 }, [jsonBytes([paper.peer])]],
  [{ type: 'reply', exchange: 1, failure: null }, body],
  [{ type: 'reply', exchange: 1, failure: { reason: 'timeout', message: 'late', gone: false } }],
  [{ type: 'lost', peer: paper.peer }],
  [{ type: 'ping', ping: 9 }],
  [{ type: 'stop', reason: 'update' }],
];

const FROM_HOST: readonly (readonly [FromHost, FrameBody?])[] = [
  [{ type: 'ready', version: '1.0.0', protocol: 2 }],
  [{ type: 'done', call: 7 }, body],
  [{ type: 'done', call: 7, form: 'bytes' }, body],
  [{ type: 'failed', call: 7, message: 'threw' }],
  [{ type: 'failed', call: 7, message: 'not that', refusal: 'conflict' }],
  [{ type: 'publish', topic: 'a/b' }, body],
  [{ type: 'exchange', exchange: 1, to: paper.peer }, body],
  [{ type: 'use', use: 1, module: 'registry', form: 'json', timeoutMs: 500 }, body],
  [{ type: 'watch', watch: 3, module: 'registry', topic: 'a/' }],
  [{ type: 'taken', watch: 3 }],
  [{ type: 'unwatch', watch: 3 }],
  [{ type: 'pong', ping: 9, residentBytes: 50_000_000 }],
  [{ type: 'crash', message: 'Error: no\n at x' }],
];

/** A whole stream of frames, as it comes through the pipe. */
function frames<Header extends object>(name: string, rules: FrameRules<Header>, sent: readonly (readonly [Header, FrameBody?])[]): Target {
  return target<readonly Frame<Header>[]>({
    name,
    seeds: [Buffer.concat(sent.flatMap((frame) => encodeFrame(...frame))), ...sent.map((frame) => Buffer.concat(encodeFrame(...frame)))],
    codes: ['GOSSIP_E_MODULE_PROTOCOL'],
    parse: (input) => readAlike(rules, input),
    roundTrip: { write: (read) => Buffer.concat(read.flatMap(({ header, body: content }) => encodeFrame(header, content))) },
  });
}

/** One header with the right lengths around it, so that its form is what is tried. */
function headerAlone<Header extends object>(
  name: string,
  rules: FrameRules<Header>,
  sent: readonly (readonly [Header, FrameBody?])[],
): Target {
  return target<Header | undefined>({
    name,
    seeds: sent.map(([each]) => jsonBytes(each)),
    codes: ['GOSSIP_E_MODULE_PROTOCOL'],
    parse: (input) => {
      const lengths = Buffer.alloc(8);
      lengths.writeUInt32BE(input.length);
      return new FrameReader(rules).push(Buffer.concat([lengths, input]))[0]?.header;
    },
    roundTrip: { write: jsonBytes },
  });
}

/** The frames are the same however the bytes were cut, and memory never runs ahead of the bytes that came (attack D3). */
function readAlike<Header>(rules: FrameRules<Header>, input: Uint8Array): readonly Frame<Header>[] {
  const outcomes = [input.length || 1, 1 + (input.length % 13)].map((cut) => readInPieces(rules, input, cut));
  const [whole, pieces] = outcomes;
  if (whole === undefined || !isDeepStrictEqual(whole, pieces)) throw new Error('the frames depend on how the bytes were cut');
  if (whole.broken !== undefined) throw whole.broken;
  return whole.frames;
}

function readInPieces<Header>(rules: FrameRules<Header>, input: Uint8Array, cut: number): { frames: Frame<Header>[]; broken?: Error } {
  const reader = new FrameReader(rules);
  const read: Frame<Header>[] = [];
  try {
    for (let at = 0; at < input.length; at += cut) {
      read.push(...reader.push(input.subarray(at, at + cut)));
      if (reader.bufferedBytes > 4_096 + 2 * input.length) throw new Error(`${reader.bufferedBytes} bytes wait for ${input.length}`);
    }
    return {
      frames: read.map(({ header: each, body: content }) => ({ header: each, body: content.map((piece) => new Uint8Array(piece)) })),
    };
  } catch (thrown) {
    // Frames before the broken one may have come out or not, as the bytes came.
    return { frames: [], broken: thrown as Error };
  }
}

// oxlint-disable-next-line no-control-regex -- control characters are what this is about
const CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

const moduleOutput = target<readonly string[]>({
  name: 'module-output',
  seeds: [bytesOf('one line\nand another\n'), bytesOf('\u001b[31mred\u001b[0m\r\n\u202etxt\n'), bytesOf(`${'long '.repeat(1_000)}\nlast`)],
  parse: (input) => {
    const lines: string[] = [];
    const log = new LogCapture({ linesPerSecond: 100, bytesPerSecond: 64 * 1024 }, (line) => void lines.push(line));
    const bytes = Buffer.from(input);
    for (let at = 0; at < bytes.length; at += 5_000) log.push('stdout', bytes.subarray(at, at + 5_000));
    log.end();
    const hurts = lines.find((line) => CONTROL.test(line) || line.length > 6 * MAX_LINE_BYTES + 1);
    if (hurts !== undefined || log.tail.length > TAIL_LINES || lines.length > 101) throw new Error('a line got through that may hurt');
    return lines;
  },
});

export const HOSTING: readonly Target[] = [
  frames('frames-to-host', toHost, TO_HOST),
  frames('frames-from-host', fromHost, FROM_HOST),
  headerAlone('header-to-host', toHost, TO_HOST),
  headerAlone('header-from-host', fromHost, FROM_HOST),
  moduleOutput,
];
