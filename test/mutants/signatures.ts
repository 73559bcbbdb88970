/** Law 2 broken, and with it the attacks on updates (A rows): what is believed without a signature, a hash or a bound. */
import type { Mutant } from './mutant.ts';

export const SIGNATURES: readonly Mutant[] = [
  {
    name: 'signatures are counted and not verified',
    breaks: 'law 2, A8',
    edits: [{ in: 'countedSignatures', always: 'verify()' }],
    test: { name: 'unsigned, signed by a stranger, or under a borrowed key id: refused' },
  },
  {
    name: 'any key of the root deploys',
    breaks: 'law 2, A8',
    edits: [
      {
        in: 'verifyDeployment',
        of: 'actingRole()',
        is: '{ ...$, keys: new Map(Object.entries(root.root.keys).map(([keyid, key]) => [keyid, key.public])) }',
      },
    ],
    test: { name: 'the root and admit keys deploy nothing, nor does a stranger' },
  },
  {
    name: 'the type of a payload is not signed with it',
    breaks: 'law 2, A8',
    edits: [{ in: 'signedBytes', of: 'DSSEv1 ', is: '`DSSEv1 ${body.length} `' }],
    test: { name: 'a signature over the same bytes as another type: refused' },
  },
  {
    name: 'the threshold is not looked at',
    breaks: 'law 2, A9',
    edits: [{ in: 'verifyEnvelope', never: 'threshold' }],
    test: { name: 't-1 signatures, one key t times, two ids of one key: refused' },
  },
  {
    name: 'the threshold counts signatures, not keys',
    breaks: 'law 2, A9',
    edits: [
      { in: 'countedSignatures', drop: 'has()' },
      { in: 'countedSignatures', of: 'set()', is: 'byKey.set(`${key}${byKey.size}`, signature)' },
    ],
    test: { name: 't-1 signatures, one key t times, two ids of one key: refused' },
  },
  {
    name: 'key ids of a root are believed',
    breaks: 'law 2, A9',
    edits: [{ in: 'checkRoot', never: 'keyidOf()' }],
    test: { name: 'a key under a second id: refused' },
  },
  {
    name: 'a root is believed without its own signatures',
    breaks: 'law 2',
    edits: [
      { in: 'trustRoot', of: 'roleOf()', is: '{ ...$, threshold: 0 }' },
      { in: 'verifyEnvelope', of: ['counted', '0'], is: '$ && threshold > 0' },
    ],
    test: { name: 'unsigned, by a stranger, or by another role: refused' },
  },
  {
    name: 'a root is taken without the threshold of the one before',
    breaks: 'law 2, A11',
    edits: [{ in: 'nextRoot', of: ['roleOf()', 'previous'], is: "roleOf(checkRoot(parsePayload(bytes)), 'root')" }],
    test: { file: 'next-root', name: 'only the new key' },
  },
  {
    name: 'records of a trust epoch that is past are taken',
    breaks: 'law 1, A10',
    edits: [{ in: 'Configuration.#add', never: '#epoch' }],
    test: {
      name: 'as many records by it as there is place for, before and after, lose to the one that the new epoch signed; sleepers too',
    },
  },
  {
    name: 'records of another cluster are taken',
    breaks: 'law 2, A3',
    edits: [{ in: 'checkBelonging', never: 'cluster' }],
    test: { name: 'a deployment for another cluster of the same operators is refused' },
  },
  {
    name: 'records of another trust epoch are taken',
    breaks: 'law 2, A13',
    edits: [{ in: 'checkBelonging', never: 'epoch' }],
    test: { name: 'a deployment of another trust epoch is refused' },
  },
  {
    name: 'the remembering verifier knows a record by its payload alone',
    breaks: 'law 2',
    edits: [{ in: 'makeVerifier', of: ['stringify()', '??'], is: 'input.payload' }],
    test: { name: 'never takes a changed envelope for a known one' },
  },
  {
    name: "a peer's request is not verified",
    breaks: 'law 2, A1',
    edits: [{ in: 'decodeRequest', of: 'readBy()', is: '{ records: message.records }' }],
    test: { name: 'one record that does not verify refuses the whole message' },
  },
  {
    name: "a peer's answer is not verified",
    breaks: 'law 2, A1',
    edits: [{ in: 'decodeConfiguration', of: 'readBy()', is: '{ records: answer.records }' }],
    test: { name: 'nor does one in an answer pass' },
  },
  {
    name: 'what a mismatch teaches is not verified',
    breaks: 'law 2, A1',
    edits: [{ in: 'decodeAnswer', of: 'readBy()', is: '{ records: told.records }' }],
    test: { name: 'nor does one in an answer pass' },
  },
  {
    name: 'records on the own disk are not verified',
    breaks: 'law 2',
    edits: [{ in: 'restoreRecords', of: 'verify()', is: '{ ...trust.verify({}), ...envelope }' }],
    test: { name: 'records come back; one that does not verify any more is left out and said' },
  },
  {
    name: 'code is sent in without an announced deployment',
    breaks: 'law 2, A6',
    edits: [{ in: 'Injection.#sizeOf.size', is: '$ ?? 1_024' }],
    test: { name: 'no blob is taken that no announced deployment lacks' },
  },
  {
    name: 'blobs are stored without comparing their hash',
    breaks: 'law 2, A1',
    edits: [{ in: 'BlobStore.put', never: ['received', 'hash'] }],
    test: { name: 'a blob of other bytes, too few or too many is refused, and leaves nothing' },
  },
  {
    name: 'resumed blobs are stored without comparing their hash',
    breaks: 'law 2, A1',
    edits: [{ in: 'BlobStore.#append', never: ['whole', 'hash'] }],
    test: { name: 'wrong bytes in a resumed fetch throw all of it away' },
  },
  {
    name: 'manifests are stored without comparing their hash',
    breaks: 'law 2, A1',
    edits: [{ in: 'ContentStore.putManifest', never: 'hashBytes()' }],
    test: { name: 'a manifest of other bytes than its name is refused' },
  },
  {
    name: 'blobs are not hashed again when they are checked out',
    breaks: 'law 2, A1',
    edits: [{ in: 'BlobStore.copy', of: ['found', '==='], is: 'found !== null' }],
    test: { name: 'any changed byte of a blob: no checkout' },
  },
  {
    name: 'a checkout that is there is not hashed again',
    breaks: 'law 2, A1',
    edits: [{ in: 'isIntact', of: ['found', 'sha256'], is: 'found === null' }],
    test: { name: 'whatever was done to a checkout, the next one is whole again' },
  },
  {
    name: 'a manifest of another size than was signed is fetched',
    breaks: 'A6',
    edits: [
      { in: 'isManifestOf', drop: ['sizeOf()', 'bytes'] },
      { in: 'isManifestOf', drop: ['files', 'length'] },
    ],
    test: { name: 'code of another size than was signed is not begun' },
  },
  {
    name: 'files that travel together are cut by nothing',
    breaks: 'A1',
    edits: [{ in: 'splitFiles', always: 'byteLength' }],
    test: { name: 'a bundle whose files are not those of its manifest is refused' },
  },
  {
    name: 'a list may name files of other code',
    breaks: 'A6',
    edits: [{ in: 'CodeServer.files', never: 'Infinity' }],
    test: { name: 'a list of files that are not of the code, or more than a list may have, is refused' },
  },
  {
    name: 'an endless blob is stored',
    breaks: 'A6',
    edits: [{ in: 'receiveBytes', of: ['maxBytes', '>'], is: 'bytes > 2 ** 26' }],
    test: { name: 'an endless blob is stopped at the signed size' },
  },
  {
    name: 'an endless answer is read',
    breaks: 'A6',
    edits: [{ in: 'answer.collect', of: ['maxBytes', '>'], is: 'bytes > 2 ** 26' }],
    test: { name: 'a peer that never stops sending is cut off near the cap' },
  },
  {
    name: 'a small token inflates without end',
    breaks: 'A6',
    edits: [{ in: 'unpack', of: ['times', 'MAX_INFLATED_BYTES'], is: '2 ** 30' }],
    test: { name: 'is refused before it fills the memory' },
  },
  {
    name: 'the quota of the disk is not kept',
    breaks: 'A6',
    edits: [{ in: 'Quota.reserve', never: '#usedBytes' }],
    test: { name: 'the quota holds, also for fetches at the same time' },
  },
  {
    name: 'a slow source is waited for',
    breaks: 'A7',
    edits: [{ in: 'Meter.#judgeWindow', never: '#windowBytes' }],
    test: { name: 'leaves a source that sends one byte now and then (attack A7)', hangs: true },
  },
  {
    name: 'a fetch has no deadline',
    breaks: 'A7',
    edits: [
      { in: 'Deadline.#lateAfter', drop: 'abort()' },
      { in: 'Deadline.#giveUp', is: 'undefined' },
    ],
    test: { name: 'leaves a source that is fast enough but never done', hangs: true },
  },
  {
    name: 'who takes large code slowly keeps it from others',
    breaks: 'A7',
    edits: [{ in: 'LARGE_MS', is: '1e9' }],
    test: { name: 'two slow receivers hold up large code for a bounded time, also when they ask again and again' },
  },
  {
    name: 'a piece is kept and passed on whatever its bytes are',
    breaks: 'A1',
    edits: [{ in: 'isPiece', is: 'true' }],
    test: { name: 'attack A1: a source of wrong pieces is named, and the code is had from the other' },
  },
  {
    name: 'who takes pieces slowly keeps them from others',
    breaks: 'A7',
    edits: [{ in: 'UPLOAD_MS', is: '1e9' }],
    test: { name: 'receivers that take nothing, on purpose, keep their places for a bounded time' },
  },
  {
    name: 'one receiver may take all places for pieces',
    breaks: 'A7',
    edits: [{ in: 'MAX_OF_ONE', is: '1e9' }],
    test: { name: 'nor does one such receiver get more than two places' },
  },
  {
    name: 'whoever served garbage is asked first again',
    breaks: 'A12',
    edits: [{ in: 'CodeFetch.failed', never: 'GOSSIP_E_CODE_MISMATCH' }],
    test: { name: 'whoever served garbage is asked last from then on' },
  },
  {
    name: 'the wrong beginning of one source is held against the next',
    breaks: 'A12',
    edits: [{ in: 'resumeBlob', never: 'mismatch' }],
    test: { name: 'the wrong beginning of one source is not held against the next (attack A12)' },
  },
  {
    name: 'giving up on code is final',
    breaks: 'A12, law 6',
    edits: [{ in: 'CodeFetch.#pause', drop: 'set()' }],
    test: { name: 'giving up is never final' },
  },
  {
    name: 'a sequence may come near the loss of precision',
    breaks: 'A13',
    edits: [{ in: 'MAX_SEQUENCE', is: '2 ** 53' }],
    test: { name: 'A13: fast-forward' },
  },
  {
    name: 'code may import what lies outside its directory',
    breaks: 'A14, D6',
    edits: [{ in: 'hostFlags', of: ['--allow-fs-read=', 'directory'], is: '`--allow-fs-read=*`' }],
    test: { name: "by Node's permissions alone, without a wall (A14)" },
  },
  {
    name: 'a passphrase is stretched as Node does by itself',
    breaks: 'A17',
    edits: [
      { in: 'toPem', of: 'seal()', is: "key.key.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase }).toString()" },
    ],
    test: { name: 'a passphrase is stretched by scrypt' },
  },
];
