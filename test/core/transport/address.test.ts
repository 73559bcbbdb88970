/** Which addresses a peer may make this node call (attack B9). */
import { describe, expect, test } from 'vitest';
import { addressGroup, callerAddress, checkPeerAddress, isLoopback } from '../../../src/core/transport/address.ts';
import { formatAddress, splitAddress } from '../../../src/model/address.ts';

const coded = expect.objectContaining({ code: 'GOSSIP_E_ADDRESS' });

test.each([
  '10.0.0.7:7946',
  '192.168.1.1:1',
  '172.16.0.1:65535',
  '8.8.8.8:443',
  '100.64.0.1:80',
  '[fd00::7]:7946',
  '[2a00:1450:4001::8]:7946',
])('%s may be called', (address) => {
  expect(checkPeerAddress(address, { allowLoopback: false })).toBe(address);
});

test.each(['127.0.0.1:7946', '127.9.9.9:22', '[::1]:7946'])('%s only by a node that listens on loopback itself', (address) => {
  expect(() => checkPeerAddress(address, { allowLoopback: false })).toThrow(coded);
  expect(checkPeerAddress(address, { allowLoopback: true })).toBe(address);
});

test.each([
  '0.0.0.0:80',
  '0.1.2.3:80',
  '255.255.255.255:80',
  '224.0.0.1:80',
  '239.255.255.250:1900',
  '240.0.0.1:80',
  '169.254.169.254:80',
  '169.254.0.1:7946',
  '192.0.0.192:80',
  '192.0.2.1:80',
  '198.18.0.1:80',
  '198.51.100.1:80',
  '203.0.113.1:80',
  '192.88.99.1:80',
  '[::]:80',
  '[fe80::1]:80',
  '[ff02::1]:80',
  '[fec0::1]:80',
  '[::ffff:10.0.0.1]:80',
  '[::ffff:a9fe:a9fe]:80',
  '[::ffff:127.0.0.1]:80',
  '[64:ff9b::a9fe:a9fe]:80',
  '[2002:a9fe:a9fe::1]:80',
  '[2001:0:1::1]:80',
  '[100::1]:80',
  '[2001:db8::1]:80',
  '[::ffff:0:10.0.0.1]:80',
  '010.0.0.1:80',
  '10.0.0.01:80',
  '10.1:80',
  '10:80',
  '0x0a000001:80',
  '167772161:80',
  '10.0.0.256:80',
  '10.0.0.1.:80',
  '10.0.0.1:0',
  '10.0.0.1:65536',
  '10.0.0.1:-1',
  '10.0.0.1:',
  '10.0.0.1',
  ':80',
  '10.0.0.1:80:80',
  '10.0.0.1:80/x',
  '10.0.0.1:80#x',
  'user@10.0.0.1:80',
  '10.0.0.1 :80',
  ' 10.0.0.1:80',
  '10.0.0.1:80\r\n',
  '10.0.0.1\0:80',
  '[fd00::0007]:80',
  '[FD00::7]:80',
  '[fd00:0:0:0:0:0:0:7]:80',
  '[fd00::7%eth0]:80',
  'fd00::7:80',
  '[fd00::7]',
  '[]:80',
  '[fd00:::7]:80',
  'localhost:80',
  'metadata.google.internal:80',
  'example.com:443',
  '10.0.0.1.nip.io:80',
  '①⓪.0.0.1:80',
  '١٠.0.0.1:80',
  '',
])('%j is never called', (address) => {
  expect(() => checkPeerAddress(address, { allowLoopback: true })).toThrow(coded);
});

test('without the check, the metadata service of a cloud would be as good an address as any', () => {
  expect(splitAddress('169.254.169.254:80')).toEqual({ host: '169.254.169.254', port: 80 });
});

test('an address and its parts', () => {
  expect(formatAddress('10.0.0.7', 7946)).toBe('10.0.0.7:7946');
  expect(formatAddress('fd00::7', 7946)).toBe('[fd00::7]:7946');
  expect(splitAddress('[fd00::7]:7946')).toEqual({ host: 'fd00::7', port: 7946 });
  expect(() => formatAddress('example.com', 80)).toThrow(coded);
  expect(() => formatAddress('10.0.0.7', 0)).toThrow(coded);
});

describe('a caller', () => {
  test('has one address, whichever socket it comes in by', () => {
    expect(['::ffff:10.0.0.7', '10.0.0.7', 'fe80::1%eth0', '2A00:0:0:0:0:0:0:1'].map(callerAddress)).toEqual([
      '10.0.0.7',
      '10.0.0.7',
      'fe80::1',
      '2a00::1',
    ]);
  });

  test('counts by address, and by /64 in IPv6', () => {
    expect(addressGroup('10.0.0.7')).toBe('10.0.0.7');
    expect(addressGroup('2a00:1:2:3:4:5:6:7')).toBe(addressGroup('2a00:1:2:3::1'));
    expect(addressGroup('2a00:1:2:4::1')).not.toBe(addressGroup('2a00:1:2:3::1'));
  });

  test('may be on this machine', () => {
    expect(['127.0.0.1', '127.8.8.8', '::1', '10.0.0.1'].map(isLoopback)).toEqual([true, true, true, false]);
  });
});
