/** What most commands begin with: the settings, a cluster of them, and a client that is closed again. */
import { sweepForgotten } from '../files/forgotten.ts';
import { GossipError, toGossipError } from '../../model/errors.ts';
import { OperatorClient } from '../client/client.ts';
import { openCluster } from '../cluster/clusters.ts';
import type { OperatorCluster } from '../cluster/clusters.ts';
import { renewOwnAdmission } from '../cluster/own-admission.ts';
import { keepSteps } from '../cluster/root-steps.ts';
import { RootFollowing } from '../client/root-following.ts';
import { Seen } from '../completion/seen.ts';
import { keepEntrance } from '../client/entrance.ts';
import type { KeyOwner } from '../cluster/key-file.ts';
import type { TrustedRoot } from '../../trust/root.ts';
import { openSettings } from './settings.ts';
import type { Settings } from './settings.ts';

export interface Session {
  readonly settings: Settings;
  readonly cluster: OperatorCluster;
  readonly client: OperatorClient;
  readonly keyOwner: KeyOwner;
}

/** Runs `act` with a session of the named cluster, by default of the current one. */
export async function withSession<Result>(
  name: string | undefined,
  keyOwner: KeyOwner,
  act: (session: Session) => Promise<Result>,
): Promise<Result> {
  const settings = openSettings();
  const cluster = await openCluster(settings, name);
  if (cluster.admission === null) throw notAdmitted(cluster.name);
  const seen = new Seen();
  seen.add('cluster', Object.keys(settings.clusters()));
  const remark = (text: string): void => keyOwner.remark?.(text);
  let { epoch } = cluster.root.root;
  const keep = async (root: TrustedRoot): Promise<void> => {
    await keepSteps(cluster.directory, root);
    if (root.root.epoch === epoch) return;
    ({ epoch } = root.root);
    await renewOwnAdmission(cluster, root, remark);
  };
  const follower = new RootFollowing({ cluster, keep, remark });
  const client = new OperatorClient(cluster, {}, seen, follower);
  try {
    return await act({ settings, cluster, client, keyOwner });
  } finally {
    await keepEntrance({ settings, cluster, client }, remark).catch((thrown: unknown) =>
      remark(`The address could not be noted, name it again: ${toGossipError(thrown).message}`),
    );
    client.close();
    await seen.keep(settings.home, cluster.name);
    // What a command that was killed left half-written.
    for (const directory of [settings.home, cluster.directory]) await sweepForgotten(directory);
  }
}

/** Said before any node is asked: each would only not answer. */
function notAdmitted(name: string): GossipError {
  return new GossipError('GOSSIP_E_NOT_ADMITTED', `nodes of '${name}' do not know you: it was imported without a join token`, {
    advice: "Import it again, with --join: 'gossip cluster import FILE --join @gossip.token'. What is here stays.",
  });
}
