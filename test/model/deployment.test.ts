/** The total order of deployments (law 1): trust epoch, sequence, time, origin, payload hash, each above all that follow. */
import { expect, test } from 'vitest';
import { compareDeployments } from '../../src/model/deployment.ts';
import type { VerifiedDeployment } from '../../src/model/deployment.ts';
import type { PayloadHash } from '../../src/model/names.ts';
import { peer, record } from '../support/records.ts';

function numbered(epoch: number, sequence: number, time: number, origin: number, hash: string): VerifiedDeployment {
  const { deployment, envelope } = record(1);
  const payloadHash = hash.repeat(64) as PayloadHash;
  const number = { sequence, time, origin: peer(origin).id };
  return { envelope, hash: payloadHash, deployment: { ...deployment, epoch, number } } as VerifiedDeployment;
}

/** From low to high. Each is higher than the one before in one part alone, and lower in all parts behind that. */
const ASCENDING = [
  numbered(1, 1, 1, 1, 'a'),
  numbered(1, 1, 1, 1, 'b'),
  numbered(1, 1, 1, 2, 'a'),
  numbered(1, 1, 2, 1, 'a'),
  numbered(1, 2, 1, 1, 'a'),
  numbered(2, 1, 1, 1, 'a'),
];

test.each(ASCENDING.map((higher, place) => ({ higher, place })))('the deployment at place $place outranks everything below it', (row) => {
  const signs = ASCENDING.map((other) => Math.sign(compareDeployments(row.higher, other)));
  expect(signs).toEqual(ASCENDING.map((_, place) => Math.sign(row.place - place)));
});
