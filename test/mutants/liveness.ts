/** Laws 4, 6, 7, 8 and 9 broken: a core that depends on its modules, on clocks or on one node, that does not end equal, or hides what is. */
import type { Mutant } from './mutant.ts';

export const LIVENESS: readonly Mutant[] = [
  {
    name: 'backup gossip rests while all modules are well',
    breaks: 'law 4, law 6',
    edits: [
      {
        file: 'gossip/backup.ts',
        from: 'if (partner === undefined) return;',
        to: "if (partner === undefined || this.#rate.rate === 'slow') return;",
      },
    ],
    test: { file: 'gossip/backup.test.ts', name: 'is slow while modules gossip usefully, and not less' },
  },
  {
    name: 'a useless module does not hurry backup gossip',
    breaks: 'law 4',
    edits: [
      {
        file: 'gossip/standing.ts',
        from: 'return this.#useful(now, anyPeers) ? null : `${this.#module} does not gossip usefully`;',
        to: 'return null;',
      },
    ],
    test: { file: 'gossip/backup.test.ts', name: 'is fast while a module does not gossip usefully, and says why' },
  },
  {
    name: 'backup gossip waits for its slow timer when a module falls over',
    breaks: 'law 4',
    edits: [{ file: 'gossip/backup.ts', from: 'if (hurried && due', to: 'if (false && due' }],
    test: { file: 'gossip/backup.test.ts', name: 'turns fast at once when an instance falls over' },
  },
  {
    name: 'the breaker never opens',
    breaks: 'law 4',
    edits: [{ file: 'gossip/restarts.ts', from: 'this.#open ||= this.#times.length >= BREAKER_FAILURES;', to: '' }],
    test: { file: 'gossip/update.test.ts', name: 'in a loop opens the breaker; a new deployment closes it' },
  },
  {
    name: 'a failed start is tried again at once',
    breaks: 'law 4',
    edits: [
      { file: 'gossip/update.ts', from: 'if (restarts.failure === null || restarts.until <= ports.now) return true;', to: 'return true;' },
    ],
    test: { file: 'gossip/update.test.ts', name: 'pauses double, then the breaker leaves long ones' },
  },
  {
    name: 'an instance that fails takes the running one with it',
    breaks: 'law 4',
    edits: [
      {
        file: 'gossip/update.ts',
        from: 'this.#next = null;\n    this.#handOver.abandon();\n    const code',
        to: 'if (this.#active !== null) this.#end(this.#active);\n    this.#active = null;\n    this.#next = null;\n    this.#handOver.abandon();\n    const code',
      },
    ],
    test: { file: 'gossip/update.test.ts', name: 'heals on the next deployment at once' },
  },
  {
    name: 'a failed deployment is never tried again',
    breaks: 'law 4, law 6',
    edits: [{ file: 'gossip/update.ts', from: 'ports.timers.set(slot, restarts.until, () => this.step());', to: 'return false;' }],
    test: { file: 'gossip/update.test.ts', name: 'pauses double, then the breaker leaves long ones' },
  },
  {
    name: 'new deployments are not pushed as rumors',
    breaks: 'law 6',
    edits: [{ file: 'gossip/node.ts', from: 'this.#rumors.spread(applied, from);', to: '' }],
    test: { file: 'gossip/rumor.test.ts', name: 'is known by 40 nodes in a few rounds' },
  },
  {
    name: 'a rumor is told once and no more',
    breaks: 'law 6',
    edits: [{ file: 'gossip/rumor.ts', from: 'Math.ceil(Math.log(this.#parts.hints.size + 2)) + RUMOR_MARGIN', to: '0' }],
    test: { file: 'gossip/rumor.test.ts', name: 'a rumor is told again each round' },
  },
  {
    name: 'a rumor never ends',
    breaks: 'law 6',
    edits: [
      { file: 'gossip/rumor.ts', from: 'hot.roundsLeft -= 1;', to: '' },
      { file: 'gossip/rumor.ts', from: 'if (this.#knew < RUMOR_ENOUGH) return;', to: 'return;' },
    ],
    test: { file: 'gossip/rumor.test.ts', name: 'a rumor ends: once everybody knows' },
  },
  {
    name: 'what the other side lacks is not pushed',
    breaks: 'law 6',
    edits: [
      {
        file: 'gossip/reconcile.ts',
        from: "if (asked.length > 0) return this.push(to, ledByNewest(asked, configuration), 'delta');",
        to: '',
      },
    ],
    test: { file: 'gossip/reconcile.test.ts', name: 'what a peer lacks is pushed at once' },
  },
  {
    name: 'a configuration that needs several messages ends after the first',
    breaks: 'law 6',
    edits: [{ file: 'gossip/reconcile.ts', from: 'if (progress && answer.digest !== configuration.digest) this.hinted(to);', to: '' }],
    test: { file: 'gossip/reconcile.test.ts', name: 'as long as it brings something new an exchange goes on' },
  },
  {
    name: "different digests of modules' messages are not followed up",
    breaks: 'law 6',
    edits: [{ file: 'gossip/mediated.ts', from: 'if (answer.digest === configuration.digest) return;', to: 'return;' }],
    test: { file: 'gossip/mediated.test.ts', name: 'and configurations are compared all the same' },
  },
  {
    name: 'a summary of full length speaks for all hashes',
    breaks: 'law 6',
    edits: [
      {
        file: 'gossip/summary.ts',
        from: 'summary.length < MAX_SUMMARY || first === undefined',
        to: 'summary.length > 0 || first === undefined',
      },
    ],
    test: { file: 'gossip/configuration.test.ts', name: 'speaks for its window alone' },
  },
  {
    name: 'peers that fail are never tried again',
    breaks: 'law 6, law 8',
    edits: [
      {
        file: 'gossip/pool.ts',
        from: 'return this.#members.find((member, place) => place >= begin && fits(member)) ?? this.#members.find(fits);',
        to: 'return begin < 0 ? this.#members[0] : undefined;',
      },
      { file: 'gossip/hints.ts', from: 'Math.max(LEAST_WEIGHT, 1 / (1 + failures))', to: 'failures > 0 ? 0 : 1' },
    ],
    test: { file: 'gossip/hints.test.ts', name: 'dead peers are kept and still tried, less often than good ones' },
  },
  {
    name: 'the parts follow a clock that runs backwards',
    breaks: 'law 7',
    edits: [{ file: 'gossip/ports.ts', from: 'this.#now = Math.max(this.#now, now);', to: 'this.#now = now;' }],
    test: { file: 'gossip/node.test.ts', name: 'the clock of the parts never runs backwards (law 7)' },
  },
  {
    name: "a node's certificate is only good for a few years",
    breaks: 'law 7',
    edits: [{ file: 'trust/certificate.ts', from: '99991231235959Z', to: '20280101000000Z' }],
    test: { file: 'trust/identity.test.ts', name: 'holds at every time a clock can show' },
  },
  {
    name: 'a core that stood still takes that for the silence of its hosts',
    breaks: 'law 7, law 4',
    edits: [{ file: 'core/hosting/process/watch.ts', from: 'Math.min(now - this.#last, 2 * TICK_MS)', to: 'now - this.#last' }],
    test: { file: 'core/hosting/watch.test.ts', name: 'does not take its own standstill for the silence of a host' },
  },
  {
    name: 'incarnations follow the clock',
    breaks: 'law 7',
    edits: [{ file: 'core/store/state/incarnation.ts', from: 'return last + 1;', to: 'return Math.floor(Date.now() / 1_000);' }],
    test: { file: 'core/store/incarnation.test.ts', name: 'it counts the starts' },
  },
  {
    name: 'backup gossip knows no peers but rendezvous nodes',
    breaks: 'law 8',
    edits: [{ file: 'gossip/backup.ts', from: '?? hints.pick(free) ?? hints.pickRendezvous(free);', to: '?? hints.pickRendezvous(free);' }],
    test: { file: 'gossip/backup.test.ts', name: 'a dead peer that comes back at its old address is found again' },
  },
  {
    name: 'code is asked of rendezvous nodes alone',
    breaks: 'law 8, A12',
    edits: [
      {
        file: 'gossip/code-fetch.ts',
        from: 'const kinds = [() => job.told.findLast(fits), () => hints.pickRendezvous(fits), () => hints.pick(fits)];',
        to: 'const kinds = [() => hints.pickRendezvous(fits)];',
      },
    ],
    test: { file: 'gossip/code-fetch.test.ts', name: 'also when none of the honest ones is a rendezvous node' },
  },
  {
    name: 'the hints on disk are not read at the start',
    breaks: 'law 8',
    edits: [{ file: 'gossip/node.ts', from: 'hints.restore(options.hints);', to: '' }],
    test: { file: 'gossip/node.test.ts', name: 'a node that starts again knows its peers by the hints on its disk' },
  },
  {
    name: 'a module that is held is told as running',
    breaks: 'law 9',
    edits: [{ file: 'gossip/standing.ts', from: 'if (arrived) return', to: 'if (arrived || active !== null) return' }],
    test: { file: 'gossip/update.test.ts', name: 'heals on the next deployment at once' },
  },
  {
    name: 'a module that is held does not say why',
    breaks: 'law 9',
    edits: [{ file: 'gossip/standing.ts', from: 'deployment, why: failure };', to: 'deployment, why: null };' }],
    test: { file: 'gossip/update.test.ts', name: 'and it is tried again' },
  },
  {
    name: 'a state that a running instance withholds is replaced by the last checkpoint',
    breaks: 'law 9',
    edits: [
      {
        file: 'gossip/update.ts',
        from: "if (purpose === 'hand-over' && 'failure' in taken && this.#next !== null) this.#withheld(active, this.#next, taken.failure);",
        to: "if (purpose === 'hand-over' && 'failure' in taken) this.#handOver.lostOld(this.#next);",
      },
    ],
    test: { file: 'gossip/update.test.ts', name: 'is held when the old instance gives no state, and never takes an older one' },
  },
  {
    name: 'a checkpoint that fails is not told before an update',
    breaks: 'law 9',
    edits: [{ file: 'gossip/health.ts', from: 'this.#checkpointError = failure;', to: '' }],
    test: { file: 'gossip/update.test.ts', name: 'that cannot be saved is told at once and once, long before an update' },
  },
  {
    name: 'an old state is not told',
    breaks: 'law 9',
    edits: [{ file: 'gossip/hand-over.ts', from: 'next.restoredFromMs = ageMs;', to: '' }],
    test: { file: 'gossip/update.test.ts', name: 'of an instance that crashed comes from its checkpoint, and its age is told' },
  },
  {
    name: 'a checkpoint grows young by being written again',
    breaks: 'law 9',
    edits: [
      {
        file: 'gossip/hand-over.ts',
        from: 'this.#persist(next, next.state, restoredFromMs ?? 0);',
        to: 'this.#persist(next, next.state);',
      },
    ],
    test: { file: 'gossip/update.test.ts', name: 'of an instance that crashed comes from its checkpoint, and its age is told' },
  },
  {
    name: 'a scrub takes the state of a fallback that began in its epoch',
    breaks: 'law 3',
    edits: [{ file: 'gossip/hand-over.ts', from: 'if (scrubs || !this', to: 'if (!this' }],
    test: { file: 'gossip/update.test.ts', name: 'that scrubs takes nothing from an old deployment that began in its epoch meanwhile' },
  },
  {
    name: 'a message that receive() cannot answer is not counted',
    breaks: 'law 9',
    edits: [{ file: 'gossip/mediated.ts', from: 'if (unansweredByModule(code)) standing', to: 'if (false) standing' }],
    test: { file: 'gossip/mediated.test.ts', name: 'is counted where it happened, noted with its peer and place' },
  },
  {
    name: 'a module that fails is no error in the log',
    breaks: 'law 9',
    edits: [
      {
        file: 'core/log/protocol-notes.ts',
        from: "return note.state === 'failed' ? 'error' : note.state === 'held'",
        to: "return note.state === 'held'",
      },
    ],
    test: { file: 'core/log/protocol-notes.test.ts', name: 'a module that fails is an error' },
  },
  {
    name: 'code that nobody has is not told',
    breaks: 'law 9',
    edits: [{ file: 'gossip/update.ts', from: 'this.#fetchFailure = failure;\n', to: '' }],
    test: { file: 'gossip/code-fetch.test.ts', name: 'giving up is never final' },
  },
  {
    name: 'what runs is told by the record, not by the instance',
    breaks: 'law 9, law 2',
    edits: [{ file: 'core/hosting/host.ts', from: 'if (textOf(code) !== expected)', to: 'if (expected === undefined)' }],
    test: { file: 'core/hosting/load.test.ts', name: 'refuses other bytes than those expected, and runs none of them (law 2)' },
  },
  {
    name: 'a disk that refuses is not told',
    breaks: 'law 9',
    edits: [{ file: 'core/core.ts', from: 'disk: (what, refusal) => this.#disk.tell(what, refusal),', to: 'disk: () => undefined,' }],
    test: { file: 'core/core.test.ts', name: 'a disk that refuses is shown while it does, said once, and gossip goes on' },
  },
  {
    name: 'a node that reaches nobody does not say so',
    breaks: 'law 9',
    edits: [{ file: 'core/peers/reachability.ts', from: 'this.#trouble = failure;', to: '' }],
    test: { file: 'core/peers/reachability.test.ts', name: 'says once that nobody answers, and why' },
  },
];
