/** The address that a node tells its peers, and what it says when it cannot listen. */
import type { NetworkInterfaceInfo } from 'node:os';
import { expect, test } from 'vitest';
import { advertisedAddress, parseListen } from '../../../../src/core/transport/server/listen.ts';
import { portError } from '../../../../src/core/transport/server/port-error.ts';

const machine =
  (...addresses: string[]) =>
  () => ({
    net: ['127.0.0.1', '::1', ...addresses].map(
      (address) =>
        ({
          address,
          family: address.includes(':') ? 'IPv6' : 'IPv4',
          internal: address === '127.0.0.1' || address === '::1',
        }) as NetworkInterfaceInfo,
    ),
  });

test.each([
  ['one IPv4 address', '0.0.0.0', ['10.0.0.7', 'fe80::7'], '10.0.0.7:7946'],
  ['one IPv4 address, behind both families', '::', ['10.0.0.7', 'fe80::7'], '10.0.0.7:7946'],
  ['IPv6 alone', '::', ['fd00::7', 'fe80::7'], '[fd00::7]:7946'],
])('a wildcard on a machine with %s is that address', (_what, host, addresses, expected) => {
  expect(advertisedAddress({ host, port: 7_946 }, undefined, machine(...addresses))).toBe(expected);
});

test.each([
  ['several', '::', ['10.0.0.7', 'fd00::7'], 'which one? This machine has 10.0.0.7, fd00::7', '--advertise 10.0.0.7:7946'],
  ['none of the family', '0.0.0.0', ['fd00::7'], 'This machine has no IPv4 address but loopback', '--advertise 10.0.0.7:7946'],
  ['several of IPv6 alone', '::', ['fd00::7', 'fd00::8'], 'which one? This machine has fd00::7, fd00::8', '--advertise [fd00::7]:7946'],
])('a wildcard on a machine with %s asks, and names them', (_what, host, addresses, message, advice) => {
  expect(() => advertisedAddress({ host, port: 7_946 }, undefined, machine(...addresses))).toThrow(
    expect.objectContaining({
      code: 'GOSSIP_E_ADDRESS',
      message: expect.stringContaining(message),
      advice: expect.stringContaining(advice),
    }),
  );
});

test.each(['224.0.0.1:7946', '0.0.0.0:7946', '[fe80::1]:7946', '10.0.0.7', 'node.example:7946'])('peers are never told %s', (asked) => {
  expect(() => advertisedAddress({ host: '10.0.0.7', port: 7_946 }, asked)).toThrow(expect.objectContaining({ code: 'GOSSIP_E_ADDRESS' }));
});

test('a link-local address to listen at is called that', () => {
  expect(() => parseListen('[fe80::1]:7946')).toThrow(expect.objectContaining({ message: expect.stringContaining('is link-local') }));
});

test.each([
  ['EADDRINUSE', 7_946, 'another program listens there', 'another port'],
  ['EACCES', 80, 'this user may not', 'below 1024'],
  ['EACCES', 7_946, 'this user may not', 'SELinux'],
  ['EADDRNOTAVAIL', 7_946, 'no interface of this machine has that address', '127.0.0.1'],
  ['EAFNOSUPPORT', 7_946, 'this machine has no IPv4', '--listen'],
])('%s at port %i has words and advice of its own', (code, port, message, advice) => {
  const error = portError('10.0.0.7', port, Object.assign(new Error(code), { code }));
  expect([error.code, error.message, error.advice]).toEqual([
    'GOSSIP_E_PORT',
    expect.stringContaining(message),
    expect.stringContaining(advice),
  ]);
});
