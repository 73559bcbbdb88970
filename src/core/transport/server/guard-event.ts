/** Decides about a connection before Node does anything with it: Node has no hook of its own there. */
import type { EventEmitter } from 'node:events';

/** Whoever listens to `event` by now hears of a socket only when `admit` says so. */
export function guardEvent(emitter: EventEmitter, event: string, admit: (socket: unknown) => boolean): void {
  const listeners = emitter.listeners(event);
  emitter.removeAllListeners(event);
  emitter.on(event, (socket: unknown) => {
    if (!admit(socket)) return;
    for (const listener of listeners) listener.call(emitter, socket);
  });
}
