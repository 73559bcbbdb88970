/** A source of code that knows neither bundles nor lists: it gives a manifest, and files one by one. */
import { Readable } from 'node:stream';
import type { PeerAnswer, PeerCalls } from '../../src/core/peers/peer-calls.ts';

const UNKNOWN = {
  status: 404,
  headers: new Map(),
  body: Buffer.from(JSON.stringify({ code: 'GOSSIP_E_NOT_FOUND', message: 'there is no such route' })),
};

export interface Given {
  readonly manifest: () => Promise<Pick<PeerAnswer, 'status' | 'body'>>;
  readonly file: (
    call: Parameters<PeerCalls['stream']>[1],
  ) => Promise<{ readonly status: number; readonly body: AsyncIterable<Uint8Array> }>;
}

export function sourceOfBefore({ manifest, file }: Given): PeerCalls {
  const calls: Pick<PeerCalls, 'request' | 'stream'> = {
    request: async () => ({ headers: new Map(), ...(await manifest()) }),
    stream: async (_, call) => {
      const known = !call.path.endsWith('/bundle') && !call.path.endsWith('/files');
      return known ? { headers: new Map(), ...(await file(call)) } : { ...UNKNOWN, body: Readable.from([UNKNOWN.body]) };
    },
  };
  return calls as PeerCalls;
}
