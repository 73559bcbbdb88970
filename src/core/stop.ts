/** Takes a running node apart: in order, and within 5 s. */
import type { Members } from './admission/members.ts';
import type { Core } from './core.ts';
import type { OpenDoor } from './door/open.ts';
import type { EventHandlers } from './event-handlers/handlers.ts';
import type { Logger } from './log/log.ts';
import type { Metrics } from './metrics/metrics.ts';
import type { PeerSearch } from './discovery/peer-search.ts';
import type { DataDirectory } from './store/data-directory.ts';
import { answerLeave, beginLeave } from './store/leave-wish.ts';
import type { PeerClient } from './transport/client/client.ts';
import type { PeerServer } from './transport/server/server.ts';

export interface Parts {
  readonly core: Core;
  readonly server: PeerServer;
  readonly client: PeerClient;
  readonly members: Members;
  readonly search: PeerSearch;
  readonly data: DataDirectory;
  readonly log: Logger;
  readonly handlers: EventHandlers;
  readonly door?: OpenDoor;
  readonly metrics: Metrics | null;
  /** Whether the node leaves, and says so. */
  readonly goodbye?: boolean;
}

/** How long requests under way may take to end when the node stops. */
const DRAIN_MS = 1_500;
/** Likewise those of applications, before the modules' last states are taken: what was answered is in them. */
const DOOR_DRAIN_MS = 1_000;
/** Programs for events, which are told to end. */
const HANDLERS_MS = 1_000;

export async function stopNode({
  core,
  server,
  client,
  members,
  search,
  data,
  log,
  handlers,
  door,
  metrics,
  goodbye = false,
}: Parts): Promise<void> {
  log.info(goodbye ? 'leaving' : 'stopping');
  if (goodbye) beginLeave(data.dir);
  // One that asks a module as its last act still finds the door.
  await handlers.stop(HANDLERS_MS);
  await door?.close(DOOR_DRAIN_MS);
  await metrics?.close();
  const [answer] = await Promise.all([core.stop({ goodbye }), server.close({ graceMs: DRAIN_MS })]);
  await client.close();
  await Promise.all([core.settled(), members.saved(), search.stop()]);
  const { told, heard } = answer;
  if (goodbye) {
    log.info({ told, heard }, 'said goodbye');
    answerLeave(data.dir, answer);
  }
  data.journal.append(goodbye ? { event: 'left', told, heard } : { event: 'stopped' });
  await data.close();
}

export function once(action: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | null = null;
  return () => (done ??= action());
}
