/** The one canonical form of addresses: mended where a person spelt it otherwise, refused where nobody could call it. */
import { describe, expect, test } from 'vitest';
import { addressForPeers } from '../../src/model/address.ts';

describe('what is only spelt otherwise is mended', () => {
  test.each([
    ['10.0.0.7:7946', '10.0.0.7:7946'],
    ['10.0.0.7:07512', '10.0.0.7:7512'],
    ['10.0.0.7:00080', '10.0.0.7:80'],
    ['127.0.0.1:1', '127.0.0.1:1'],
    ['8.8.8.8:65535', '8.8.8.8:65535'],
    ['100.64.0.1:80', '100.64.0.1:80'],
    ['[fd00::7]:7946', '[fd00::7]:7946'],
    ['[FD00::7]:7946', '[fd00::7]:7946'],
    ['[fd00::0007]:7946', '[fd00::7]:7946'],
    ['[fd00:0:0:0:0:0:0:7]:7946', '[fd00::7]:7946'],
    ['[fd00:0000:0000:0000:0000:0000:0000:0007]:07946', '[fd00::7]:7946'],
    ['[2a00:1450:4001:0:0:0:0:8]:443', '[2a00:1450:4001::8]:443'],
    ['[0:0:0:0:0:0:0:1]:1', '[::1]:1'],
    ['[::ffff:10.0.0.1]:80', '10.0.0.1:80'],
    ['[::FFFF:0a00:0001]:80', '10.0.0.1:80'],
    ['[::ffff:127.0.0.1]:80', '127.0.0.1:80'],
  ])('%s is %s', (text, canonical) => {
    expect(addressForPeers(text)).toBe(canonical);
    expect(addressForPeers(canonical)).toBe(canonical);
  });
});

describe('what nobody could call is refused', () => {
  test.each([
    ['0.0.0.0:7516', 'stands for all addresses'],
    ['[::]:7516', 'stands for all addresses'],
    ['[0:0:0:0:0:0:0:0]:7516', 'stands for all addresses'],
    ['[::ffff:0.0.0.0]:1', 'stands for all addresses'],
    ['224.0.0.1:7946', 'multicast'],
    ['239.255.255.250:1900', 'multicast'],
    ['[ff02::1]:80', 'multicast'],
    ['[::ffff:224.0.0.1]:80', 'multicast'],
    ['255.255.255.255:80', 'broadcast'],
    ['169.254.169.254:80', 'link-local'],
    ['[fe80::1]:80', 'link-local'],
    ['[::ffff:169.254.169.254]:80', 'link-local'],
    ['0.1.2.3:80', 'stands for all addresses'],
    ['240.0.0.1:80', 'reserved'],
    ['192.0.2.1:80', 'reserved'],
    ['[2001:db8::1]:80', 'reserved'],
    ['[64:ff9b::a9fe:a9fe]:80', 'rfc6052'],
    ['[2002:a9fe:a9fe::1]:80', '6to4'],
    ['[2001:0:1::1]:80', 'teredo'],
  ])('%s: %s', (text, why) => {
    expect(() => addressForPeers(text)).toThrow(
      expect.objectContaining({ code: 'GOSSIP_E_ADDRESS', message: expect.stringContaining(why) }),
    );
  });
});

describe('what is no literal address and port is refused', () => {
  test.each([
    '',
    ':80',
    '10.0.0.7',
    '10.0.0.7:',
    '10.0.0.7:0',
    '10.0.0.7:65536',
    '10.0.0.7:-1',
    '10.0.0.7:80:80',
    '10.0.0.7:80/x',
    '010.0.0.1:80',
    '10.0.0.01:80',
    '10.1:80',
    '167772161:80',
    '0x0a000001:80',
    '10.0.0.256:80',
    '10.0.0.1.:80',
    ' 10.0.0.1:80',
    'fd00::7:80',
    '[fd00::7]',
    '[]:80',
    '[fd00:::7]:80',
    '[fd00::7%eth0]:80',
    '[fe80::1%1]:80',
    '[10.0.0.7]:80',
    'localhost:80',
    'example.com:443',
    'user@10.0.0.1:80',
    '10.0.0.1:80\r\n',
    '①⓪.0.0.1:80',
    '١٠.0.0.1:80',
    '10.0.0.1\0:80',
    '\u202e10.0.0.1:80',
  ])('%j', (text) => {
    expect(() => addressForPeers(text)).toThrow(
      expect.objectContaining({ code: 'GOSSIP_E_ADDRESS', message: expect.stringMatching(/^[^\p{Cc}\p{Cf}]*$/u) }),
    );
  });
});
