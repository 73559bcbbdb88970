/** The modules that an instance uses, at the other end of its pipe: each request and each watch is a frame, and comes back by its token. */
import { EventReader } from '../api/event-reader.ts';
import type { StreamEvent } from '../api/event-reader.ts';
import { contentOf, saidIn } from '../model/content.ts';
import type { Json } from '../sdk/json.ts';
import { readJson } from '../sdk/json-text.ts';
import type { UsedEvent, UseFailure } from '../sdk/uses.ts';
import type { UsesOfInstance, UsesPort } from '../sdk/uses-of-instance.ts';
import { whole } from './frames.ts';
import type { FrameBody } from './frames.ts';
import type { FromHost, ToHost } from './messages.ts';

type Heard = Extract<ToHost, { type: 'used' | 'watched' | 'unwatched' }>;

const NOTHING = new Uint8Array(0);
const UNREADABLE: UseFailure = { code: 'GOSSIP_E_MODULE_ANSWER', message: 'the answer says that it is JSON, and is not UTF-8' };

export function usesOver(send: (header: FromHost, body: Uint8Array) => void, names: readonly string[]): UsesPort {
  return {
    names,
    request: (use, module, said, timeoutMs) => {
      const { form, bytes } = contentOf(said);
      send({ type: 'use', use, module, form, timeoutMs }, bytes);
    },
    watch: (watch, module, topic) => send({ type: 'watch', watch, module, topic }, NOTHING),
    taken: (watch) => send({ type: 'taken', watch }, NOTHING),
    unwatch: (watch) => send({ type: 'unwatch', watch }, NOTHING),
  };
}

/** Passes what the core says of them to the instance. */
export class UsesHeard {
  readonly #readers = new Map<number, EventReader>();

  take(header: Heard, body: FrameBody, uses: UsesOfInstance): void {
    switch (header.type) {
      case 'used':
        return answer(header, body, uses);
      case 'watched': {
        const reader = this.#readers.get(header.watch) ?? new EventReader();
        this.#readers.set(header.watch, reader);
        return uses.told(header.watch, reader.push(whole(body)).flatMap(eventOf));
      }
      case 'unwatched':
        this.#readers.delete(header.watch);
        if (header.failure !== null) uses.closed(header.watch, header.failure);
    }
  }
}

function answer({ use, form, failure }: Extract<Heard, { type: 'used' }>, body: FrameBody, uses: UsesOfInstance): void {
  if (failure !== null) return uses.failed(use, failure);
  let said;
  try {
    said = saidIn({ form, bytes: whole(body) });
  } catch {
    return uses.failed(use, UNREADABLE);
  }
  return uses.answered(use, said);
}

/** The stream's greeting is for whoever comes over a socket. */
function eventOf({ name, data }: StreamEvent): UsedEvent[] {
  const value = readJson(data) as Json;
  if (name === '') return [{ type: 'event', data: value }];
  return name === 'lost' ? [{ type: 'lost', lost: (value as { readonly lost: number }).lost }] : [];
}
