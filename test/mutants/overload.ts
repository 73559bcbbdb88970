/** Law 10 broken: work that cannot be finished is begun, handshakes are thrown away, or a node that is behind goes on as before. */
import type { Mutant } from './mutant.ts';

export const OVERLOAD: readonly Mutant[] = [
  {
    name: 'an instance that took over judges others at once',
    breaks: 'law 10',
    edits: [{ in: 'Membership.start', drop: 'tookOver()' }],
    test: { name: 'doubts itself first when all have just updated' },
  },
  {
    name: 'any number of connections is begun at a time',
    breaks: 'law 10',
    edits: [{ in: 'HandshakeBound.isFull', is: 'false' }],
    test: { name: 'at a time, in a burst, and in each second after that' },
  },
  {
    name: 'any number of connections is begun in each second',
    breaks: 'law 10',
    edits: [{ in: 'HandshakeBound.begin', drop: 'take()' }],
    test: { name: 'at a time, in a burst, and in each second after that' },
  },
  {
    name: 'calls wait for a connection that cannot be begun before they end',
    breaks: 'law 10',
    edits: [{ in: 'Handshakes.#refusal', of: ['now', '>', 'endsAt'], is: 'false' }],
    test: { name: 'its turn would come after its deadline' },
  },
  {
    name: 'any number of peers wait for a connection to be begun',
    breaks: 'law 10',
    edits: [{ in: 'Handshakes.#refusal', of: ['ahead', '>=', 'maxWaiting'], is: 'false' }],
    test: { name: 'too many wait' },
  },
  {
    name: 'a peer whose handshakes come to nothing is tried again at once',
    breaks: 'law 10',
    edits: [{ in: 'Handshakes.#refusal', never: 'leftMs' }],
    test: { name: 'the last handshakes with the peer came to nothing' },
  },
  {
    name: 'peers are tried again in chorus',
    breaks: 'law 10',
    edits: [{ in: 'BackOff.failed', of: ['#random()', '0.5'], is: '1' }],
    test: { name: 'is left alone for longer each time, up to eight seconds, and never as long as another' },
  },
  {
    name: 'for each call that is given up another handshake is begun',
    breaks: 'law 10',
    edits: [{ in: 'PeerConnections.needs', of: ['#next()', '#connecting'], is: 'this.#next(0)' }],
    test: { name: 'goes on when its call is given up, and serves the next one' },
  },
  {
    name: 'a connection that comes too late for its call is thrown away',
    breaks: 'law 10',
    edits: [{ in: 'PeerConnections.came', drop: 'push()' }],
    test: { name: 'that came too late for its call is kept for the next' },
  },
  {
    name: 'a call that was never sent is told as the silence of the peer',
    breaks: 'law 10',
    edits: [{ in: 'PeerConnections.#tell', of: ['index', '#connecting'], is: 'false' }],
    test: { name: 'says of a call whose connection was never begun that it was this node that had no time for it' },
  },
  {
    name: 'that this node had no time counts against the peer',
    breaks: 'law 10',
    edits: [{ in: 'acquitsPeer', drop: 'GOSSIP_E_BUSY' }],
    test: { name: 'what this node itself did not try counts against nobody: not the peer, not the module (law 10)' },
  },
  {
    name: 'large calls take all connections to a peer',
    breaks: 'law 4',
    edits: [{ in: 'PeerConnections.#next', of: ['maxConnectionsPerPeer', '1'], is: 'Infinity' }],
    test: { name: 'leave one place to small calls, however many large ones wait' },
  },
  {
    name: 'a newcomer ends a handshake that is under way',
    breaks: 'law 10',
    edits: [{ in: 'ConnectionTable.#giveWay', drop: '#stalledSince' }],
    test: { name: 'finishes the handshakes that have begun' },
  },
  {
    name: "strangers' handshakes keep members out",
    breaks: 'C8, C9',
    edits: [{ in: 'ConnectionTable.#roomForHandshake', of: ['#familiar', '#end()'], is: 'false' }],
    test: { name: "has a stranger's handshake give way to a member's address, and never the other way round" },
  },
  {
    name: 'a strained node takes as many connections as ever',
    breaks: 'law 10, C9',
    edits: [{ in: 'ConnectionTable.open', of: ['bucket', 'take()'], is: 'bucket.take(now)' }],
    test: { name: 'takes fewer where the node is strained, of strangers and of members, and is more patient with those that have begun' },
  },
  {
    name: 'rounds are as long as ever on a strained node',
    breaks: 'law 10',
    edits: [{ in: 'Ports.round', of: ['periodMs', 'level'], is: 'periodMs' }],
    test: { name: 'a round takes so many times longer' },
  },
  {
    name: 'one long pause strains a node',
    breaks: 'law 10',
    edits: [{ in: 'Strain.#lateMs', of: ['TIMERS', '2'], is: 'TIMERS - 1' }],
    test: { name: 'a single long pause, as when a laptop sleeps' },
  },
  {
    name: 'a node does not say that it is behind',
    breaks: 'law 10, law 9',
    edits: [{ in: 'Pulse.#tell', drop: 'emit()' }],
    test: { name: 'it is told when it begins and when it is over, and not in between' },
  },
  {
    name: 'nobody hears that a connection has ended unmeant',
    breaks: 'law 9',
    edits: [{ in: 'LostConnections.#lost', drop: '#tell()' }],
    test: { name: 'the process of the peer is killed' },
  },
  {
    name: 'a node that stops ends its connections without a word',
    breaks: 'law 9',
    edits: [{ in: 'server.Running.#end', always: 'writable' }],
    test: { name: 'the peer stops in order: not told' },
  },
];
