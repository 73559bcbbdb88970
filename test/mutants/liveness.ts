/** Laws 4, 6, 7, 8 and 9 broken: a core that depends on its modules, on clocks or on one node, that does not end equal, or hides what is. */
import type { Mutant } from './mutant.ts';

export const LIVENESS: readonly Mutant[] = [
  {
    name: 'backup gossip rests while all modules are well',
    breaks: 'law 4, law 6',
    edits: [{ in: 'Backup.#round', of: ['partner', 'undefined'], is: "$ || this.#rate.rate === 'slow'" }],
    test: { name: 'is slow while modules gossip usefully, and not less' },
  },
  {
    name: 'a useless module does not hurry backup gossip',
    breaks: 'law 4',
    edits: [{ in: 'Standing.trouble', always: '#useful()' }],
    test: { name: 'is fast while a module does not gossip usefully, and says why' },
  },
  {
    name: 'backup gossip waits for its slow timer when a module falls over',
    breaks: 'law 4',
    edits: [{ in: 'Backup.reassess', never: 'hurried' }],
    test: { name: 'turns fast at once when an instance falls over' },
  },
  {
    name: 'the breaker never opens',
    breaks: 'law 4',
    edits: [{ in: 'Restarts.failed', drop: 'BREAKER_FAILURES' }],
    test: { name: 'in a loop opens the breaker; a new deployment closes it' },
  },
  {
    name: 'a failed start is tried again at once',
    breaks: 'law 4',
    edits: [{ in: 'ModuleUpdate.#ready', always: ['failure', 'until'] }],
    test: { name: 'pauses double, then the breaker leaves long ones' },
  },
  {
    name: 'an instance that fails takes the running one with it',
    breaks: 'law 4',
    edits: [
      {
        in: 'ModuleUpdate.#rejected',
        of: ['#next', '='],
        is: '(this.#active !== null && this.#end(this.#active), (this.#active = null), ($))',
      },
    ],
    test: { name: 'held.txt' },
  },
  {
    name: 'a failed deployment is never tried again',
    breaks: 'law 4, law 6',
    edits: [{ in: 'ModuleUpdate.#ready', drop: 'set()' }],
    test: { name: 'pauses double, then the breaker leaves long ones' },
  },
  {
    name: 'new deployments are not pushed as rumors',
    breaks: 'law 6',
    edits: [{ in: 'GossipNode.#follow', drop: 'spread()' }],
    test: { name: 'is known by 40 nodes in a few rounds' },
  },
  {
    name: 'a rumor is told once and no more',
    breaks: 'law 6',
    edits: [{ in: 'Rumors.#rounds', is: '0' }],
    test: { name: 'where nobody answers it goes on' },
  },
  {
    name: 'a rumor never ends',
    breaks: 'law 6',
    edits: [
      { in: 'Rumors.#round', drop: '-=' },
      { in: 'Rumors.answered', drop: 'clear()' },
      { in: 'Rumors.#push', drop: ['told', 'add()'] },
    ],
    test: { name: 'a rumor ends: once everybody knows' },
  },
  {
    name: 'what the other side lacks is not pushed',
    breaks: 'law 6',
    edits: [{ in: 'Reconciler.#settle', never: ['asked', 'length'] }],
    test: { name: 'what a peer lacks is pushed at once' },
  },
  {
    name: 'a configuration that needs several messages ends after the first',
    breaks: 'law 6',
    edits: [{ in: 'Reconciler.#settle', drop: 'hinted()' }],
    test: { name: 'as long as it brings something new an exchange goes on' },
  },
  {
    name: "different digests of modules' messages are not followed up",
    breaks: 'law 6',
    edits: [{ in: 'Mediator.#compare', always: 'digest' }],
    test: { name: 'and configurations are compared all the same' },
  },
  {
    name: 'a summary of full length speaks for all hashes',
    breaks: 'law 6',
    edits: [{ in: 'covers', always: 'MAX_SUMMARY' }],
    test: { name: 'speaks for its window alone' },
  },
  {
    name: 'peers that fail are never tried again',
    breaks: 'law 6, law 8',
    edits: [
      { in: 'Pool.draw', of: ['find()', '??'], is: 'undefined' },
      { in: 'hint-entry.weight', is: 'failures > 0 ? 0 : 1' },
    ],
    test: { name: 'dead peers are kept and still tried, less often than good ones' },
  },
  {
    name: 'the parts follow a clock that runs backwards',
    breaks: 'law 7',
    edits: [{ in: 'Ports.begin', of: 'max()', is: 'now' }],
    test: { name: 'the clock of the parts never runs backwards (law 7)' },
  },
  {
    name: "a node's certificate is only good for a few years",
    breaks: 'law 7',
    edits: [{ in: 'certificate.always', of: '99991231235959Z', is: "'20280101000000Z'" }],
    test: { name: 'holds at every time a clock can show' },
  },
  {
    name: 'a core that stood still takes that for the silence of its hosts',
    breaks: 'law 7, law 4',
    edits: [{ in: 'Ticker.#tick', of: 'min()', is: 'now - this.#last' }],
    test: { name: 'does not take its own standstill for the silence of a host' },
  },
  {
    name: 'incarnations follow the clock',
    breaks: 'law 7',
    edits: [{ in: 'incarnation.after', of: ['last', '1'], is: 'Math.floor(Date.now() / 1_000)' }],
    test: { name: 'it counts the starts' },
  },
  {
    name: 'backup gossip knows no peers but rendezvous nodes',
    breaks: 'law 8',
    edits: [
      { in: 'Backup.#partner', drop: ['hints', 'pick()'] },
      { in: 'Backup.#partner', drop: ['view', 'pick()'] },
    ],
    test: { name: 'a dead peer that comes back at its old address is found again' },
  },
  {
    name: 'code is asked of rendezvous nodes alone',
    breaks: 'law 8, A12',
    edits: [
      { in: 'CodeFetch.#source', drop: 'lastTold()' },
      { in: 'CodeFetch.#source', drop: 'pick()' },
    ],
    test: { name: 'also when none of the honest ones is a rendezvous node' },
  },
  {
    name: 'the hints on disk are not read at the start',
    breaks: 'law 8',
    edits: [{ file: 'gossip/node.ts', from: '    hints.restore(options.hints);', to: '' }],
    test: { name: 'a node that starts again knows its peers by the hints on its disk' },
  },
  {
    name: 'a module that is held is told as running',
    breaks: 'law 9',
    edits: [{ in: 'conditionOf', of: 'held', is: "'running'" }],
    test: { name: 'an old instance that crashes meanwhile is restarted from its checkpoint' },
  },
  {
    name: 'a module that is held does not say why',
    breaks: 'law 9',
    edits: [{ in: 'conditionOf', of: ['state', 'failed'], is: '{ ...$, why: null }' }],
    test: { name: 'and it is tried again' },
  },
  {
    name: 'a state that a running instance withholds is replaced by the last checkpoint',
    breaks: 'law 9',
    edits: [{ in: 'ModuleUpdate.stateTaken', of: '#withheld()', is: 'this.#handOver.lostOld(this.#next)' }],
    test: { name: 'no-state.txt' },
  },
  {
    name: 'a checkpoint that fails is not told before an update',
    breaks: 'law 9',
    edits: [{ in: 'Health.stateTaken', drop: ['#checkpointError', '='] }],
    test: { name: 'that cannot be saved is told at once and once, long before an update' },
  },
  {
    name: 'an old state is not told',
    breaks: 'law 9',
    edits: [{ in: 'HandOver.loaded', drop: ['restoredFromMs', '='] }],
    test: { name: 'of an instance that crashed comes from its checkpoint, and its age is told' },
  },
  {
    name: 'a checkpoint grows young by being written again',
    breaks: 'law 9',
    edits: [{ in: 'HandOver.finish', of: '#persist()', is: 'this.#persist(next, next.state)' }],
    test: { name: 'of an instance that crashed comes from its checkpoint, and its age is told' },
  },
  {
    name: 'a scrub takes the state of a fallback that began in its epoch',
    breaks: 'law 3',
    edits: [{ in: 'HandOver.drained', drop: 'isOutdated' }],
    test: { name: 'that scrubs takes nothing from an old deployment that began in its epoch meanwhile' },
  },
  {
    name: 'the state of a fallback from before the scrub is kept on disk',
    breaks: 'law 3',
    edits: [{ in: 'HandOver.#persist', never: 'isOutdated' }],
    test: {
      name: 'behind a scrub takes nothing from an old deployment that began in its epoch meanwhile, and that leaves nothing on the disk',
    },
  },
  {
    name: 'the last state of a fallback from before the scrub is kept on disk',
    breaks: 'law 3',
    edits: [{ in: 'keepLastStates', drop: 'isOutdated' }],
    test: { name: 'an orderly end keeps nothing of a fallback from before the scrub' },
  },
  {
    name: 'a message that receive() cannot answer is not counted',
    breaks: 'law 9',
    edits: [{ in: 'Mediator.delivered', never: 'unansweredByModule()' }],
    test: { name: 'is counted where it happened, noted with its peer and place' },
  },
  {
    name: 'a module that fails is no error in the log',
    breaks: 'law 9',
    edits: [{ in: 'levelOf', never: 'failed' }],
    test: { name: 'a module that fails is an error' },
  },
  {
    name: 'code that nobody has is not told',
    breaks: 'law 9',
    edits: [{ in: 'ModuleUpdate.codeMissing', drop: '#fetchFailure' }],
    test: { name: 'giving up is never final' },
  },
  {
    name: 'what runs is told by the record, not by the instance',
    breaks: 'law 9, law 2',
    edits: [{ in: 'loading.load', never: ['found', 'expected'] }],
    test: { name: 'refuses other bytes than those expected, and runs none of them (law 2)' },
  },
  {
    name: 'a disk that refuses is not told',
    breaks: 'law 9',
    edits: [{ in: 'Core.#ports.remarks.disk', is: 'undefined' }],
    test: { name: 'a disk that refuses is shown while it does, said once, and gossip goes on' },
  },
  {
    name: 'a node that reaches nobody does not say so',
    breaks: 'law 9',
    edits: [{ in: 'Reachability.#failed', drop: ['#trouble', '='] }],
    test: { name: 'says once that nobody answers, and why' },
  },
];
