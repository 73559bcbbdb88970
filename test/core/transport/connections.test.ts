/** Who gets in and who gives way when there are too many (attacks C7 to C9). */
import { describe, expect, test } from 'vitest';
import { ConnectionTable } from '../../../src/core/transport/server/connections.ts';
import type { Connection } from '../../../src/core/transport/server/connections.ts';
import { SERVER_LIMITS } from '../../../src/core/transport/limits.ts';
import type { ServerLimits } from '../../../src/core/transport/limits.ts';
import { GossipError } from '../../../src/model/errors.ts';
import type { NodeId } from '../../../src/model/names.ts';
import { makeIdentity } from '../../../src/trust/identity.ts';
import { mutant } from '../../trust/mutant.ts';
import { post, RawPeer, rejection, startClient, startServer, until } from './fixtures.ts';

/** A table on a clock of its own; what gives way is written down. Its socket closes later, as sockets do: the table is not told. */
class Rig {
  now = 0;
  readonly ended: string[] = [];
  readonly table: ConnectionTable;

  constructor(limits: Partial<ServerLimits>, Table = ConnectionTable) {
    this.table = new Table({ ...SERVER_LIMITS, ...limits }, (id) => id.startsWith('member'), this.now);
  }

  /** Accepts a connection, a millisecond later. */
  open(address: string, name = address): Connection | null {
    this.now += 1;
    return this.table.open(address, () => this.ended.push(name), this.now);
  }

  connect(address: string, id: string): Connection | null {
    const connection = this.open(address, id);
    if (!connection) return null;
    this.now += 1;
    if (this.table.identify(connection, id as NodeId, this.now)) return connection;
    this.table.close(connection);
    return null;
  }
}

const STALLED_MS = SERVER_LIMITS.handshakeStalledMs;
const address = (index: number) => `10.0.${index >> 8}.${index & 255}`;

describe('the table', () => {
  test('has places for 192 identified connections and 64 handshakes', () => {
    const rig = new Rig({});
    for (let index = 0; index < 300; index++) busy(rig.connect(address(index), `member${index}`));
    for (let index = 0; index < 100; index++) rig.open(address(index));
    expect([rig.table.counts.open, [...rig.table].filter(({ id }) => id !== null).length]).toEqual([256, 192]);
  });

  test('keeps strangers from the places of members', () => {
    const rig = new Rig({ maxConnections: 12, maxHandshakes: 2, maxStrangers: 6 });
    for (let index = 0; index < 20; index++) busy(rig.connect(address(index), `stranger${index}`));
    const members = Array.from({ length: 10 }, (_, index) => busy(rig.connect(address(100 + index), `member${index}`)));
    expect(members.filter(Boolean).length).toBe(4);
  });

  test('without that reserve, strangers keep members out', () => {
    const rig = new Rig({ maxConnections: 12, maxHandshakes: 2, maxStrangers: 10 });
    for (let index = 0; index < 20; index++) busy(rig.connect(address(index), `stranger${index}`));
    expect(rig.connect(address(100), 'member')).toBeNull();
  });

  test('finishes the handshakes that have begun: a newcomer is turned away, and waits for one that has stalled', () => {
    const rig = new Rig({ maxHandshakes: 5 });
    for (let index = 0; index < 8; index++) rig.open(address(index));
    expect([rig.table.counts.open, rig.ended]).toEqual([5, []]);
    rig.now += STALLED_MS;
    expect([rig.connect(address(9), 'stranger') !== null, rig.ended]).toEqual([true, [address(0)]]);
  });

  test('half-open clients, as many as their rate allows, keep nobody out', () => {
    const rig = new Rig({});
    let honest = 0;
    for (let ms = 0; ms < 10_000; ms += 1) {
      rig.table.open(address(ms), () => undefined, rig.now);
      rig.now += 1;
      if (ms % 100 === 99 && rig.connect(`2001:db8:${ms}::1`, `stranger${ms}`)) honest += 1;
    }
    expect(honest).toBeGreaterThan(0);
    const familiar = new Rig({});
    expect(familiar.connect('198.51.100.1', 'member')).not.toBeNull();
    let members = 0;
    for (let ms = 0; ms < 10_000; ms += 1) {
      familiar.table.open(address(ms), () => undefined, familiar.now);
      familiar.now += 1;
      if (ms % 100 === 99 && familiar.connect('198.51.100.1', 'member')) members += 1;
    }
    expect(members).toBe(100);
  });

  test("has a stranger's handshake give way to a member's address, and never the other way round", () => {
    const rig = new Rig({ maxHandshakes: 3 });
    expect(rig.connect('198.51.100.1', 'member')).not.toBeNull();
    for (let index = 0; index < 3; index++) rig.open(address(index));
    for (let index = 0; index < 3; index++) expect(rig.open('198.51.100.1')).not.toBeNull();
    expect([rig.ended, rig.open('198.51.100.1'), rig.open(address(9))]).toEqual([[address(0), address(1), address(2)], null, null]);
  });

  test('takes fewer where the node is strained, of strangers and of members, and is more patient with those that have begun', () => {
    const limits = { handshakesPerSecond: 10, handshakeBurst: 30 };
    const opened = (strain: number, at: string) => {
      const rig = new Rig(limits);
      rig.connect('198.51.100.1', 'member');
      return Array.from({ length: 100 }, () => rig.table.open(at, () => undefined, rig.now, strain)).filter(Boolean).length;
    };
    expect([1, 4, 8].map((strain) => [opened(strain, '198.51.100.2'), opened(strain, '198.51.100.1')])).toEqual([
      [29, 30],
      [8, 8],
      [4, 4],
    ]);
    const rig = new Rig({ maxHandshakes: 1 });
    const second = (strain: number) => rig.table.open(address(2), () => undefined, rig.now, strain);
    rig.open(address(1));
    rig.now += STALLED_MS;
    expect([second(2), rig.ended]).toEqual([null, []]);
    rig.now += STALLED_MS;
    expect([second(2) !== null, rig.ended]).toEqual([true, [address(1)]]);
  });

  test('ends the stranger that lies idle longest, never one with a request under way', () => {
    const rig = new Rig({ maxStrangers: 3 });
    const first = busy(rig.connect(address(1), 'stranger1'));
    rig.connect(address(2), 'stranger2');
    rig.connect(address(3), 'stranger3');
    expect(rig.connect(address(4), 'stranger4')).not.toBeNull();
    expect(rig.ended).toEqual(['stranger2']);
    done(first, rig.now);
    expect(rig.connect(address(5), 'stranger5')).not.toBeNull();
    expect(rig.ended).toEqual(['stranger2', 'stranger3']);
  });

  test('in a cluster larger than its places, members take turns; a stranger displaces none', () => {
    const rig = new Rig({ maxConnections: 5, maxHandshakes: 1, maxStrangers: 3 });
    rig.connect(address(1), 'stranger1');
    for (const name of ['member2', 'member3', 'member4']) rig.connect(address(2), name);
    expect(rig.connect(address(5), 'member5')).not.toBeNull();
    expect(rig.connect(address(6), 'member6')).not.toBeNull();
    expect(rig.ended).toEqual(['stranger1', 'member2']);
    expect([rig.connect(address(7), 'stranger7'), rig.ended]).toEqual([null, ['stranger1', 'member2']]);
  });

  test.each([
    ['an IPv4 address', () => '203.0.113.7', 32],
    ['an IPv6 /64', (index: number) => `2001:db8:0:1::${index.toString(16)}`, 32],
    ['loopback, where labs run', () => '127.0.0.1', 128],
  ])('bounds what strangers at %s may have', (_name, at, max) => {
    const rig = new Rig({});
    const inside = Array.from({ length: 256 }, (_, index) => busy(rig.connect(at(index), `stranger${index}`))).filter(Boolean);
    expect(inside.length).toBe(max);
    expect(rig.connect('198.51.100.1', 'member')).not.toBeNull();
  });

  test('does not count members against their address: many may live behind one', () => {
    const rig = new Rig({});
    const inside = Array.from({ length: 100 }, (_, index) => rig.connect('203.0.113.7', `member${index}`)).filter(Boolean);
    expect(inside.length).toBe(100);
  });

  test('bounds the connections of one id', () => {
    const rig = new Rig({});
    const inside = Array.from({ length: 20 }, (_, index) => busy(rig.connect(address(index), 'member'))).filter(Boolean);
    expect(inside.length).toBe(16);
  });

  test('bounds new handshakes, and keeps some for the addresses of members', () => {
    const rig = new Rig({ handshakesPerSecond: 10, handshakeBurst: 20 });
    expect(rig.connect('198.51.100.1', 'member')).not.toBeNull();
    const opened = Array.from({ length: 500 }, (_, index) => rig.open(address(index))).filter(Boolean).length;
    expect([opened >= 19 && opened <= 25, rig.open('198.51.100.2'), rig.open('198.51.100.1') !== null]).toEqual([true, null, true]);
    rig.now += 1_000;
    expect(rig.open('198.51.100.2')).not.toBeNull();
  });

  test('a burst before any socket has closed finds a victim for each newcomer, and stays within the limits', () => {
    const { rig, opened } = burst(ConnectionTable);
    expect([opened, rig.ended.length, rig.ended.length === new Set(rig.ended).size, rig.table.counts.open]).toEqual([5, 5, true, 5]);
  });

  test('where a victim keeps its place until its socket has closed, a burst passes the limits', async () => {
    const mutation = { in: 'ConnectionTable.#end', drop: 'delete()' };
    const { ConnectionTable: Late } = await mutant<{ ConnectionTable: typeof ConnectionTable }>(
      'core/transport/server/connections.ts',
      mutation,
    );
    const { rig, opened } = burst(Late);
    expect([opened, new Set(rig.ended).size, rig.table.counts.open]).toEqual([50, 1, 55]);
  });

  test('one address that floods leaves handshakes to the others; loopback, where labs run, is not one address', () => {
    const { rig, opened } = floodFromOneAddress({});
    expect([opened <= 125, rig.open('198.51.100.1') !== null]).toEqual([true, true]);
    const lab = new Rig({});
    expect(Array.from({ length: 300 }, (_, index) => lab.connect('127.0.0.1', `member${index}`)).filter(Boolean).length).toBe(300);
  });

  test('without a share for each address, the one that floods takes all handshakes', () => {
    const { rig } = floodFromOneAddress({ handshakesPerAddressPerSecond: 1e9, handshakeBurstPerAddress: 1e9 });
    expect(rig.open('198.51.100.1')).toBeNull();
  });

  test('an identity comes too late for a connection that gave way', () => {
    const rig = new Rig({ maxHandshakes: 1 });
    const first = rig.open(address(1));
    rig.now += STALLED_MS;
    rig.open(address(2));
    expect(first && rig.table.identify(first, 'member' as NodeId, rig.now)).toBe(false);
  });
});

describe('the server', () => {
  test('keeps answering a member while strangers flood it', async () => {
    const member = makeIdentity();
    const server = await startServer({
      limits: { maxConnections: 12, maxHandshakes: 4, maxStrangers: 4, handshakesPerSecond: 50, handshakeBurst: 50 },
      isKnown: (id) => id === member.id,
    });
    const client = startClient({ identity: member });
    expect((await client.request(server, post())).status).toBe(200);
    const flood = Array.from({ length: 200 }, () => new RawPeer(server.address, makeIdentity(), { localAddress: '127.0.0.2' }));
    for (let index = 0; index < 100; index++) expect((await client.request(server, post())).status).toBe(200);
    await until(() => flood.filter(({ closed }) => closed).length >= 196, 'most of the flood refused');
    const second = startClient({ identity: member });
    expect((await second.request(server, post())).status).toBe(200);
  });

  test('without the limits, the flood gets in', async () => {
    const server = await startServer({
      limits: { maxConnections: 2_000, maxHandshakes: 1_000, maxStrangers: 1_000, maxStrangersPerLoopbackAddress: 1_000 },
    });
    const flood = Array.from({ length: 200 }, () => new RawPeer(server.address));
    await until(() => flood.every(({ secure }) => secure), 'all handshakes', 60_000);
    expect(flood.filter(({ closed }) => closed)).toEqual([]);
  });

  test('ends connections before TLS begins while its node is strained', async () => {
    const limits = { handshakesPerSecond: 0.01, handshakeBurst: 2 };
    const server = await startServer({ limits, strain: () => 8 });
    const [first, second] = [await new RawPeer(server.address).connected(), await new RawPeer(server.address).connected()];
    expect([first.secure, second.secure, second.closed, server.server.counts]).toEqual([
      true,
      false,
      true,
      { open: 1, handshakes: 0, identified: 1, turnedAway: 1 },
    ]);
    const calm = await startServer({ limits });
    for (let count = 0; count < 2; count += 1) expect((await new RawPeer(calm.address).connected()).secure).toBe(true);
  });

  test('frees a place when a connection ends, at whatever point', async () => {
    const server = await startServer({ limits: { maxConnections: 6, maxHandshakes: 3, maxStrangers: 3 } });
    for (let index = 0; index < 12; index++) {
      const peer = await new RawPeer(server.address).connected();
      if (index % 2 === 0) await (await peer.say('GET /v1/status HTTP/1.1\r\nhost: a\r\n\r\n')).statuses();
      peer.socket.destroy();
    }
    expect((await startClient().request(server, post())).status).toBe(200);
  });

  test('asks who may use a route before it reads the body', async () => {
    const server = await startServer({
      authorize: (_from, route) => {
        if (!route.open) throw new GossipError('GOSSIP_E_NOT_ADMITTED', 'say hello first');
      },
    });
    const client = startClient();
    const refused = await client.request(server, post());
    expect([refused.status, (await client.request(server, post('{}', '/v1/hello'))).status, server.seen.length]).toEqual([401, 200, 1]);
    const early = await new RawPeer(server.address).say('POST /v1/configuration HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\n');
    expect(await early.statuses()).toEqual([401]);
    // The hello needs no other connection: a handshake costs more than all of this.
    await early.say(`${'x'.repeat(1_000)}POST /v1/hello HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n{}`);
    await until(() => early.received.includes('HTTP/1.1 200 '), 'the answer to the hello');
    const much = await new RawPeer(server.address).say('POST /v1/configuration HTTP/1.1\r\nhost: a\r\ncontent-length: 100000\r\n\r\n');
    expect(await much.statuses()).toEqual([401]);
    await much.end();
  });

  test('says so when its port is taken', async () => {
    const first = await startServer();
    const port = Number(first.address.split(':')[1]);
    const error = await rejection(startServer({ port }));
    expect([error.code, error.message.includes(String(port))]).toEqual(['GOSSIP_E_PORT', true]);
  });
});

/** 50 newcomers for 5 places, in which handshakes have stalled. */
function burst(Table: typeof ConnectionTable): { rig: Rig; opened: number } {
  const rig = new Rig({ maxHandshakes: 5 }, Table);
  for (let index = 0; index < 5; index++) rig.open(address(100 + index));
  rig.now += STALLED_MS;
  return { rig, opened: Array.from({ length: 50 }, (_, index) => rig.open(address(index))).filter(Boolean).length };
}

/** 2,000 connections of one address within half a second. */
function floodFromOneAddress(limits: Partial<ServerLimits>): { rig: Rig; opened: number } {
  const rig = new Rig(limits);
  let opened = 0;
  for (let index = 0; index < 2_000; index++) {
    if (rig.table.open('203.0.113.7', () => undefined, index / 4)) opened += 1;
  }
  // The next one comes at the moment of the last.
  rig.now = 498.75;
  return { rig, opened };
}

function busy(connection: Connection | null): Connection | null {
  if (connection) connection.requestsUnderWay += 1;
  return connection;
}
function done(connection: Connection | null | undefined, now: number): void {
  if (!connection) return;
  connection.requestsUnderWay -= 1;
  connection.idleSince = now;
}
