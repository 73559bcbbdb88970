/** The door for applications broken: who comes in, what he may cost, and what an update loses of what he was told. */
import type { Mutant } from './mutant.ts';

export const DOOR: readonly Mutant[] = [
  {
    name: 'whoever reaches the port of the door comes in',
    breaks: 'C10',
    edits: [{ in: 'checkToken', always: ['shown', 'wanted', '&&'] }],
    test: { name: 'over TCP needs the token, to the letter' },
  },
  {
    name: 'the socket of the door is open to everybody',
    breaks: 'C10',
    edits: [{ in: 'listenOnSocket', of: ['chmodSync()', 'mode'], is: 'chmodSync(path, 0o666)' }],
    test: { name: 'is decided by the permissions of the socket: its user alone, unless it is said otherwise' },
  },
  {
    name: 'the door removes whatever lies in the place of its socket',
    breaks: 'law 5',
    edits: [{ in: 'socket.clear', never: 'isSocket()' }],
    test: { name: 'is not taken from a program that listens there, nor a file or directory removed' },
  },
  {
    name: 'requests of applications begin as fast as they come',
    breaks: 'law 10, C8',
    edits: [{ in: 'Turns.#may', is: 'true' }],
    test: { name: 'a flood begins in turn and is all answered; on a strained node so many times slower' },
  },
  {
    name: 'requests of applications may be on top of each other without end',
    breaks: 'C8',
    edits: [{ in: 'DoorServing.serve', never: ['open', 'MAX_PIPELINED'] }],
    test: { name: 'requests on top of each other in one connection are few' },
  },
  {
    name: 'a warrant serves whoever shows it',
    breaks: 'B14',
    edits: [{ in: 'verifyWarrant', never: ['operator', 'from', '!=='] }],
    test: {
      name: 'a module is asked from afar by operators alone: no member without the warrant of a deploy key, nor with that of another',
    },
  },
  {
    name: 'members ask modules as operators do',
    breaks: 'B14',
    edits: [{ in: 'authorize', never: 'operator' }],
    test: { name: "members may ask anything but what is the operators', who show a warrant" },
  },
  {
    name: 'whoever observes gets states, too',
    breaks: 'B14',
    edits: [{ in: 'verifyWarrant', always: 'need' }],
    test: { name: 'a key that observes is good for what lies open to it, and for nothing that takes one who may deploy' },
  },
  {
    name: 'any number of operators may watch',
    breaks: 'C8',
    edits: [{ in: 'OperatorCalls.#refuseCrowd', never: ['all', 'MAX_WATCHING'] }],
    test: {
      name: 'few operators may watch, and fewer with one identity: the places are the peers; one who goes, or is refused, makes room',
    },
  },
  {
    name: 'any number of states is held for operators who read slowly',
    breaks: 'C8',
    edits: [{ in: 'StateServer.answer', never: '#isGiving' }],
    test: { name: 'while one is read no other is taken; a failure and an operator who left free the place' },
  },
  {
    name: 'bodies of applications take any memory',
    breaks: 'C6',
    edits: [{ in: 'DoorServing.#ask', never: ['maxBufferedBytes', '>'] }],
    test: { name: 'bodies of requests under way share a bounded memory' },
  },
  {
    name: 'any number may watch',
    breaks: 'C8',
    edits: [{ in: 'Publications.watch', never: ['#watchers', 'maxWatchers'] }],
    test: { name: 'so many may watch; one who goes makes room' },
  },
  {
    name: 'events are written to whoever has not taken the last ones',
    breaks: 'C13',
    edits: [{ in: 'Publications.#write', never: 'givenAt' }],
    test: { name: 'a slow watcher loses events and is told how many; a fast one beside it loses none, and the node keeps no more for it' },
  },
  {
    name: 'a watcher that is behind does not hear what it has lost',
    breaks: 'law 9',
    edits: [{ in: 'Stream.take', never: ['next', '#first'] }],
    test: { name: 'whatever happens, each watcher has every event once and in order, or hears how many it has lost' },
  },
  {
    name: 'a place in the stream of another node is taken for an own one',
    breaks: 'law 9',
    edits: [{ in: 'origin.originOf', of: 'node', is: '0' }],
    test: { name: 'who comes with a place of another node, or of another module, is told that nobody knows what is lost' },
  },
  {
    name: 'the registry stamps by counting on alone',
    breaks: 'law 7',
    edits: [
      { in: 'HybridClock.next', never: ['wall', 'last', '>'] },
      { in: 'hybrid-clock.following', of: 'max()', is: 'last.time + 1' },
    ],
    test: { name: 'lets a write after a kill win over what was written before it and forgotten' },
  },
  {
    name: 'a stamp from the far future moves the clock of the registry',
    breaks: 'law 7',
    edits: [
      { in: 'HybridClock.observe', drop: ['version', 'most', '<='] },
      { in: 'HybridClock.observe', drop: ['time', 'most', '<='] },
    ],
    test: { name: 'is not moved by the far future, and writes after it all the same' },
  },
  {
    name: 'a value that has expired on one node is gone on all',
    breaks: 'law 7',
    edits: [
      { in: 'ReplicatedMap.merge', never: 'isSameWrite()' },
      { in: 'ReplicatedMap.textOf', always: 'ttlMs' },
    ],
    test: {
      name: 'is judged by each node, by its own clock: one that is an hour ahead takes it from nobody else, and one behind brings it back to nobody',
    },
  },
  {
    name: 'a value below the floor of a last-writer map comes back',
    breaks: 'law 1',
    edits: [{ in: 'LastWriterMap.merge', never: ['version', '#floor', '<='] }],
    test: { name: 'agrees also where tombstones were dropped: nobody who slept brings a deleted key back' },
  },
  {
    name: 'an observed-remove map takes what it has seen for news',
    breaks: 'law 1',
    edits: [{ in: 'ObservedRemoveMap.#joined', of: ['count', '#seen', '>'], is: 'true' }],
    test: { name: 'lets what is set elsewhere meanwhile outlive a deletion, and a deletion of what was seen take it for good' },
  },
  {
    name: 'a member believes what others say of its tags',
    breaks: 'B14',
    edits: [{ in: 'TagBook.#answerFor', always: ['#recallRounds', '>'] }],
    test: { name: 'that somebody else gives a node are refuted by it, whatever their version' },
  },
  {
    name: 'a state is taken before what was asked is answered',
    breaks: 'law 5',
    edits: [{ in: 'HandOver.begin', of: ['#isAsked()', 'undefined'], is: 'this.drained(next, old)' }],
    test: { name: 'what was answered before an update is in the state that the new instance takes, however late the answer came' },
  },
  {
    name: 'an instance takes requests while its state is handed over',
    breaks: 'law 5',
    edits: [{ in: 'takingOf', never: ['next', 'active', 'stage'] }],
    test: { name: 'whatever moment of an update a word is asked in, the new instance has it' },
  },
  {
    name: 'an instance whose state was taken goes on publishing',
    breaks: 'law 3',
    edits: [{ in: 'Applications.#publish', never: 'speakingOf()' }],
    test: { name: 'events go out from whoever speaks for the module: never from an instance whose state was taken' },
  },
  {
    name: 'requests of a module go to the core however many are there',
    breaks: 'law 10',
    edits: [{ in: 'Lines.enter', always: ['inside', 'places'] }],
    test: { name: 'more requests than a module has places for wait unread, and all are answered' },
  },
  {
    name: 'a program for events gets the environment of its node',
    breaks: 'D4',
    edits: [{ in: 'handlerEnvironment', of: ['filter()', 'PASSED'], is: 'Object.entries(own)' }],
    test: { name: 'what the node has in its environment stays there, but for what programs need' },
  },
  {
    name: 'what a program for events started outlives it',
    breaks: 'law 10',
    edits: [{ in: 'ProgramRun.#gone', drop: '#signal()' }],
    test: { name: 'what a program leaves behind in its group ends with it; whoever left the group holds nothing up' },
  },
  {
    name: 'any number of requests is with one instance',
    breaks: 'law 10',
    edits: [{ in: 'Applications.#move', of: ['open', 'MAX_OPEN_REQUESTS'], is: 'true' }],
    test: { name: 'so many are open at once, so many wait, and one more is told that the node is busy' },
  },
];
