/** A name server of the tests on loopback: it answers what it was told, and nothing else is there. */
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface TestService {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

export interface TestZone {
  /** IPv4 addresses of names. */
  readonly a?: Readonly<Record<string, readonly string[]>>;
  readonly srv?: Readonly<Record<string, readonly TestService[]>>;
  /** Names that are never answered. */
  readonly silent?: readonly string[];
}

const TYPES = { a: 1, srv: 33 } as const;
const NO_SUCH_NAME = 3;

/** A resolver that asks this server alone. */
export async function dnsServer(zone: TestZone): Promise<Resolver> {
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) => {
    const answer = answerTo(query, zone);
    if (answer !== null) socket.send(answer, port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  onTestFinished(() => void socket.close());
  const resolver = new Resolver({ timeout: 200, tries: 1 });
  resolver.setServers([`127.0.0.1:${(socket.address() as AddressInfo).port}`]);
  return resolver;
}

function answerTo(query: Buffer, { a = {}, srv = {}, silent = [] }: TestZone): Buffer | null {
  const { name, end } = nameIn(query, 12);
  if (silent.includes(name)) return null;
  const type = query.readUInt16BE(end);
  const data =
    type === TYPES.srv
      ? (srv[name] ?? []).map((service) => [numbers(service.priority, service.weight, service.port), labels(service.name)])
      : type === TYPES.a
        ? (a[name] ?? []).map((address) => [Buffer.from(address.split('.').map(Number))])
        : [];
  const isKnown = name in a || name in srv;
  const header = Buffer.concat([query.subarray(0, 2), numbers(isKnown ? 0x8180 : 0x8180 + NO_SUCH_NAME, 1, data.length, 0, 0)]);
  const records = data.map((parts) => {
    const bytes = Buffer.concat(parts);
    return Buffer.concat([numbers(0xc00c, type, 1, 0, 1, bytes.length), bytes]);
  });
  return Buffer.concat([header, query.subarray(12, end + 4), ...records]);
}

function nameIn(query: Buffer, start: number): { readonly name: string; readonly end: number } {
  const parts: string[] = [];
  let at = start;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    parts.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: parts.join('.').toLowerCase(), end: at + 1 };
}

function labels(name: string): Buffer {
  const parts = name.split('.').filter((label) => label !== '');
  return Buffer.concat([...parts.map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])), Buffer.from([0])]);
}

function numbers(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt16BE(value, 2 * index);
  return bytes;
}
