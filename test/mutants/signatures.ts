/** Law 2 broken, and with it the attacks on updates (A rows): what is believed without a signature, a hash or a bound. */
import type { Mutant } from './mutant.ts';

export const SIGNATURES: readonly Mutant[] = [
  {
    name: 'signatures are counted and not verified',
    breaks: 'law 2, A8',
    edits: [
      {
        file: 'trust/envelope.ts',
        from: "if (verify(null, signed, publicKeyObject(key), decodeBase64(signature.sig, 'signature'))) byKey",
        to: 'if (signed.length > 0 && verify !== undefined && publicKeyObject(key)) byKey',
      },
    ],
    test: { file: 'trust/envelope.test.ts', name: 'unsigned, signed by a stranger, or under a borrowed key id: refused' },
  },
  {
    name: 'any key of the root deploys',
    breaks: 'law 2, A8',
    edits: [
      {
        file: 'trust/deployment.ts',
        from: "...roleOf(root.root, 'deploy'),",
        to: "...roleOf(root.root, 'deploy'),\n    keys: new Map(Object.entries(root.root.keys).map(([keyid, key]) => [keyid, key.public])),",
      },
    ],
    test: { file: 'trust/deployment.test.ts', name: 'the root and admit keys deploy nothing, nor does a stranger' },
  },
  {
    name: 'the type of a payload is not signed with it',
    breaks: 'law 2, A8',
    edits: [
      {
        file: 'trust/envelope.ts',
        from: '${Buffer.byteLength(payloadType)} ${payloadType} ${body.length} `',
        to: '${payloadType === null} ${body.length} `',
      },
    ],
    test: { file: 'trust/envelope.test.ts', name: 'a signature over the same bytes as another type: refused' },
  },
  {
    name: 'the threshold is not looked at',
    breaks: 'law 2, A9',
    edits: [{ file: 'trust/envelope.ts', from: 'if (counted.length < threshold)', to: 'if (threshold < 0)' }],
    test: { file: 'trust/envelope.test.ts', name: 't-1 signatures, one key t times, two ids of one key: refused' },
  },
  {
    name: 'the threshold counts signatures, not keys',
    breaks: 'law 2, A9',
    edits: [
      { file: 'trust/envelope.ts', from: 'if (key === undefined || byKey.has(key)) continue;', to: 'if (key === undefined) continue;' },
      { file: 'trust/envelope.ts', from: 'byKey.set(key, signature);', to: 'byKey.set(`${key}${byKey.size}`, signature);' },
    ],
    test: { file: 'trust/envelope.test.ts', name: 't-1 signatures, one key t times, two ids of one key: refused' },
  },
  {
    name: 'key ids of a root are believed',
    breaks: 'law 2, A9',
    edits: [
      {
        file: 'trust/root.ts',
        from: 'if (keyidOf(decodePublic(key.public)) !== keyid)',
        to: 'if (keyidOf(decodePublic(key.public)) === "")',
      },
    ],
    test: { file: 'trust/root.test.ts', name: 'a key under a second id: refused' },
  },
  {
    name: 'a root is believed without its own signatures',
    breaks: 'law 2',
    edits: [
      { file: 'trust/root.ts', from: "...roleOf(root, 'root') });", to: "...roleOf(root, 'root'), threshold: 0 });" },
      { file: 'trust/envelope.ts', from: 'if (counted.length === 0) throw', to: 'if (counted.length === 0 && threshold > 0) throw' },
    ],
    test: { file: 'trust/root.test.ts', name: 'unsigned, by a stranger, or by another role: refused' },
  },
  {
    name: 'records of another cluster are taken',
    breaks: 'law 2, A3',
    edits: [{ file: 'trust/deployment.ts', from: 'if (deployment.cluster !== root.cluster) {', to: 'if (root.cluster === undefined) {' }],
    test: { file: 'trust/deployment.test.ts', name: 'a deployment for another cluster of the same operators is refused' },
  },
  {
    name: 'records of another trust epoch are taken',
    breaks: 'law 2, A13',
    edits: [{ file: 'trust/deployment.ts', from: 'if (deployment.epoch !== root.root.epoch) {', to: 'if (root.root.epoch === 0) {' }],
    test: { file: 'trust/deployment.test.ts', name: 'a deployment of another trust epoch is refused' },
  },
  {
    name: 'the remembering verifier knows a record by its payload alone',
    breaks: 'law 2',
    edits: [
      { file: 'trust/deployment.ts', from: "Buffer.from(JSON.stringify(input) ?? '')", to: 'Buffer.from((input as Envelope).payload)' },
    ],
    test: { file: 'trust/deployment.test.ts', name: 'never takes a changed envelope for a known one' },
  },
  {
    name: "a peer's request is not verified",
    breaks: 'law 2, A1',
    edits: [
      { file: 'gossip/wire.ts', from: 'records: message.records.map(verify),', to: 'records: message.records as VerifiedDeployment[],' },
    ],
    test: { file: 'gossip/wire.test.ts', name: 'one record that does not verify refuses the whole message' },
  },
  {
    name: "a peer's answer is not verified",
    breaks: 'law 2, A1',
    edits: [
      { file: 'gossip/wire.ts', from: 'records: answer.records.map(verify),', to: 'records: answer.records as VerifiedDeployment[],' },
    ],
    test: { file: 'gossip/wire.test.ts', name: 'nor does one in an answer pass' },
  },
  {
    name: 'what a mismatch teaches is not verified',
    breaks: 'law 2, A1',
    edits: [{ file: 'gossip/wire.ts', from: 'records: records.map(verify) };', to: 'records: records as VerifiedDeployment[] };' }],
    test: { file: 'gossip/wire.test.ts', name: 'nor does one in an answer pass' },
  },
  {
    name: 'records on the own disk are not verified',
    breaks: 'law 2',
    edits: [{ file: 'core/restore.ts', from: 'return [verify(envelope)];', to: 'return [{ ...verify({}), ...(envelope as object) }];' }],
    test: { file: 'core/restore.test.ts', name: 'records come back; one that does not verify any more is left out and said' },
  },
  {
    name: 'code is sent in without an announced deployment',
    breaks: 'law 2, A6',
    edits: [
      {
        file: 'core/api/injection.ts',
        from: "if (size === undefined) throw new GossipError('GOSSIP_E_NOT_FOUND', 'no announced deployment lacks this blob');\n    return size;",
        to: 'return size ?? 1_024;',
      },
    ],
    test: { file: 'core/api/injection.test.ts', name: 'no blob is taken that no announced deployment lacks' },
  },
  {
    name: 'blobs are stored without comparing their hash',
    breaks: 'law 2, A1',
    edits: [
      {
        file: 'core/store/code/blob-store.ts',
        from: 'if (received.hash !== hash) throw mismatch(hash);',
        to: 'if (received.bytes < 0) throw mismatch(hash);',
      },
    ],
    test: { file: 'core/store/content-store.test.ts', name: 'a blob of other bytes, too few or too many is refused, and leaves nothing' },
  },
  {
    name: 'resumed blobs are stored without comparing their hash',
    breaks: 'law 2, A1',
    edits: [
      {
        file: 'core/store/code/blob-store.ts',
        from: 'if (whole?.hash !== hash) throw mismatch(hash);',
        to: 'if (whole === null) throw mismatch(hash);',
      },
    ],
    test: { file: 'core/store/content-store.test.ts', name: 'wrong bytes in a resumed fetch throw all of it away' },
  },
  {
    name: 'manifests are stored without comparing their hash',
    breaks: 'law 2, A1',
    edits: [{ file: 'core/store/code/content-store.ts', from: 'if (hashBytes(bytes) !== code) throw mismatch(code);', to: '' }],
    test: { file: 'core/store/content-store.test.ts', name: 'a manifest of other bytes than its name is refused' },
  },
  {
    name: 'blobs are not hashed again when they are checked out',
    breaks: 'law 2, A1',
    edits: [{ file: 'core/store/code/blob-store.ts', from: 'return found?.hash === hash;', to: 'return found !== null;' }],
    test: { file: 'core/store/content-store.test.ts', name: 'any changed byte of a blob: no checkout' },
  },
  {
    name: 'a checkout that is there is not hashed again',
    breaks: 'law 2, A1',
    edits: [
      {
        file: 'core/store/code/checkout.ts',
        from: 'if (found?.hash !== file.sha256) return false;',
        to: 'if (found === null) return false;',
      },
    ],
    test: { file: 'core/store/content-store.test.ts', name: 'whatever was done to a checkout, the next one is whole again' },
  },
  {
    name: 'a manifest of another size than was signed is fetched',
    breaks: 'A6',
    edits: [
      { file: 'core/peers/code-fetch.ts', from: '|| bytes !== code.bytes || manifest.files.length !== code.files', to: '|| bytes < 0' },
    ],
    test: { file: 'core/peers/code-fetch.test.ts', name: 'code of another size than was signed is not begun' },
  },
  {
    name: 'an endless blob is stored',
    breaks: 'A6',
    edits: [{ file: 'core/store/code/receive.ts', from: 'if (bytes + chunk.length > maxBytes)', to: 'if (bytes > 2 ** 26)' }],
    test: { file: 'core/store/content-store.test.ts', name: 'an endless blob is stopped at the signed size' },
  },
  {
    name: 'an endless answer is read',
    breaks: 'A6',
    edits: [
      {
        file: 'core/transport/client/client.ts',
        from: 'if (bytes > maxBytes) throw tooLarge(peer, maxBytes);',
        to: 'if (bytes > 2 ** 26) throw tooLarge(peer, maxBytes);',
      },
    ],
    test: { file: 'core/transport/client.test.ts', name: 'a peer that never stops sending is cut off near the cap' },
  },
  {
    name: 'a small token inflates without end',
    breaks: 'A6',
    edits: [
      { file: 'trust/token.ts', from: '{ maxOutputLength: MAX_INFLATED_BYTES }', to: '{}' },
      { file: 'trust/token.ts', from: '{ maxBytes: MAX_INFLATED_BYTES, maxDepth: 8 }', to: '{ maxBytes: 2 ** 30, maxDepth: 8 }' },
    ],
    test: { file: 'trust/token.test.ts', name: 'is refused before it fills the memory' },
  },
  {
    name: 'the quota of the disk is not kept',
    breaks: 'A6',
    edits: [{ file: 'core/store/code/quota.ts', from: 'if (this.#usedBytes + bytes > this.maxBytes) {', to: 'if (this.maxBytes < 0) {' }],
    test: { file: 'core/store/content-store.test.ts', name: 'the quota holds, also for fetches at the same time' },
  },
  {
    name: 'a slow source is waited for',
    breaks: 'A7',
    edits: [
      {
        file: 'core/transport/paced.ts',
        from: 'if (this.#windowBytes < (minBytesPerSecond * windowMs) / 1_000) {',
        to: 'if (minBytesPerSecond < 0 && windowMs < 0) {',
      },
    ],
    test: { file: 'core/transport/slow.test.ts', name: 'leaves a source that sends one byte now and then (attack A7)', hangs: true },
  },
  {
    name: 'a fetch has no deadline',
    breaks: 'A7',
    edits: [
      {
        file: 'core/transport/client/client.ts',
        from: 'return setTimeout(() => this.#controller.abort(error()), ms);',
        to: 'return setTimeout(() => this.#controller.abort(error()), ms + 1e8);',
      },
    ],
    test: { file: 'core/transport/slow.test.ts', name: 'leaves a source that is fast enough but never done', hangs: true },
  },
  {
    name: 'whoever served garbage is asked first again',
    breaks: 'A12',
    edits: [{ file: 'gossip/code-fetch.ts', from: "if (failure.code === 'GOSSIP_E_CODE_MISMATCH') this.#demoted.add(from.id);", to: '' }],
    test: { file: 'gossip/code-fetch.test.ts', name: 'whoever served garbage is asked last from then on' },
  },
  {
    name: 'the wrong beginning of one source is held against the next',
    breaks: 'A12',
    edits: [
      {
        file: 'core/peers/code-fetch.ts',
        from: 'throw mismatch && kept > 0 ? new MixedSources(error) : error;',
        to: 'throw mismatch && kept < 0 ? new MixedSources(error) : error;',
      },
    ],
    test: { file: 'core/peers/code-fetch.test.ts', name: 'the wrong beginning of one source is not held against the next (attack A12)' },
  },
  {
    name: 'giving up on code is final',
    breaks: 'A12, law 6',
    edits: [
      {
        file: 'gossip/code-fetch.ts',
        from: 'ports.timers.set(slot(job.code.hash), ports.now + delayMs, () => this.#ask(job));',
        to: 'void delayMs;',
      },
    ],
    test: { file: 'gossip/code-fetch.test.ts', name: 'giving up is never final' },
  },
  {
    name: 'a sequence may come near the loss of precision',
    breaks: 'A13',
    edits: [{ file: 'model/deployment.ts', from: 'MAX_SEQUENCE = 2 ** 40', to: 'MAX_SEQUENCE = 2 ** 53' }],
    test: { file: 'trust/deployment.test.ts', name: 'A13: fast-forward' },
  },
  {
    name: 'code may import what lies outside its directory',
    breaks: 'A14, D6',
    edits: [{ file: 'core/hosting/sandbox/launch.ts', from: '`--allow-fs-read=${directory}`', to: '`--allow-fs-read=*`' }],
    test: { file: 'core/hosting/load.test.ts', name: "by Node's permissions alone, without a wall (A14)" },
  },
  {
    name: 'a passphrase is stretched as Node does by itself',
    breaks: 'A17',
    edits: [
      {
        file: 'trust/keys.ts',
        from: "return seal(key.key.export({ format: 'der', type: 'pkcs8' }), passphrase);",
        to: "return key.key.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase }).toString();",
      },
    ],
    test: { file: 'trust/keys.test.ts', name: 'a passphrase is stretched by scrypt' },
  },
];
