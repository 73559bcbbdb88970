/** The logs of nodes, which they read to operators alone. */
import type { LogLine, LogQuestion } from '../../api/logs.ts';
import type { NodeAddress } from '../client/client.ts';
import { warrantsOf } from '../modules/warrant.ts';
import type { Session } from '../settings/session.ts';

export interface LogAccess {
  /** What comes of a node's logs, until the node has told all, or for ever where they are followed. */
  logs(node: NodeAddress, question: LogQuestion, signal?: AbortSignal): AsyncGenerator<LogLine>;
}

/** How this operator reads the logs of any node; asks for the passphrase of a key that has one. */
export async function logAccess(session: Pick<Session, 'cluster' | 'client' | 'keyOwner'>): Promise<LogAccess> {
  const warrants = await warrantsOf(session);
  return {
    async *logs(node, question, signal) {
      try {
        yield* session.client.logs(node, warrants.text(), question, signal);
      } catch (thrown) {
        throw warrants.explained(thrown, 'observe', 'read logs of');
      }
    },
  };
}
