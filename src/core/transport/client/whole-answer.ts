/** One call on a connection, its answer taken whole as it comes: most of gossip is short, and a stream for it costs more than the answer. */
import type { Client, Dispatcher } from 'undici';
import type { Address } from '../../../model/names.ts';
import { headOf, isAnnouncedTooLarge, tooLarge } from './answer.ts';
import type { Answer, Head } from './answer.ts';
import { joined } from '../../../model/joined.ts';

export interface Plain {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | null;
}

export interface WholeAnswer {
  readonly peer: { readonly address: Address };
  readonly maxBytes: number;
  /** Ends the call, and its connection, when aborted. */
  readonly signal: AbortSignal;
  /** The head is there. */
  readonly onHead: () => void;
}

/** Rejects with the signal's reason, a GossipError, or what undici says. */
export function askWhole(client: Client, call: Plain, { peer, maxBytes, signal, onHead }: WholeAnswer): Promise<Answer<Uint8Array>> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer<Uint8Array>>();
  let controller: Dispatcher.DispatchController | undefined;
  let head: Head | undefined;
  const parts: Uint8Array[] = [];
  let bytes = 0;
  const abort = (): void => controller?.abort(signal.reason as Error);
  const over = (): void => signal.removeEventListener('abort', abort);
  signal.addEventListener('abort', abort, { once: true });
  client.dispatch(call, {
    onRequestStart: (started) => {
      controller = started;
      if (signal.aborted) abort();
    },
    onResponseStart: (started, status, headers) => {
      if (status < 200) return;
      onHead();
      try {
        if (isAnnouncedTooLarge(headers, maxBytes)) throw tooLarge(peer, maxBytes);
        head = headOf(status, headers, peer);
      } catch (error) {
        started.abort(error as Error);
      }
    },
    onResponseData: (started, part) => {
      bytes += part.byteLength;
      // Nothing more is read (attack A6).
      if (bytes > maxBytes) started.abort(tooLarge(peer, maxBytes));
      else parts.push(part);
    },
    onResponseEnd: () => {
      over();
      const body = joined(parts);
      if (head !== undefined) resolve({ ...head, body });
    },
    onResponseError: (_started, error) => {
      over();
      reject(error);
    },
  });
  return promise;
}
