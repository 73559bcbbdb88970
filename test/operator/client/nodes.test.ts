import type { LookupAddress } from 'node:dns';
import { beforeEach, describe, expect, it } from 'vitest';
import { anyNode, findNode, gatherCluster, knownNodes } from '../../../src/operator/client/nodes.ts';
import { NoteBook } from '../../../src/gossip/note-book.ts';
import type { VerifiedNote } from '../../../src/trust/node-note.ts';
import { note } from '../../support/notes.ts';
import type { NodeId } from '../../../src/model/names.ts';
import { peer } from '../../support/records.ts';
import { PaperDoor, rendezvous, root } from '../paper-node.ts';

const cluster = { root, nodes: [peer(3, 'node3')] };
const code = (expected: string) => expect.objectContaining({ code: expected });

let door: PaperDoor;
beforeEach(() => {
  door = new PaperDoor();
  for (const node of [...rendezvous, peer(3, 'node3'), peer(4, 'node4')]) door.add(node);
});

/** The first rendezvous node tells of a node that the operator does not know. */
function tellOf(...nodes: ReturnType<typeof peer>[]): void {
  const first = door.nodes.get(peer(1).id);
  if (first) first.status = { peers: nodes.map((node) => ({ ...node, failures: 0, proven: true })) };
}

describe('finding a node', () => {
  it('knows the nodes of root and settings, and asks only whether they are still there', async () => {
    expect(knownNodes(cluster).map(({ name }) => name)).toEqual(['rendezvous1', 'rendezvous2', 'node3']);
    expect(await findNode('rendezvous2', cluster, door)).toEqual(rendezvous[1]);
    expect(await findNode('node3', cluster, door)).toEqual(peer(3, 'node3'));
    expect(await findNode(peer(3).id.slice(0, 8), cluster, door)).toEqual(peer(3, 'node3'));
    expect(door.calls).toEqual(['status rendezvous2', 'status node3', 'status node3']);
  });

  it('takes an address, and finds out who listens there', async () => {
    expect(await findNode(peer(4).address, cluster, door)).toEqual(peer(4, 'node4'));
    await expect(findNode('10.9.9.9:7946', cluster, door)).rejects.toThrow(code('GOSSIP_E_UNREACHABLE'));
  });

  it('tries every address of a host, until a node answers', async () => {
    const address = (text: string, family: 4 | 6) => ({ address: text, family });
    const [host = '', port = ''] = peer(4).address.split(':');
    const hosts: Readonly<Record<string, readonly LookupAddress[]>> = {
      both: [address('::1', 6), address('10.9.9.9', 4), address(host, 4)],
      gone: [address('::1', 6), address('10.9.9.9', 4)],
      none: [],
    };
    const find = (name: string) => findNode(`${name}:${port}`, cluster, door, async (asked) => hosts[asked] ?? []);
    expect(await find('both')).toEqual(peer(4, 'node4'));
    await expect(find('gone')).rejects.toThrow(expect.objectContaining({ message: expect.stringContaining('[::1]') }));
    await expect(find('none')).rejects.toThrow(code('GOSSIP_E_UNREACHABLE'));
  });

  it('asks the cluster for a name that it does not know', async () => {
    tellOf(peer(4, 'node4'));
    expect(await findNode('node4', cluster, door)).toEqual(peer(4, 'node4'));
    await expect(findNode('node5', cluster, door)).rejects.toThrow(code('GOSSIP_E_NODE_UNKNOWN'));
  });

  it('does not choose between two nodes of one name', async () => {
    tellOf(peer(4, 'twin'), peer(5, 'twin'));
    door.add(peer(5, 'twin'));
    const fourth = door.nodes.get(peer(4).id);
    if (fourth) fourth.status = { name: 'twin' };
    await expect(findNode('twin', cluster, door)).rejects.toThrow(/several nodes are called 'twin'/);
  });

  it('gives a name that was used again to the node that lives', async () => {
    tellOf(peer(4, 'twin'), peer(5, 'twin'));
    door.add(peer(5, 'twin'));
    const fourth = door.nodes.get(peer(4).id);
    if (fourth) fourth.status = null;
    expect(await findNode('twin', cluster, door)).toEqual(peer(5, 'twin'));
  });

  it('says that nobody answers rather than that there is no such node', async () => {
    for (const node of door.nodes.values()) node.status = null;
    await expect(findNode('node4', cluster, door)).rejects.toThrow(code('GOSSIP_E_UNREACHABLE'));
  });
});

describe('any node', () => {
  it('is the first rendezvous node that answers', async () => {
    expect(await anyNode(cluster, door)).toEqual(rendezvous[0]);
    (door.nodes.get(peer(1).id) as { status: null }).status = null;
    expect(await anyNode(cluster, door)).toEqual(rendezvous[1]);
  });

  it('is another known node when all rendezvous nodes are down', async () => {
    for (const { id } of rendezvous) (door.nodes.get(id) as { status: null }).status = null;
    expect(await anyNode(cluster, door)).toEqual(peer(3, 'node3'));
    (door.nodes.get(peer(3).id) as { status: null }).status = null;
    await expect(anyNode(cluster, door)).rejects.toThrow(/asked rendezvous1, rendezvous2, node3/);
  });

  it('is none that was revoked, where another answers', async () => {
    const outside = { code: 'GOSSIP_E_REVOKED', message: 'this node was revoked' } as const;
    (door.nodes.get(peer(1).id) as { status: object }).status = { outside };
    expect(await anyNode(cluster, door)).toEqual(rendezvous[1]);
    for (const { id } of [rendezvous[1] as { id: NodeId }, peer(3)]) (door.nodes.get(id) as { status: null }).status = null;
    expect(await anyNode(cluster, door)).toEqual(rendezvous[0]);
  });

  it('is one that is there and late, where no other answers; those where nobody is are not waited for', async () => {
    const [first, second] = rendezvous as [(typeof rendezvous)[0], (typeof rendezvous)[0]];
    for (const { id } of [first, peer(3)]) (door.nodes.get(id) as { status: null }).status = null;
    door.late.add(second.id);
    expect(await anyNode(cluster, door)).toEqual(second);
    expect(door.calls.filter((call) => call.startsWith('patient'))).toEqual(['patient-status rendezvous2']);
  });
});

describe('everybody who can be found', () => {
  const answering = async () =>
    (await gatherCluster(cluster, door)).sightings.filter(({ answer }) => 'status' in answer).map(({ node }) => node.name);

  it('is asked once more, with patience, where all are late', async () => {
    for (const { id } of [...rendezvous, peer(3)]) door.late.add(id);
    expect((await answering()).toSorted()).toEqual(['node3', 'rendezvous1', 'rendezvous2']);
  });

  it('is asked once where somebody answers, or where nobody is', async () => {
    door.late.add(peer(1).id);
    expect((await answering()).toSorted()).toEqual(['node3', 'rendezvous2']);
    for (const { id } of [...rendezvous, peer(3)]) (door.nodes.get(id) as { status: null }).status = null;
    expect(await answering()).toEqual([]);
    expect(door.calls.filter((call) => call.startsWith('patient'))).toEqual([]);
  });
});

describe('who was forgotten or revoked', () => {
  const names = async (...notes: readonly VerifiedNote[]): Promise<readonly string[]> => {
    const book = new NoteBook();
    book.merge(notes);
    const first = door.nodes.get(peer(1).id);
    if (first) first.status = { ...first.status, notes: { count: book.size, digest: book.digest } };
    const asking = { status: door.status.bind(door), notes: async () => book };
    return (await gatherCluster({ ...cluster, nodes: [peer(3, 'node3'), peer(8, 'gone')] }, asking)).sightings.map(({ node }) => node.name);
  };

  it('is missed by nobody while it does not answer', async () => {
    expect(await names()).toContain('gone');
    expect(await names(note('forget', peer(8).id))).not.toContain('gone');
    expect(await names(note('revoke', peer(8).id))).not.toContain('gone');
    expect(await names(note('admit', peer(8).id))).toContain('gone');
  });

  it('is shown where it answers', async () => {
    expect(await names(note('forget', peer(3).id), note('revoke', peer(2).id))).toEqual(expect.arrayContaining(['node3', 'rendezvous2']));
  });
});
