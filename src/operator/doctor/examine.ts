/** All that `gossip doctor` looks at of a cluster: the operator's home, then every node. */
import { gatherCluster } from '../client/nodes.ts';
import type { Session } from '../settings/session.ts';
import type { Finding } from './finding.ts';
import { homeFindings } from './home.ts';
import { nodeFindings } from './nodes.ts';

/** `version`: of this program. */
export async function clusterFindings({ settings, cluster, client, keyOwner }: Session, version: string): Promise<readonly Finding[]> {
  const ofHome = await homeFindings(settings.home, cluster, keyOwner);
  const { sightings } = await gatherCluster(cluster, client);
  return [...ofHome, ...nodeFindings({ cluster, sightings, version, now: Date.now() })];
}
