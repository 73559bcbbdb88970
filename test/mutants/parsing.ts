/** The attacks by bytes (C rows): other spellings, hostile names, too much, too slow, two meanings, terminals. */
import type { Mutant } from './mutant.ts';

export const PARSING: readonly Mutant[] = [
  {
    name: 'signed JSON may be spelled otherwise',
    breaks: 'C1, law 2',
    edits: [{ file: 'trust/canonical.ts', from: 'if (canonicalText(value) !== text) throw', to: "if (text === '') throw" }],
    test: { file: 'trust/canonical.test.ts', name: 'C1: another spelling of signed JSON' },
  },
  {
    name: 'a number past all bounds is read as infinity',
    breaks: 'C1',
    edits: [{ file: 'sdk/json-text.ts', from: 'if (holdsInfinity(value)) throw', to: "if (text === '') throw" }],
    test: { file: 'trust/canonical.test.ts', name: 'JSON that nobody signed says no number past all bounds either' },
  },
  {
    name: 'base64 may be spelled otherwise',
    breaks: 'C1',
    edits: [{ file: 'trust/base64.ts', from: 'if (bytes.toString(alphabet) !== text)', to: "if (bytes.toString(alphabet) === '?')" }],
    test: { file: 'trust/envelope.test.ts', name: 'C1 and C2: the form of an envelope' },
  },
  {
    name: 'a stamp may be spelled otherwise',
    breaks: 'C1, A13',
    edits: [{ file: 'gossip/stamp.ts', from: 'if (!bounded || formatStamp(stamp) !== text) throw malformed();', to: '' }],
    test: { file: 'gossip/wire.test.ts', name: 'a stamp' },
  },
  {
    name: 'a byte order mark is skipped',
    breaks: 'C1',
    edits: [
      { file: 'trust/canonical.ts', from: '{ fatal: true, ignoreBOM: true }', to: '{ fatal: true }' },
      {
        file: 'trust/canonical.ts',
        from: 'if (canonicalText(value) !== text) throw',
        to: 'if (canonicalText(value).length > bytes.length) throw',
      },
    ],
    test: { file: 'trust/canonical.test.ts', name: 'byte order mark' },
  },
  {
    name: 'fields may have names of the prototype chain',
    breaks: 'C2',
    edits: [{ file: 'trust/form.ts', from: 'RESERVED.has(key)', to: 'RESERVED.size === 0' }],
    test: { file: 'trust/deployment.test.ts', name: 'C2: names and keys' },
  },
  {
    name: 'a module may have any name',
    breaks: 'C2, C4',
    edits: [
      {
        file: 'model/names.ts',
        from: "return MODULE_NAME.test(text) && text !== 'constructor';",
        to: "return MODULE_NAME.test(text) || text !== '';",
      },
    ],
    test: { file: 'trust/deployment.test.ts', name: 'C2: names and keys' },
  },
  {
    name: 'a host keeps __proto__',
    breaks: 'C2, D6',
    edits: [{ file: 'core/hosting/sandbox/launch.ts', from: "'--disable-proto=delete',", to: '' }],
    test: { file: 'core/hosting/sandbox.test.ts', name: 'is denied everything but its own files' },
  },
  {
    name: 'JSON of any depth is parsed',
    breaks: 'C3',
    edits: [{ file: 'trust/canonical.ts', from: 'excessOf(bytes, maxDepth, maxValues)', to: 'excessOf(bytes, maxDepth + 1e9, maxValues)' }],
    test: { file: 'trust/canonical.test.ts', name: '64 KiB of brackets never reach the parser' },
  },
  {
    name: 'JSON of any number of values is parsed',
    breaks: 'C14',
    edits: [{ file: 'trust/canonical.ts', from: 'values > maxValues', to: 'values > 1e12' }],
    test: { file: 'trust/canonical.test.ts', name: 'one value too many is refused before anything is parsed' },
  },
  {
    name: 'whoever goes on answering without an end is waited for',
    breaks: 'B18',
    edits: [{ file: 'operator/status/gather.ts', from: "waits('member')", to: "this.#count('member') > 0" }],
    test: { file: 'attacks/hearsay.test.ts', name: 'a member whose answer goes on without an end is left after a while', hangs: true },
  },
  {
    name: 'answers of many liars fill the memory together',
    breaks: 'C14',
    edits: [{ file: 'operator/client/answer-memory.ts', from: 'if (total <= this.#maxBytes) return;', to: 'if (total > 0) return;' }],
    test: { file: 'operator/client/answer-memory.test.ts', name: 'where answers take too much together, the largest gives way' },
  },
  {
    name: 'JSON of any size is parsed',
    breaks: 'C3, C6',
    edits: [{ file: 'trust/canonical.ts', from: 'if (bytes.length > maxBytes) throw', to: 'if (bytes.length < 0) throw' }],
    test: { file: 'trust/canonical.test.ts', name: 'one byte too many is refused before anything is read' },
  },
  {
    name: 'settings of any depth are taken',
    breaks: 'C3',
    edits: [{ file: 'trust/deployment.ts', from: 'if (depthOf(settings) > MAX_SETTINGS_DEPTH) {', to: 'if (depthOf(settings) < 0) {' }],
    test: { file: 'trust/deployment.test.ts', name: 'settings may be 16 deep and no deeper' },
  },
  {
    name: 'a path in code may lead anywhere',
    breaks: 'C4',
    edits: [
      {
        file: 'trust/manifest.ts',
        from: "if (!isCodePath(path)) refuse(path, 'is not a plain name');",
        to: "if (path === '') refuse(path, 'is not a plain name');",
      },
    ],
    test: { file: 'trust/manifest.test.ts', name: 'C4: hostile paths' },
  },
  {
    name: 'names may clash where case does not count',
    breaks: 'C4',
    edits: [{ file: 'trust/manifest.ts', from: '  refuseClashes(files);\n}', to: '}' }],
    test: { file: 'trust/manifest.test.ts', name: 'C4: clashes' },
  },
  {
    name: 'links in the store are followed',
    breaks: 'C4',
    edits: [
      {
        file: 'core/store/files/file-system.ts',
        from: 'constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK',
        to: 'constants.O_RDONLY | constants.O_NONBLOCK',
      },
      {
        file: 'core/store/code/blob-store.ts',
        from: 'if (stat?.isFile() !== true) return null;\n    const size = Number(stat.size);',
        to: 'if (stat === null) return null;\n    const size = Number(stat.size);',
      },
    ],
    test: { file: 'core/store/hostile-content.test.ts', name: 'a link in the place of a blob is no blob, and a fresh one replaces it' },
  },
  {
    name: 'links in a directory of code are taken for files',
    breaks: 'C4',
    edits: [
      { file: 'operator/module/code-directory.ts', from: "if (kind === 'link') refuse(path, 'is a link');", to: '' },
      { file: 'core/store/files/file-system.ts', from: 'constants.O_RDONLY | constants.O_NOFOLLOW', to: 'constants.O_RDONLY' },
      // A link is as long as its target's name, which nobody's bytes are.
      { file: 'operator/module/code-directory.ts', from: 'if (hashed?.bytes !== bytes)', to: 'if (hashed === null)' },
    ],
    test: {
      file: 'core/store/hostile-content.test.ts',
      name: 'hostile names, links and special files in a directory of code are refused, each',
    },
  },
  {
    name: 'a link in the place of a store directory is followed',
    breaks: 'C4',
    edits: [
      {
        file: 'core/store/code/content-store.ts',
        from: 'const stat = await lstatOrNull(path, fileSystem);\n  if (stat?.isDirectory() === true) return;',
        to: 'const stat = await lstatOrNull(path, fileSystem);\n  if (stat?.isDirectory() === true || stat?.isSymbolicLink() === true) return;',
      },
    ],
    test: {
      file: 'core/store/hostile-content.test.ts',
      name: "links in the place of the store's directories are removed, and nothing is written outside",
    },
  },
  {
    name: 'what is no hash becomes a path',
    breaks: 'C4',
    edits: [
      {
        file: 'core/store/code/blob-store.ts',
        from: "if (!isContentHash(hash)) throw new GossipError('GOSSIP_E_REQUEST', 'malformed content hash');",
        to: '',
      },
    ],
    test: { file: 'core/store/content-store.test.ts', name: 'what is no hash never becomes a path' },
  },
  {
    name: 'a body may be longer than its route allows',
    breaks: 'C6',
    edits: [{ file: 'core/transport/server/request.ts', from: 'if (bodyBytes > match.route.maxBodyBytes) {', to: 'if (bodyBytes < 0) {' }],
    test: { file: 'core/transport/caps.test.ts', name: 'a refusal reaches a client that has already sent its whole body' },
  },
  {
    name: 'a refused peer that still sends is cut off',
    breaks: 'C6',
    edits: [{ file: 'core/transport/server/linger.ts', from: 'if (bytes - counted < LEAST_BYTES) resolve();', to: 'resolve();' }],
    test: { file: 'core/transport/linger.test.ts', name: 'a peer that still sends is listened to, for as long as a body may take' },
  },
  {
    name: 'a refused peer may drip on',
    breaks: 'C7',
    edits: [{ file: 'core/transport/server/linger.ts', from: 'if (bytes - counted < LEAST_BYTES) resolve();', to: '' }],
    test: { file: 'core/transport/linger.test.ts', name: 'one that drips is not' },
  },
  {
    name: 'what follows a broken request takes its refusal back',
    breaks: 'C6',
    edits: [{ file: 'core/transport/server/server.ts', from: "if (caller?.closing && code?.startsWith('HPE_')) return;", to: '' }],
    test: { file: 'core/transport/caps.test.ts', name: 'reaches a client that reads nothing before it has sent everything' },
  },
  {
    name: 'headers may be of any length',
    breaks: 'C6',
    edits: [
      { file: 'core/transport/server/server.ts', from: 'maxHeaderSize: limits.maxHeaderBytes + 1,', to: 'maxHeaderSize: 64 * 1024,' },
    ],
    test: { file: 'core/transport/caps.test.ts', name: 'headers may have 8,192 bytes with the path; one more is answered 431' },
  },
  {
    name: 'bodies of all peers together are unbounded',
    breaks: 'C6, C8',
    edits: [
      {
        file: 'core/transport/server/body-memory.ts',
        from: 'if (this.#bytes + bytes > this.#limits.maxBufferedBytes)',
        to: 'if (this.#bytes < 0)',
      },
    ],
    test: { file: 'core/transport/caps.test.ts', name: 'bodies of all peers together are bounded' },
  },
  {
    name: 'a signed record may be of any size',
    breaks: 'C6, A6',
    edits: [{ file: 'trust/envelope.ts', from: 'if (size > maxBytes) throw', to: 'if (size < 0) throw' }],
    test: { file: 'trust/envelope.test.ts', name: 'one byte too many is refused, signatures counted in' },
  },
  {
    name: 'a body may drip in for ever',
    breaks: 'C7',
    edits: [{ file: 'core/transport/server/request.ts', from: 'windowMs: limits.requestMs', to: 'windowMs: limits.requestMs + 100_000' }],
    test: { file: 'core/transport/slow.test.ts', name: 'ends a body that drips in' },
  },
  {
    name: 'a peer may take its answer for ever',
    breaks: 'C7',
    edits: [
      {
        file: 'core/transport/server/response.ts',
        from: '`the peer took nothing for ${drainMs} ms`)), drainMs);',
        to: '`the peer took nothing for ${drainMs} ms`)), drainMs + 100_000);',
      },
    ],
    test: { file: 'core/transport/slow.test.ts', name: 'gives up on a peer that takes nothing of its answer' },
  },
  {
    name: 'half-open connections keep their places',
    breaks: 'C7, C8',
    edits: [
      {
        file: 'core/transport/server/connections.ts',
        from: 'return handshakes.length < this.#limits.maxHandshakes || this.#giveWay(handshakes);',
        to: 'return handshakes.length < this.#limits.maxHandshakes;',
      },
    ],
    test: { file: 'core/transport/connections.test.ts', name: 'ends the oldest unfinished handshake for a newcomer' },
  },
  {
    name: 'one address may have all connections',
    breaks: 'C8',
    edits: [
      {
        file: 'core/transport/server/connections.ts',
        from: 'return neighbours.length < max || this.#giveWay(neighbours);',
        to: 'return neighbours.length < max + 1_000;',
      },
    ],
    test: { file: 'core/transport/connections.test.ts', name: 'an IPv6 /64' },
  },
  {
    name: 'no places are reserved for members',
    breaks: 'C8',
    edits: [
      {
        file: 'core/transport/server/connections.ts',
        from: '(strangers.length < this.#limits.maxStrangers && this.#isPlaceLeft())',
        to: '(strangers.length < 1_000 && this.#isPlaceLeft())',
      },
    ],
    test: { file: 'core/transport/connections.test.ts', name: 'keeps strangers from the places of members' },
  },
  {
    name: 'one id may have all connections',
    breaks: 'C8',
    edits: [
      {
        file: 'core/transport/server/connections.ts',
        from: 'return own.length < this.#limits.maxConnectionsPerId || this.#giveWay(own);',
        to: 'return own.length < 1_000;',
      },
    ],
    test: { file: 'core/transport/connections.test.ts', name: 'bounds the connections of one id' },
  },
  {
    name: 'one id may ask as often as it likes',
    breaks: 'C8',
    edits: [{ file: 'core/transport/server/serve.ts', from: 'if (!rates.take(caller.id, performance.now()))', to: 'if (rates.size < 0)' }],
    test: { file: 'core/transport/caps.test.ts', name: 'one id that asks too often is told so; others are served' },
  },
  {
    name: 'handshakes are not counted',
    breaks: 'C9',
    edits: [{ file: 'core/transport/server/connections.ts', from: 'if (!bucket.take(now)) return null;', to: 'bucket.take(now);' }],
    test: { file: 'core/transport/connections.test.ts', name: 'bounds new handshakes, and keeps some for the addresses of members' },
  },
  {
    name: 'sessions are resumed',
    breaks: 'C9, B14',
    edits: [{ file: 'core/transport/tls.ts', from: 'secureOptions: constants.SSL_OP_NO_TICKET,', to: '' }],
    test: { file: 'core/transport/identity.test.ts', name: 'resumes no session: every connection shows its certificate' },
  },
  {
    name: 'a body may come without its length',
    breaks: 'C10',
    edits: [
      { file: 'core/transport/server/request.ts', from: 'if (needsLength) throw', to: 'if (needsLength && length !== undefined) throw' },
    ],
    test: { file: 'core/transport/smuggling.test.ts', name: 'refused with a coded answer' },
  },
  {
    name: 'a header may be repeated',
    breaks: 'C10',
    edits: [{ file: 'core/transport/server/request.ts', from: 'if (seen.has(name)) throw', to: 'if (seen.has("")) throw' }],
    test: { file: 'core/transport/smuggling.test.ts', name: 'refused with a coded answer' },
  },
  {
    name: 'what follows a body that was not read is a request',
    breaks: 'C10',
    edits: [{ file: 'core/transport/server/serve.ts', from: 'if (!request.complete) caller.closing = true;', to: '' }],
    test: { file: 'core/transport/smuggling.test.ts', name: 'an answer given before the body was read is the last one' },
  },
  {
    name: "the log as JSON holds peers' text raw",
    breaks: 'C11, C12',
    edits: [{ file: 'core/log/log.ts', from: 'safeJson(JSON.parse(json))', to: 'json.trimEnd()' }],
    test: { file: 'core/log/text.test.ts', name: 'is whole in the log as JSON' },
  },
  {
    name: "the journal holds peers' text raw",
    breaks: 'C11, C12',
    edits: [{ file: 'core/store/state/journal.ts', from: 'safeJson({ time', to: 'JSON.stringify({ time' }],
    test: { file: 'core/store/journal.test.ts', name: 'turns no text and steers no terminal' },
  },
  {
    name: "peers' text reaches the log raw",
    breaks: 'C11',
    edits: [
      {
        file: 'model/safe-text.ts',
        from: 'kept.replace(UNSAFE, escaped)',
        to: "kept.replaceAll('never', String(UNSAFE))",
      },
    ],
    test: { file: 'core/transport/smuggling.test.ts', name: 'are harmless in logs and refusals' },
  },
  {
    name: 'a line of the log can hold another',
    breaks: 'C11',
    edits: [{ file: 'model/safe-text.ts', from: 'kept.replace(UNSAFE,', to: 'kept.replace(UNSAFE.source,' }],
    test: { file: 'core/log/text.test.ts', name: 'makes neither a second line of the log nor a command to the terminal' },
  },
  {
    name: 'a message forges a line of what a second signer reads',
    breaks: 'A16',
    edits: [{ file: 'commands/terminal/base-command.ts', from: 'lines.map((line) => safeText(line))', to: 'lines' }],
    test: { file: 'attacks/hostile-text.test.ts', name: 'attacks A16 and C12' },
  },
  {
    name: 'the spinner shows text as it came',
    breaks: 'C12',
    edits: [{ file: 'commands/terminal/progress.ts', from: 'spinner.text = safeText(next)', to: 'spinner.text = next' }],
    test: { file: 'attacks/hostile-text.test.ts', name: 'attack C12: the spinner' },
  },
  {
    name: 'code is sent to whoever hearsay names',
    breaks: 'B18',
    edits: [{ file: 'operator/client/client.ts', from: '?? this.#askAdmission(node)', to: "?? Promise.resolve('')" }],
    test: { file: 'operator/client/client.test.ts', name: 'attack B18' },
  },
  {
    name: 'one record that does not verify ends the whole survey',
    breaks: 'B18',
    edits: [{ file: 'operator/status/survey.ts', from: 'this.#liars.push(doubt(node, toGossipError(thrown)));', to: 'throw thrown;' }],
    test: { file: 'attacks/hostile-configuration.test.ts', name: 'attack B18' },
  },
  {
    name: "modules' output can command the terminal",
    breaks: 'C11',
    edits: [
      {
        file: 'core/hosting/process/log-capture.ts',
        from: "const text = safeText(line.bytes.toString('utf8', 0, bytes)) +",
        to: "const text = line.bytes.toString('utf8', 0, bytes) +",
      },
    ],
    test: { file: 'core/hosting/log-capture.test.ts', name: 'show control characters instead of obeying them' },
  },
  {
    name: 'what a stranger sent stands in errors as it came',
    breaks: 'C11',
    edits: [{ file: 'trust/form.ts', from: '`${what}: ${safeText(path, MAX_TOLD)}`', to: '`${what}: ${path}`' }],
    test: { file: 'trust/form.test.ts', name: 'C11: what a stranger sent does not reach the terminal raw' },
  },
  {
    name: 'what a reader does not take is kept without bound',
    breaks: 'C13',
    edits: [{ file: 'core/log/outlet.ts', from: 'this.#reader.writableLength > this.#maxWaitingBytes', to: 'this.#maxWaitingBytes < 0' }],
    test: { file: 'core/log/outlet.test.ts', name: 'costs lines, which are counted, and bounded memory' },
  },
  {
    name: 'Ctrl-S on a terminal stops the node',
    breaks: 'C13',
    edits: [{ file: 'core/log/outlet.ts', from: 'handle?.setBlocking?.(false)', to: 'handle?.setBlocking?.(true)' }],
    test: { file: 'core/log/outlet.test.ts', name: 'a terminal is told that no write waits for it, and nothing else is touched' },
  },
];
