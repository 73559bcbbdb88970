/**
 * Conditions that a person must look at, in words: a node that runs twice, a number that was signed twice, a number that leaps (attacks
 * A15, B12, B13).
 */
import type { VerifiedDeployment } from '../model/deployment.ts';
import { deploymentName } from '../model/deployment.ts';
import type { Clone } from './clones.ts';
import type { Conflict } from './conflict.ts';
import type { Failure } from './protocol.ts';
import type { VerifiedNote } from '../trust/node-note.ts';

/** Records that do not count of which the status tells. */
const MAX_LEAPS_TOLD = 8;

export function alarmsOf(
  clones: readonly Clone[],
  twice: readonly Conflict[],
  leaps: readonly VerifiedDeployment[],
  roots: readonly Failure[],
  revocation?: VerifiedNote,
): Failure[] {
  const all = [
    ...(revocation === undefined ? [] : [revokedAlarm(revocation)]),
    ...roots,
    ...clones.map(cloneAlarm),
    ...twice.map(twiceAlarm),
    ...leaps.slice(0, MAX_LEAPS_TOLD).map(leapAlarm),
  ];
  // Two modules that share a number tell of each other.
  return [...new Map(all.map((alarm) => [alarm.message, alarm])).values()];
}

export function cloneAlarm({ id, name, addresses }: Clone): Failure {
  const who = name === '' ? `node ${id.slice(0, 12)}` : `${name} (${id.slice(0, 12)})`;
  return { code: 'GOSSIP_E_NODE_CLONED', message: `${who} speaks from ${addresses.join(' and ')} in turn` };
}

/** Of the node itself. */
export function revokedAlarm({ note: { author } }: VerifiedNote): Failure {
  return {
    code: 'GOSSIP_E_REVOKED',
    message: `this node was revoked${author === '' ? '' : ` by ${author}`}: no other node speaks with it`,
  };
}

export function twiceAlarm({ a, b }: Conflict): Failure {
  const [first, second] = [inWords(a), inWords(b)].sort();
  return { code: 'GOSSIP_E_NUMBER_TWICE', message: `${deploymentName(a.deployment)} stands for two deployments: ${first} and ${second}` };
}

export function rootTwiceAlarm(version: number, hashes: readonly string[]): Failure {
  const [one, other] = hashes.map((hash) => hash.slice(0, 12)).sort();
  return {
    code: 'GOSSIP_E_ROOT_TWICE',
    message: `two roots of version ${version} were signed, ${one} and ${other}: nodes hold one or the other`,
  };
}

export function leapAlarm(record: VerifiedDeployment): Failure {
  const name = deploymentName(record.deployment);
  return { code: 'GOSSIP_E_NUMBER', message: `${name} leaps far above all other numbers and does not count: ${inWords(record)}` };
}

function inWords({ hash, deployment: { module, code, author } }: VerifiedDeployment): string {
  const what = code === null ? `the removal of ${module}` : `${module} ${code.version}`;
  return `${what}${author === '' ? '' : ` by ${author}`} (${hash.slice(0, 12)})`;
}
