/** The attacks on gossip (B rows): hints that are believed, peers that are not who they say, numbers that are taken twice. */
import type { Mutant } from './mutant.ts';

export const GOSSIP: readonly Mutant[] = [
  {
    name: 'an old record goes out without the newest of its module',
    breaks: 'B6, D12',
    edits: [
      {
        file: 'gossip/reconcile.ts',
        from: 'records.flatMap((record) => [...first(record), record])',
        to: 'records.flatMap((record) => [record, ...first(record)].slice(0, 1))',
      },
    ],
    test: { file: 'gossip/reconcile.test.ts', name: 'an old record never goes out without the newest of its module' },
  },
  {
    name: 'hints cost no budget',
    breaks: 'B1, B2',
    edits: [
      {
        file: 'gossip/budget.ts',
        from: 'return own.left(now) >= 1 && this.#all.take(now) && own.take(now);',
        to: 'return own.left(now) >= 1 || true;',
      },
    ],
    test: { file: 'gossip/mediated.test.ts', name: '10,000 in a second cause at most 70 record fetches and no code fetch' },
  },
  {
    name: 'all peers share one budget',
    breaks: 'B1, B2',
    edits: [{ file: 'gossip/budget.ts', from: 'this.#peers.of(peer, now)', to: 'this.#all' }],
    test: { file: 'gossip/budget.test.ts', name: 'of a peer that has spent its own leaves that of all to others' },
  },
  {
    name: 'there is no budget for all peers together',
    breaks: 'B2',
    edits: [{ file: 'gossip/budget.ts', from: '&& this.#all.take(now) ', to: '' }],
    test: { file: 'gossip/budget.test.ts', name: 'of many liars together is bounded' },
  },
  {
    name: 'code is fetched by what a header says',
    breaks: 'B1, law 2',
    edits: [
      {
        file: 'gossip/mediated.ts',
        from: "if (answer.kind === 'mismatch') accept(answer.records, 'exchange', sent.to);",
        to: "if (answer.kind === 'mismatch') accept(answer.records, 'exchange', sent.to);\n    const code = this.#parts.configuration.newest(sent.module)?.deployment.code;\n    if (answer.kind === 'mismatch' && code) this.#parts.ports.emit({ type: 'fetch-code', token: 0, code, from: sent.to });",
      },
    ],
    test: { file: 'gossip/mediated.test.ts', name: '10,000 in a second cause at most 70 record fetches and no code fetch' },
  },
  {
    name: 'two nodes with nothing to learn keep each other busy',
    breaks: 'B1, law 6',
    edits: [
      {
        file: 'gossip/reconcile.ts',
        from: "const progress = gained > 0 || answer.fresh > 0 || purpose === 'rumor';",
        to: 'const progress = gained >= 0;',
      },
    ],
    test: { file: 'gossip/reconcile.test.ts', name: 'two nodes never keep each other busy' },
  },
  {
    name: 'several exchanges at once with one peer',
    breaks: 'B1',
    edits: [{ file: 'gossip/reconcile.ts', from: 'return !this.#busy.has(id);', to: 'return true;' }],
    test: { file: 'gossip/reconcile.test.ts', name: 'at most one exchange at a time with one peer' },
  },
  {
    name: 'whoever is called answers by calling back',
    breaks: 'B1, B8',
    edits: [
      {
        file: 'gossip/reconcile.ts',
        from: 'const differs = request.summary !== null && request.digest !== configuration.digest;',
        to: "const differs = request.summary !== null && request.digest !== configuration.digest;\n    if (differs && 'address' in from) this.hinted(from);",
      },
    ],
    test: { file: 'gossip/reconcile.test.ts', name: 'nobody makes a node send by calling it' },
  },
  {
    name: 'a removal is no tombstone',
    breaks: 'B6',
    edits: [
      {
        file: 'gossip/update.ts',
        from: 'if (!this.#parts.runs || newest.deployment.code === null) this.#stop(newest);',
        to: 'if (!this.#parts.runs) this.#stop(newest);',
      },
    ],
    test: { file: 'gossip/update.test.ts', name: 'a removal stops the instance and drops its state (attack B6)' },
  },
  {
    name: 'a removal keeps the state',
    breaks: 'B6, law 3',
    edits: [
      {
        file: 'gossip/update.ts',
        from: 'if (removed && !this.#removed) this.#handOver.drop(`removed by ${deploymentName(newest.deployment)}`);',
        to: '',
      },
    ],
    test: { file: 'gossip/update.test.ts', name: 'a removal stops the instance and drops its state (attack B6)' },
  },
  {
    name: 'what a module says of a peer is a hint',
    breaks: 'B17, D11',
    edits: [{ file: 'gossip/mediated.ts', from: 'const known = hints.get(to.id);', to: 'hints.hear(to);\n    const known = to;' }],
    test: {
      file: 'gossip/mediated.test.ts',
      name: 'nobody is called there, nothing stays in the hints, and configurations still spread',
    },
  },
  {
    name: 'one bad hint costs the whole message',
    breaks: 'B17',
    edits: [{ file: 'gossip/wire.ts', from: 'told.filter((each) => v.is(hint, each))', to: 'told' }],
    test: { file: 'gossip/wire.test.ts', name: 'is dropped, and not the message' },
  },
  {
    name: 'the identities of one token are unbounded',
    breaks: 'B19',
    edits: [{ file: 'core/admission/member-list.ts', from: ' && (this.#counts.get(token) ?? 0) < this.#limits.perToken', to: '' }],
    test: { file: 'core/admission/member-list.test.ts', name: '20,010 ids of one token take its places and no more' },
  },
  {
    name: 'a guest takes the place of a member that proved itself',
    breaks: 'B19',
    edits: [
      {
        file: 'core/admission/member-list.ts',
        from: 'this.#proven.add(id);\n    this.#unproven.get(token)?.delete(id);',
        to: 'this.#proven.add(id);',
      },
    ],
    test: { file: 'core/admission/member-list.test.ts', name: 'takes the place of the last that did not, and never of one that did' },
  },
  {
    name: 'exchanges of a module begin as fast as it asks',
    breaks: 'D11',
    edits: [
      {
        file: 'gossip/pace.ts',
        from: 'while (turns.waiting.length > 0 && turns.bucket.take(now))',
        to: 'while (turns.waiting.length > 0)',
      },
    ],
    test: { file: 'gossip/mediated.test.ts', name: 'begins 200 exchanges at once and 100 a second, and a bounded number waits' },
  },
  {
    name: 'every module that was ever removed stays in status and events',
    breaks: 'D12',
    edits: [{ file: 'gossip/modules.ts', from: 'if (removed.length <= MAX_REMOVED_TOLD) return;', to: 'if (removed.length > 0) return;' }],
    test: { file: 'gossip/modules.test.ts', name: 'are folded as it runs' },
  },
  {
    name: 'a configuration holds any number of modules',
    breaks: 'D12',
    edits: [
      {
        file: 'gossip/configuration.ts',
        from: 'if (!this.#makeRoom(module)) return',
        to: "if (module === '' && !this.#makeRoom(module)) return",
      },
    ],
    test: { file: 'gossip/configuration.test.ts', name: 'whatever came first, all keep the same of them' },
  },
  {
    name: 'the table of hints is unbounded',
    breaks: 'B7',
    edits: [
      {
        file: 'gossip/pool.ts',
        from: 'while (this.#members.length >= this.#capacity) {',
        to: 'while (this.#members.length >= this.#capacity && badness === null) {',
      },
    ],
    test: { file: 'gossip/hints.test.ts', name: '100,000 of them take bounded room, and peers that answered survive' },
  },
  {
    name: 'hearsay is as good as an answer',
    breaks: 'B7',
    edits: [
      {
        file: 'gossip/hints.ts',
        from: 'const pool = entry.proven ? this.#proven : this.#unproven;',
        to: 'const pool = entry.id === this.#self ? this.#unproven : this.#proven;',
      },
    ],
    test: { file: 'gossip/hints.test.ts', name: '100,000 of them take bounded room, and peers that answered survive' },
  },
  {
    name: 'hearsay replaces an address that works',
    breaks: 'B7, B14',
    edits: [{ file: 'gossip/hints.ts', from: ' && entry.failures >= FAILURES_TO_DOUBT', to: '' }],
    test: { file: 'gossip/hints.test.ts', name: 'hearsay replaces an address only after that one failed often' },
  },
  {
    name: 'choices go to peers that never answered as often as there are such',
    breaks: 'B7, B8',
    edits: [{ file: 'gossip/hints.ts', from: 'Math.min(share, MOST_UNPROVEN)', to: 'share' }],
    test: { file: 'gossip/hints.test.ts', name: 'half of the choices at most go to peers that never answered' },
  },
  {
    name: 'others are told of peers that never answered',
    breaks: 'B7',
    edits: [
      {
        file: 'gossip/hints.ts',
        from: 'const entry = this.#proven.draw(\n        weight,',
        to: 'const entry = (this.#unproven.size > 0 ? this.#unproven : this.#proven).draw(\n        weight,',
      },
    ],
    test: { file: 'gossip/hints.test.ts', name: 'others are told only of peers that answered here' },
  },
  {
    name: 'no exchange is kept for rendezvous nodes',
    breaks: 'B8',
    edits: [{ file: 'gossip/backup.ts', from: 'this.#count % RENDEZVOUS_EVERY === 0', to: 'this.#count < 0' }],
    test: { file: 'gossip/backup.test.ts', name: 'every fourth exchange goes to a rendezvous node, so no lie lasts' },
  },
  {
    name: 'a peer may be of any class of addresses',
    breaks: 'B9',
    edits: [
      {
        file: 'model/address.ts',
        from: 'if (!CALLABLE.has(range)) {',
        to: "if (range === 'never') {",
      },
    ],
    test: { file: 'core/transport/address.test.ts', name: 'is never called' },
  },
  {
    name: 'a node in a network may be told to call its own loopback',
    breaks: 'B9',
    edits: [{ file: 'core/transport/address.ts', from: 'if (!policy.allowLoopback &&', to: "if (address === '' &&" }],
    test: { file: 'core/transport/address.test.ts', name: 'only by a node that listens on loopback itself' },
  },
  {
    name: 'operators call whatever address a peer tells',
    breaks: 'B9',
    edits: [
      {
        file: 'operator/status/gather.ts',
        from: 'if (!this.#standing.isOwnWord(node)) checkPeerAddress',
        to: 'if (node.id.length === 0) checkPeerAddress',
      },
    ],
    test: { file: 'attacks/hearsay.test.ts', name: 'told by peers, they are not called, and their nodes are named all the same' },
  },
  {
    name: 'an address may be spelled in several ways',
    breaks: 'B9',
    edits: [{ file: 'core/transport/address.ts', from: 'if (canonical !== address) throw', to: "if (canonical === '') throw" }],
    test: { file: 'core/transport/address.test.ts', name: 'is never called' },
  },
  {
    name: 'the pin of a peer is not compared',
    breaks: 'B9, B14',
    edits: [{ file: 'core/transport/tls.ts', from: 'if (actual === expected) return;', to: 'if (actual !== null) return;' }],
    test: { file: 'core/transport/identity.test.ts', name: 'sends nothing to a server with another key than the one meant' },
  },
  {
    name: 'a file is taken whatever its own module has deployed since',
    breaks: 'B11',
    edits: [{ file: 'gossip/configuration.ts', from: '(this.newest(module)?.deployment.number.sequence ?? 0)', to: '0 * module.length' }],
    test: { file: 'gossip/node.test.ts', name: 'is refused as taken once its own module was deployed since' },
  },
  {
    name: 'a number may be taken twice',
    breaks: 'B11',
    edits: [
      {
        file: 'gossip/injection.ts',
        from: 'configuration.taken(record, scope) || ',
        to: '',
      },
    ],
    test: { file: 'gossip/node.test.ts', name: 'a lower sequence' },
  },
  {
    name: 'a node that comes back to an address that it left is no clone',
    breaks: 'B13',
    edits: [
      {
        file: 'gossip/clones.ts',
        from: 'const returned = moved && !restarted && known.addresses.includes(peer.address);',
        to: 'const returned = known.name === peer.address;',
      },
    ],
    test: { file: 'gossip/clones.test.ts', name: 'a node that speaks from two addresses in turn is told once' },
  },
  {
    name: 'a restart on an old address counts as the return of a clone',
    breaks: 'B13',
    edits: [{ file: 'gossip/clones.ts', from: 'moved && !restarted && ', to: 'moved && ' }],
    test: { file: 'gossip/clones.test.ts', name: 'is no clone, however often' },
  },
  {
    name: 'the loser of two operators is not told',
    breaks: 'B11',
    edits: [
      {
        file: 'core/api/injection.ts',
        from: "if (outcome === 'taken') throw this.#taken(record);\n    this",
        to: "if (outcome === 'taken') return { outcome: 'known' };\n    this",
      },
    ],
    test: { file: 'core/api/injection.test.ts', name: 'a number that another record took meanwhile' },
  },
  {
    name: 'a highest sequence is forgotten with its record',
    breaks: 'B11, law 1',
    edits: [
      {
        file: 'gossip/configuration.ts',
        from: 'this.#highestSequence = Math.max(this.#highestSequence, number.sequence);',
        to: 'this.#highestSequence = number.sequence;',
      },
    ],
    test: { file: 'gossip/configuration.test.ts', name: 'the highest sequence is remembered' },
  },
  {
    name: 'two payloads of one number raise no alarm',
    breaks: 'B12',
    edits: [
      {
        file: 'gossip/configuration.ts',
        from: 'if (rival !== record) conflicts.push({ a: rival, b: record });',
        to: 'if (rival === null) conflicts.push({ a: rival, b: record });',
      },
    ],
    test: { file: 'gossip/node.test.ts', name: 'two payloads of one number are both kept as evidence, and noted (attack B12)' },
  },
  {
    name: 'the sender is who a header says',
    breaks: 'B14',
    edits: [
      {
        file: 'core/transport/server/serve.ts',
        from: 'from: caller.id,\n      remoteAddress',
        to: "from: (head.headers.get('x-node-id') ?? caller.id) as NodeId,\n      remoteAddress",
      },
    ],
    test: {
      file: 'core/transport/identity.test.ts',
      name: 'gives its handler the id of the key that the caller holds, whatever the headers say',
    },
  },
  {
    name: 'a caller without a key of its own is served',
    breaks: 'B14, C9',
    edits: [
      { file: 'core/transport/server/server.ts', from: "if (id === null) return this.#turnAway(socket, 'it shows no identity');", to: '' },
    ],
    test: { file: 'core/transport/identity.test.ts', name: 'ends a connection without a certificate before HTTP' },
  },
  {
    name: 'strangers are let in without hello',
    breaks: 'B14',
    edits: [{ file: 'core/api/caller-check.ts', from: "if (route !== 'hello') members.require(from);", to: 'members.has(from);' }],
    test: { file: 'core/api/caller-check.test.ts', name: 'strangers may say hello and nothing else' },
  },
  {
    name: 'a peer that shows no admission is asked all the same',
    breaks: 'B14',
    edits: [
      {
        file: 'core/peers/peer-calls.ts',
        from: 'await this.#introductions.members.admit(peer.id, shown.admission);',
        to: 'if (shown.admission !== null) await this.#introductions.members.admit(peer.id, shown.admission);',
      },
    ],
    test: { file: 'core/peers/peer-calls.test.ts', name: 'a peer that shows no admission is asked nothing' },
  },
  {
    name: "an admission of somebody else's admits",
    breaks: 'B14, A8',
    edits: [{ file: 'core/admission/members.ts', from: 'if (node !== id) throw', to: "if (node === '') throw" }],
    test: { file: 'core/admission/members.test.ts', name: 'another node' },
  },
  {
    name: 'an expired token admits',
    breaks: 'A8',
    edits: [
      {
        file: 'core/admission/members.ts',
        from: 'expires !== null && expires <= this.#options.now() &&',
        to: 'expires !== null && expires < 0 &&',
      },
    ],
    test: { file: 'core/admission/members.test.ts', name: 'an expired token admits only those whom members vouch for' },
  },
  {
    name: 'an admission to another cluster admits',
    breaks: 'A3, A8',
    edits: [{ file: 'trust/admission.ts', from: 'if (cluster !== root.cluster)', to: "if (cluster === '')" }],
    test: { file: 'trust/admission.test.ts', name: 'is refused though the operators are the same' },
  },
];
