import { expect, it } from 'vitest';
import { portError } from '../../../src/core/transport/port-error.ts';

it.each([
  ['EADDRINUSE', 'Another program listens there'],
  ['EACCES', 'This user may not listen there'],
  ['EADDRNOTAVAIL', 'This machine does not have that address'],
])('a port that cannot be had for %s is told with what to do about that: %s', (code, advice) => {
  const error = portError('10.0.0.1', 80, Object.assign(new Error(code), { code }));
  expect(error).toMatchObject({
    code: 'GOSSIP_E_PORT',
    message: `cannot listen on 10.0.0.1 port 80: ${code}`,
    advice: expect.stringContaining(advice),
  });
});
