/** gossip-protocol(7): who nodes are, and what is signed. */
import { MAX_HELLO_BYTES } from '../src/api/routes.ts';
import { MAX_BACK, MAX_LEFT, MAX_TIPS } from '../src/gossip/cut.ts';
import { MAX_NOTES } from '../src/gossip/note-book.ts';
import { MAX_SEQUENCE, MAX_TIME } from '../src/model/deployment-number.ts';
import { MAX_AUTHOR_LENGTH, MAX_MESSAGE_LENGTH } from '../src/model/deployment.ts';
import type { CodeReference, Deployment } from '../src/model/deployment.ts';
import { MAX_RECORD_BYTES, MAX_SETTINGS_DEPTH } from '../src/sdk/limits.ts';
import { MAX_SIGNATURES } from '../src/trust/envelope.ts';
import type { NodeNote } from '../src/trust/node-note.ts';
import { NOTE_KINDS } from '../src/trust/node-note.ts';
import { MAX_RENDEZVOUS, MAX_ROOT_BYTES } from '../src/trust/root.ts';
import type { Root } from '../src/trust/root.ts';
import type { Block } from './mdoc.ts';

type Words<Form> = Readonly<Record<keyof Form, string>>;

export function identityBlocks(): Block[] {
  return [
    'A node has an Ed25519 key. Its id is the hash of the public key in its SPKI form (DER, 44 bytes: 302a300506032b6570032100 in hexadecimal, and the 32 bytes of the key). Operators have such keys, too; the id of a key is made in the same way. Names of nodes are for people: [a-z0-9][a-z0-9.-]{0,62}.',
    'Nodes speak TLS 1.3 and nothing older, with ed25519 as the only signature algorithm, and both sides show a certificate. It carries the key, and nothing else in it is believed: no authority, no name, no date. It is at most 4096 bytes long. Sessions are not resumed, so that every connection proves both keys. ' +
      'The caller knows which id it wants, and compares it with that of the certificate before the first byte of HTTP; the callee takes the id of the certificate as the caller. The application protocol that the caller offers is http/1.1.',
    'An address is a literal IP address and a port, with an IPv6 address in brackets. A peer is {id, address, name}; the name may be empty.',
  ];
}

export function signedBlocks(): Block[] {
  return [
    `An envelope is {payload, payloadType, signatures}: the payload in base64, its type, and at most ${MAX_SIGNATURES} signatures {keyid, sig}, with the Ed25519 signature in base64. It has no other fields. Base64 is strict: padded, without white space, one text for each byte string. The signature is over these bytes, with decimal lengths in bytes:`,
    { lines: ['"DSSEv1 " length(payloadType) " " payloadType " " length(payload) " " payload'] },
    'The payload is JSON in its canonical form (RFC 8785); any other spelling is refused, and so is a field that its type does not have. Each document is closed: a new field is a new type. The hash of a document is that of the bytes of its payload, without the signatures.',
    'Verify before parsing: the size of the envelope, its type, then the signatures. Those count that are valid, one of each key, of the keys of the role in question; the key id is only a hint of which key to try. There must be as many as the threshold of the role. What travels on is the envelope with the signatures that counted.',
  ];
}

const ROOT: Words<Root> = {
  type: 'gossip/root/1',
  version: '1, and one more with each change.',
  epoch: 'The trust epoch, from 1.',
  name: 'The name of the cluster, for people.',
  created: 'When it was made; shown only.',
  keys: 'By key id: {public}, the SPKI in base64; from the second version on perhaps name, too.',
  roles:
    'root, deploy and admit, and from the second version on perhaps observe: each {keys, threshold}. root signs roots, deploy signs deployments, admit lets nodes in; observe may read what operators may read, and its threshold is 1.',
  rendezvous: `At most ${MAX_RENDEZVOUS} peers, by which new nodes find the others. They are members by that alone.`,
  modules: 'How many modules the trust epoch begins with, removed ones included. Absent in the first epoch.',
};

export function rootBlocks(): Block[] {
  return [
    `The root says whose signatures count. Its envelope has at most ${MAX_ROOT_BYTES} bytes of canonical JSON; the payload:`,
    { terms: termsOf(ROOT) },
    "The root of version 1 is signed by the threshold of its own root role. The cluster's id is its hash: so whoever knows the id knows the first root.",
    'Version n+1 counts when the thresholds of the root roles of n and of n+1 have both signed it, and only after n. Its trust epoch is that of n or one more; modules changes only where the epoch does. A root does not expire. Of two roots of one version the one that is held stays, and the other is an alarm.',
    'A deployment, a delegation or a note counts by the keys and the threshold of its role in the newest root, or in any version before it of the same trust epoch. So what was signed in time stays good; what an epoch signed ends with it.',
  ];
}

const DEPLOYMENT: Words<Deployment> = {
  type: 'gossip/deployment/1',
  cluster: "The cluster's id.",
  epoch: 'The trust epoch: that of the newest root.',
  number: `{sequence, time, origin}: 1 to ${MAX_SEQUENCE}, one more than the highest that was known in the cluster; when it was made, 0 to ${MAX_TIME}; the id of the node at which it entered the cluster.`,
  module: 'The name of the module: [a-z][a-z0-9-]{0,39}.',
  code: 'What is to run, as below, or null: the module is removed.',
  settings: `An object, nested at most ${MAX_SETTINGS_DEPTH} deep.`,
  scrub: 'true throws the old state away, and opens a new state epoch.',
  rollbackOf: 'The hash of the deployment that it repeats, or null.',
  author: `At most ${MAX_AUTHOR_LENGTH} UTF-16 code units, for people.`,
  message: `Likewise at most ${MAX_MESSAGE_LENGTH}.`,
};

const CODE: Words<CodeReference> = {
  hash: 'sha256: and the hash of the canonical bytes of the manifest.',
  bytes: 'The sum of the sizes of all files.',
  files: 'How many they are.',
  version: "The author's label, at most 64 code units.",
};

export function deploymentBlocks(): Block[] {
  return [
    `Also called a record. Its envelope has at most ${MAX_RECORD_BYTES} bytes of canonical JSON, signed by the threshold of the deploy role. The payload:`,
    { terms: termsOf(DEPLOYMENT) },
    'In code:',
    { terms: termsOf(CODE) },
    'Deployments are totally ordered: by trust epoch, sequence, time, origin, and hash, texts by their code units. Of a module that which is highest must run. The clock is no part of safety: it only breaks ties.',
    'Numbers that leap do not count. Sequences lie in 256 stretches of 2^24, the last one open; a record counts once every stretch below its own holds a record of the trust epoch, of any module. One that does not count is kept and passed on like any other.',
  ];
}

export function admissionBlocks(): Block[] {
  return [
    'Members of the cluster are the rendezvous nodes of the newest root, nodes that a note admits, and nodes that have shown an admission. Nobody is a member whom a note revokes. Members may call each other; whoever is not known as one is answered 401, and says hello first. So does a caller that does not know yet that the callee is a member.',
    `Hello is {admission, name, address}, at most ${MAX_HELLO_BYTES} bytes, and is answered by the same form: what both show of themselves. The admission is null of a rendezvous node and of a node that came without a token. The address is null where the caller does not listen, as operators' commands do not; a node that a note admitted may add note, its envelope.`,
    'An admission is {delegation, admission}, two envelopes. The delegation, of the type gossip/delegation/1, is signed by the threshold of the admit role: {type, cluster, public, expires}, with the SPKI of a delegated key in base64, and a time or null. The admission, of the type gossip/admission/1, is signed by the delegated key: {type, cluster, node}, with the id of the node. Each has at most 4096 bytes.',
    'A delegation whose time is over by the clock of the callee, that a note revokes, or that was signed in an earlier trust epoch admits nobody new. Nodes that are known as members stay; a callee that does not know the node asks other members (GET /v1/admissions/:id).',
    'A join token is the text gossip-join-1, a dot, and in base64url without padding a body and the first four bytes of its SHA-256. The body is the zlib form (RFC 1950) of the canonical JSON of {root, delegation, secret}: the envelope of the first root, the delegation, and the delegated private key as PKCS#8 (DER) in base64. One that begins with gossip-join-2 has steps as well, the roots after the first. ' +
      'With it a new node knows the cluster, signs its own admission, and needs nobody who is online.',
  ];
}

const NOTE: Words<NodeNote> = {
  type: 'gossip/node-note/1',
  cluster: "The cluster's id.",
  epoch: 'The trust epoch, at most that of the newest root.',
  kind: `One of ${NOTE_KINDS.join(', ')}.`,
  subject: "The id of the node, or of the token's delegated key.",
  incarnation: 'Of forget: which start of the node is gone. Of the others 0.',
  count: 'One more than that of every note that was known when it was made.',
  time: 'When it was made; shown only.',
  author: 'For people.',
  name: 'What the node was called; may be empty.',
};

export function noteBlocks(): Block[] {
  return [
    'What operators have decided of a node or a token, signed by the threshold of the admit role, at most 4096 bytes. The payload:',
    { terms: termsOf(NOTE) },
    `Of a subject, admit and revoke are one field, revoke-token another and forget a third; of each the highest note holds: by epoch, count, revoke above the others, and hash. Kept are the highest ${MAX_NOTES.node} notes of nodes, ${MAX_NOTES.token} of tokens and ${MAX_NOTES.forget} of nodes that were forgotten. A note of an earlier epoch holds while its keys are still in the admit role.`,
    'Whoever is revoked is not called, and connections with it are ended. It is answered 403 with the note, whatever it asks, so that it learns of it.',
  ];
}

export function wordBlocks(): Block[] {
  return [
    'Three things nodes sign with their own keys, in one line that others pass on: the 32 bytes of the public key, the signature, both in base64url without padding, and what is said, with dots between. The signature is over three lines, without a line feed at the end:',
    { lines: ['KIND', 'CLUSTER', 'SAID'] },
    `A farewell, of the kind gossip/farewell/1, says the incarnation of the node, in digits: it has left, in that start of its, and is not missed. It goes to the peers of the view, the rendezvous nodes and some more, and each of them passes it on to a few. At most ${MAX_LEFT} are in one message.`,
    `A return, of the kind gossip/return/1, says the incarnation of the node likewise: it is there, and whatever farewell it has said in an earlier start is over. Each start but the first tells it to 8 peers, with the first messages to them. Who took the node to have left passes it on as it does a farewell; who tells a farewell that is over is answered with it. At most ${MAX_BACK} are in one message. Nodes that know nothing of it learn by a call that the node is back.`,
    `A tip, of the kind gossip/tip/1, says start.number.version.digest.time: the incarnation, a number that rises within it, the version of the root, the digest of the configuration, and the time. Rendezvous nodes say one now and then, and everybody passes on those that are new. A node that hears none for long, of most of them, cannot tell rest from a freeze, and says that it is stale. At most ${MAX_TIPS} are in one message.`,
  ];
}

function termsOf(words: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  return Object.entries(words).map(([field, meaning]) => [`Cm ${field}`, meaning]);
}
