/** gossip-protocol(7): what nodes exchange, and how it spreads. */
import { MAX_LISTED_BYTES, MAX_LIST_BYTES, SMALL_FILE_BYTES } from '../src/api/bundle.ts';
import { MAX_REFERRALS } from '../src/api/refusal.ts';
import { MAX_MODULES } from '../src/gossip/configuration.ts';
import {
  MAX_NOTES_TOLD,
  MAX_PEERS,
  MAX_RECORDS,
  MAX_STEPS,
  SENT_NOTE_BYTES,
  SENT_NOTES,
  SENT_RECORD_BYTES,
  SENT_RECORDS,
  SENT_STEPS,
} from '../src/gossip/cut.ts';
import { KEPT_RECORDS } from '../src/gossip/kept-records.ts';
import { MAX_SUMMARY } from '../src/gossip/summary.ts';
import { OUTSIDE_EVERY, PEERS_TOLD, RENDEZVOUS_EVERY, RUMOR_AT_ONCE, RUMOR_ENOUGH } from '../src/gossip/timing.ts';
import { MAX_CODE_BYTES, MAX_FILES, MAX_MANIFEST_BYTES } from '../src/model/manifest.ts';
import { MAX_PIECES, MAX_PIECES_AT_ONCE, PIECED_FILE_BYTES, pieceBytesFor } from '../src/model/pieces.ts';
import { EXCHANGE_MS } from '../src/runner/ports.ts';
import { MAX_MESSAGE_BYTES } from '../src/sdk/limits.ts';
import { MAX_PIECES_FILE_BYTES, PIECES_FILE } from '../src/trust/pieces.ts';
import { section } from './mdoc.ts';
import type { Block } from './mdoc.ts';

export function configurationBlocks(): Block[] {
  return [
    `The configuration of a node is a set of records of the trust epoch of its root. Of each module, and of each stretch of numbers, it keeps the ${KEPT_RECORDS} highest and the highest that opens a state epoch: one with scrub, or one that removes the module. At most ${MAX_MODULES} names of modules are kept, removed ones included; of more, the first in alphabetical order. ` +
      'So merging is a union: order, loss and repetition do not matter. When the trust epoch rises, all records of before are out.',
    'A record is durable before it is acknowledged, counted as new, passed on or run.',
    'The digest is the XOR of the first 128 bits of these hashes, in base64url without padding, 22 characters: of each record that is kept, of each note that is kept, and of the newest root where that is not the first. Nodes with equal digests hold the same.',
    `A summary is a list of the hashes of the records that are kept, in ascending order. Of ${MAX_SUMMARY} or more it is a window of ${MAX_SUMMARY}, from a random place on and around the end, and speaks only for the hashes from its first to its last.`,
    'The state epoch of a module is the highest record that opens one. State, from another instance or from a checkpoint, is loaded only into the state epoch in which it was written. An instance runs the newest record of its module, or, while that cannot start, the one that ran last on the node: never a lower one.',
  ];
}

export function exchangeBlocks(): Block[] {
  return [
    `POST /v1/modules/:module/exchange carries a message of an instance to the same module on the peer, with the headers gossip-deployment, gossip-digest and gossip-address. The body is what the module says, at most ${MAX_MESSAGE_BYTES} bytes: JSON in UTF-8, or the byte ff and then bytes as they are. The caller waits ${EXCHANGE_MS} ms for the answer.`,
    'The stamp says what the instance runs: five parts with dots between. The trust epoch, the sequence and the time of the record are written in base 36, in lower case; then the first 128 bits of the hash of the record, in base64url without padding, and those of the record that opened its state epoch, or - where there is none. A stamp has one spelling.',
    'The callee compares the stamp with that of its own instance: the higher one is that with the higher trust epoch, sequence or time, in this order, and they are equal where both hashes are equal, too. It answers with its gossip-digest:',
    {
      terms: [
        ['equal', '200 with the answer of the instance, of the same form as a message.'],
        [
          'the stamps differ',
          "409 with {stamp, records, root}: its own stamp or null, and the module's newest record and the one that opened its state epoch, or none where the caller's stamp is higher than what that record would have. The caller merges them, or pushes its own records at once in an exchange of configurations.",
        ],
        ['nothing runs here, it is handing over its state, or the caller did not say where it listens', '503 with {code, message}.'],
      ],
    },
    'Whatever the answer, only the caller acts on another digest: it begins an exchange of configurations, if none with that peer is under way, and within a budget for each peer and for all. Stamps and digests are hints that decide whom to talk to; nothing of them is believed.',
  ];
}

export function spreadBlocks(): string[] {
  return [
    ...section(
      'EXCHANGES OF CONFIGURATIONS',
      'POST /v1/configuration carries',
      { lines: ['{digest, summary, records, peers, root, notes}'] },
      'and is answered by 200 and',
      { lines: ['{digest, records, lacking, fresh, peers, root, notes}'] },
      {
        terms: [
          ['Cm summary', 'The summary, where everything is to be compared, or null, where only something is told.'],
          [
            'Cm records',
            `Envelopes of records. Of a request: news. Of an answer: what the summary lacks, where the digests differ. A node sends at most ${SENT_RECORDS} and ${SENT_RECORD_BYTES} bytes, the newest of every module first, and takes ${MAX_RECORDS}.`,
          ],
          ['Cm lacking', 'The hashes of the summary that the answerer lacks. The caller pushes these records next, without a summary.'],
          ['Cm fresh', 'How many of the records of the request were new.'],
          [
            'Cm peers',
            `Hints: peers that answered the sender once, ${PEERS_TOLD} at random where there is a summary. A node takes ${MAX_PEERS}; a bad one among good ones is passed over. Nobody is a member because of a hint.`,
          ],
          [
            'Cm root',
            `{version, hash, steps}: the root that the sender holds, absent for the first, and the envelopes of the versions after the receiver's, in their order, at most ${SENT_STEPS.maxSteps} and ${SENT_STEPS.maxBytes} bytes; a node takes ${MAX_STEPS}. They are verified before anything else in the message, and durable in the same write.`,
          ],
          [
            'Cm notes',
            `{digest, known, envelopes}: the digest of the notes that the sender holds, made like that of a configuration; their hashes, where the two are known to hold others; and some notes, at most ${SENT_NOTES} and ${SENT_NOTE_BYTES} bytes; a node takes ${MAX_NOTES_TOLD}. Absent where there are none.`,
          ],
        ],
      },
      'root, notes and known are left out where there is nothing to say: nodes of version 0.1 refuse a message that says more than they know. Farewells and tips travel in headers for the same reason.',
      'Both sides merge. A record or a note that does not verify has the whole message refused, unless the two still hold different roots after the steps: then it is left out. While the digests differ and one of the two learned something, the caller begins again; whoever makes no progress stops. So two nodes never keep each other busy.',
      "Whoever is ahead in the root adds the steps after the other's version, in its answer, or, where it asked, in the next exchange. Whoever took steps or notes tells three of its view.",
    ),
    ...section(
      'RUMORS',
      `A node that accepts a record which is its module's newest, or opens its state epoch, pushes it at once to ${RUMOR_AT_ONCE} peers of its view, without a summary, and to one more for each answer, never to whoever told it. ${RUMOR_ENOUGH} answers in a row with fresh 0 end it. A peer that did not answer is told again, ` +
        `and ${RUMOR_AT_ONCE} more are told in each of ln n + 2 rounds while nobody answers.`,
    ),
    ...section(
      'BACKUP GOSSIP',
      `With a timer of its own, whatever the modules do, a node begins an exchange of configurations with a summary: every fifth round, and every round while a module that should run fails, has not run its newest record for five rounds, or gossips in vain, or while nothing is known. Every ${ordinal(RENDEZVOUS_EVERY)} goes to a rendezvous node, every ${ordinal(OUTSIDE_EVERY)} to a random hint outside the view, the others to the view. ` +
        'It finds what rumors missed, and repairs a cluster whose modules have all failed.',
    ),
    ...section(
      'THE ACTIVE VIEW',
      'Connections are dear, so a node speaks with few peers and keeps them: of n hints log2 n + 2, at least 4 and at most 12, drawn at random from those that answered; one rendezvous node that answers is among them. Once in thirty rounds one place goes to another peer. The view is one-sided, and depends on what the node did itself, never on who called or what was told. The dead stay as hints, and are tried less often.',
    ),
  ];
}

export function codeBlocks(): Block[] {
  return [
    `A code version is a manifest, {type, files} with the type gossip/manifest/1, and its hash. Files are {path, size, sha256}, sorted by path in code units, with sha256: before the hash. Paths are relative, with / between at most 16 parts of the form [A-Za-z0-9_][A-Za-z0-9._-]{0,127}, none of which ends with a dot, is a name of a device of Windows, or clashes with another but for its case. At most ${MAX_FILES} files, ${MAX_CODE_BYTES} bytes, and a manifest of ${MAX_MANIFEST_BYTES} bytes.`,
    'No code is asked for without a record that names it. Everything is verified against it: the hash of the manifest, how many files and bytes it names, and the hash of each file. A peer that served other bytes is asked last.',
    `GET /v1/code/:hash/bundle gives the canonical manifest, a line feed, and the first list of small files, one after the other. Small are files of at most ${SMALL_FILE_BYTES} bytes. They are taken in their order, each content once, and cut into lists of at most 256 files and ${MAX_LISTED_BYTES} bytes: both sides cut alike. ` +
      `POST /v1/code/:hash/files asks for a further list by a JSON array of hashes, at most ${MAX_LIST_BYTES} bytes, and gives the files one after the other. GET /v1/code/:hash/blobs/:sha256 gives any file.`,
    `Where a file has more than ${PIECED_FILE_BYTES} bytes the code holds a file ${PIECES_FILE} of at most ${MAX_PIECES_FILE_BYTES} bytes, canonical JSON: {type, pieceBytes, files} with the type gossip/pieces/1, and of each large file, in the order of the manifest, {sha256, digests}, the hashes of its pieces in base64url without padding, one behind the other. ` +
      `pieceBytes is ${pieceBytesFor(0)}, doubled until the large files together, each as often as it is named, have at most ${MAX_PIECES / 2} times as many bytes; there are at most ${MAX_PIECES} pieces, numbered from 0 through all large files. Code without it is fetched in whole files.`,
    `POST /v1/code/:hash/pieces asks {get, lack}: the numbers of at most ${MAX_PIECES_AT_ONCE} pieces that are wanted now, and the set of those that are lacking, two hexadecimal digits for eight pieces, the first in the lowest bit. The body of the answer is the pieces that the header gossip-pieces names; gossip-offer names others that the answerer has. So pieces are passed on before all of them are there.`,
    `Whoever asks for a bundle or a manifest may say prefer: wait=SECONDS. A source to which the code is on its way answers 102, and then the code, once it is there. A busy source answers 503 with at most ${MAX_REFERRALS} referrals. Sources take turns: those that told of the record, rendezvous nodes, others.`,
  ];
}

function ordinal(count: number): string {
  return ['', 'one', 'second', 'third', 'fourth', 'fifth', 'sixth'][count] ?? `${count}th`;
}
