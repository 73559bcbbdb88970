/** `gossip dashboard`: a page that shows one cluster, served from the operator's machine to one browser. */
import { toGossipError } from '../../model/errors.ts';
import { logAccess } from '../logs/access.ts';
import type { Session } from '../settings/session.ts';
import { answersOf } from './answers.ts';
import { Board } from './board.ts';
import { EventFollower } from './events.ts';
import { Follower } from './follow.ts';
import { readPageFiles } from './page-files.ts';
import { startServer } from './server.ts';
import type { RunningServer } from './server.ts';
import { Streams } from './streams.ts';

export interface DashboardOptions {
  /** 0: any that is free. */
  readonly port: number;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Told once it can be opened. */
  readonly onReady: (server: Pick<RunningServer, 'address' | 'port'>) => void;
}

/** Serves until the signal; asks for the passphrase of a key that has one first, for the events of the nodes. */
export async function serveDashboard(session: Session, { port, signal, onReady }: DashboardOptions): Promise<void> {
  const { cluster, client: api } = session;
  const files = await readPageFiles();
  const logs = await logAccess(session).catch((thrown: unknown) => toGossipError(thrown));
  const board = new Board();
  const streams = new Streams(board);
  const onChange = (): void => streams.changed();
  const follower: Follower = new Follower({
    cluster,
    api,
    board,
    onChange,
    somebody: (ends) => streams.somebody(ends),
    onSurvey: ({ sightings }) => events?.follow(sightings.flatMap(({ node, answer }) => ('status' in answer ? [node] : []))),
  });
  const events =
    logs instanceof Error
      ? null
      : new EventFollower({
          api: logs,
          board,
          signal,
          onChange,
          onDeployment: () => follower.wake(),
          onLacking: (text) => follower.setEvents(text),
        });
  if (logs instanceof Error) follower.setEvents(`none: ${logs.message}`);
  const server = await startServer({ port, files, streams, answers: answersOf(follower, api) });
  try {
    onReady(server);
    await follower.run(signal);
  } finally {
    await server.end();
  }
}
