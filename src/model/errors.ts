/** The one closed list of error codes, with the advice and the exit code that belong to each. */

interface ErrorKind {
  /** What the operator should do; one sentence. */
  readonly advice: string;
  /** Exit code of the command that ends with it. */
  readonly exit: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;
}

/** Every code is explained in docs/errors.md; a test holds the two together. */
export const ERRORS = {
  GOSSIP_E_INTERNAL: { advice: 'This is a defect: please report it with the log.', exit: 1 },
  GOSSIP_E_USAGE: { advice: 'See --help.', exit: 2 },
  GOSSIP_E_CONFIG: { advice: "Mend that; 'gossip node run --check-config' checks it without starting anything.", exit: 2 },
  GOSSIP_E_UNCONFIRMED: { advice: 'Answer yes; where nobody can be asked, give --yes (GOSSIP_YES=1).', exit: 2 },
  GOSSIP_E_SCENARIO: { advice: 'Fix the scenario file at that place; docs/operators.md explains its fields.', exit: 2 },
  GOSSIP_E_MODULE_NAME: { advice: 'Use a lower-case letter, then at most 39 letters, digits or dashes.', exit: 2 },
  GOSSIP_E_NODE_NAME: { advice: 'Use at most 63 lower-case letters, digits, dots or dashes.', exit: 2 },
  GOSSIP_E_ADDRESS: { advice: 'Give a literal IP address and a port, such as 10.0.0.7:7946.', exit: 2 },
  GOSSIP_E_DEPLOYMENT_NAME: { advice: 'Name a deployment as d3, or d3@NODE where two share a sequence.', exit: 2 },
  GOSSIP_E_DEPLOYMENT_UNKNOWN: { advice: "List the deployments with 'gossip history'.", exit: 1 },
  GOSSIP_E_DEPLOYMENT_AMBIGUOUS: { advice: 'Name the origin too, as in d3@rendezvous1.', exit: 2 },
  GOSSIP_E_MODULE_UNKNOWN: { advice: "See 'gossip status' for the deployed modules.", exit: 1 },
  GOSSIP_E_NODE_UNKNOWN: { advice: "Give a rendezvous node's name, or host:port; 'gossip status' lists the nodes.", exit: 1 },
  GOSSIP_E_NO_NODE: { advice: 'Give the data directory of a node of this machine with --data DIR.', exit: 2 },
  GOSSIP_E_NO_CLUSTER: { advice: "Make one with 'gossip cluster init', 'gossip lab up' or 'gossip node run'.", exit: 1 },
  GOSSIP_E_UNREACHABLE: { advice: 'Check that a node runs and that its port can be reached.', exit: 3 },
  GOSSIP_E_NOT_LISTENING: { advice: 'Start the node there, or look for it at its new address.', exit: 3 },
  GOSSIP_E_NO_GOODBYE: { advice: 'The others will find out that it is gone, and take it for dead meanwhile.', exit: 3 },
  GOSSIP_E_TIMEOUT: {
    advice: 'The node or the network is slow or frozen. Nodes try again by themselves; a command can be repeated.',
    exit: 3,
  },
  GOSSIP_E_NOT_CONVERGED: { advice: "It goes on; follow it with 'gossip status'.", exit: 4 },
  GOSSIP_E_SOME_FAILED: { advice: 'The reasons stand beside their names; ask those nodes again with --to.', exit: 4 },
  GOSSIP_E_HELD: { advice: "See the reason in 'gossip status', then deploy a fixed version or roll back.", exit: 5 },

  GOSSIP_E_SIGNATURE: { advice: 'Sign it with the keys of the role that the root names.', exit: 6 },
  GOSSIP_E_THRESHOLD: { advice: "Have more operators countersign it: 'gossip config sign FILE'.", exit: 6 },
  GOSSIP_E_CANONICAL: { advice: 'Signed bytes must be RFC 8785 canonical JSON; write the file again.', exit: 6 },
  GOSSIP_E_SCHEMA: { advice: 'A field is missing, unknown or of the wrong form.', exit: 6 },
  GOSSIP_E_WRONG_CLUSTER: { advice: 'It was made for another cluster.', exit: 6 },
  GOSSIP_E_WRONG_EPOCH: { advice: 'It was signed under another trust epoch.', exit: 6 },
  GOSSIP_E_ROOT_VERSION: {
    advice: 'Roots follow one after the other: look at the present one with gossip cluster show, and make the change again.',
    exit: 8,
  },
  GOSSIP_E_ROOT_TWICE: { advice: "See who holds which with 'gossip cluster show'; 'gossip cluster recover' makes one of them.", exit: 8 },
  GOSSIP_E_RECOVERY: {
    advice: "Name what is wanted: --until dN, --keep MODULE=dN or --remove MODULE. See 'gossip history'; nothing was changed.",
    exit: 2,
  },
  GOSSIP_E_ROOT_CHANGE: {
    advice: "Look at the present root with 'gossip cluster show', and change what stands in the way first.",
    exit: 2,
  },
  GOSSIP_E_NUMBER: { advice: 'Deployment numbers must lie within the bounds; mint it again.', exit: 6 },
  GOSSIP_E_NUMBER_TAKEN: { advice: 'Another deployment took the number; mint the next one.', exit: 8 },
  GOSSIP_E_NUMBER_TWICE: { advice: 'Find out who signed twice, then deploy again: the next number is the same for all nodes.', exit: 6 },
  GOSSIP_E_MODULE_LIMIT: { advice: 'Deploy under the name of a module that was removed.', exit: 6 },
  GOSSIP_E_NODE_CLONED: { advice: 'Stop one of the two and give it an empty data directory: it joins as a node of its own.', exit: 6 },
  GOSSIP_E_MOVED: { advice: 'Let the node listen where the root says, or give new nodes the address of another with --peer.', exit: 1 },
  GOSSIP_E_EXPECT: { advice: 'Somebody deployed meanwhile; look at the history, then decide.', exit: 8 },
  GOSSIP_E_NOT_ADMITTED: { advice: "The node is not a member: join it with a token, or let it in by its id: 'gossip admit ID'.", exit: 6 },
  GOSSIP_E_REVOKED: { advice: "It was revoked; 'gossip nodes' says by whom. An operator lets it in again with 'gossip admit'.", exit: 6 },
  GOSSIP_E_NOTE_LIMIT: {
    advice: "Revoke the token of many nodes in place of each of them; 'gossip nodes' lists what was decided.",
    exit: 6,
  },
  GOSSIP_E_NODE_OLD: { advice: 'Update the program on every node first.', exit: 1 },
  GOSSIP_E_TOKEN: { advice: "The join token is damaged; copy it whole, or make one: 'gossip cluster join-token'.", exit: 6 },
  GOSSIP_E_TOKEN_REVOKED: { advice: "Make a new one: 'gossip cluster join-token'.", exit: 6 },
  GOSSIP_E_TOKEN_EXPIRED: { advice: "Make a new one: 'gossip cluster join-token'.", exit: 6 },
  GOSSIP_E_IDENTITY: { advice: 'The peer is not who it should be; its address may have been reused.', exit: 6 },
  GOSSIP_E_KEY: { advice: 'The key file is missing or damaged; restore it from the backup.', exit: 6 },
  GOSSIP_E_SIGNER: { advice: 'Try the program by itself: docs/operators.md says what it is asked, and what it must answer.', exit: 6 },
  GOSSIP_E_BACKUP: { advice: 'Give a whole file that gossip backup wrote; the home is as it was.', exit: 6 },
  GOSSIP_E_PASSPHRASE: { advice: 'Give the right passphrase (GOSSIP_PASSPHRASE).', exit: 6 },

  GOSSIP_E_CODE_PATH: { advice: 'Give a directory of built code, such as ./dist.', exit: 2 },
  GOSSIP_E_CODE_FILE: { advice: 'Code holds regular files with plain names only: no links, devices or dotfiles.', exit: 2 },
  GOSSIP_E_CODE_LIMIT: { advice: 'Make the bundle smaller: leave out what does not run.', exit: 2 },
  GOSSIP_E_MODULE_JSON: { advice: "Fix module.json; 'gossip module check' explains its fields.", exit: 2 },
  GOSSIP_E_MODULE_SETTINGS: {
    advice: "Change that with --settings or 'gossip module settings MODULE --set'; the schema lies beside the code.",
    exit: 2,
  },
  GOSSIP_E_CODE_MISMATCH: { advice: 'The bytes are not those that were signed; another source is tried.', exit: 6 },
  GOSSIP_E_CODE_ABSENT: { advice: 'No node that was asked has this code any more.', exit: 1 },
  GOSSIP_E_QUOTA: { advice: 'Raise the quota (--quota), remove modules that are not wanted, or make the code smaller.', exit: 1 },

  GOSSIP_E_MODULE_LOAD: { advice: "Try it with 'gossip module check'.", exit: 1 },
  GOSSIP_E_MODULE_START: { advice: "Read the module's log, then deploy a fixed version.", exit: 1 },
  GOSSIP_E_MODULE_STATE: { advice: 'Accept the old form of the state, or deploy with --scrub to throw it away.', exit: 1 },
  GOSSIP_E_STATE_CHANGED: {
    advice: 'Read the old form, and keep what the old code needs; or accept the loss, and do not roll back.',
    exit: 7,
  },
  GOSSIP_E_MODULE_CRASH: { advice: "Read the module's log, then deploy a fixed version.", exit: 1 },
  GOSSIP_E_MODULE_HUNG: { advice: 'The module did not answer in time and was ended.', exit: 1 },
  GOSSIP_E_MODULE_MEMORY: { advice: 'The module used more memory than its limit and was ended.', exit: 1 },
  GOSSIP_E_MODULE_PROTOCOL: { advice: 'The module sent broken frames and was ended.', exit: 1 },
  GOSSIP_E_MODULE_ANSWER: { advice: 'The module failed to answer and goes on: fix what the message names, and deploy that.', exit: 1 },
  GOSSIP_E_MODULE_REFUSED: { advice: "Mend the request; the module's documentation says what it takes.", exit: 1 },
  GOSSIP_E_MODULE_DEAF: { advice: 'Only modules with a request() can be asked; see docs/applications.md.', exit: 1 },
  GOSSIP_E_MODULE_UNDECLARED: { advice: "Name it in 'uses' of the asking module's module.json, and deploy that.", exit: 1 },
  GOSSIP_E_MODULE_ABSENT: { advice: "See 'gossip status' for what the node runs, and why.", exit: 1 },
  GOSSIP_E_MISMATCH: { advice: 'The two nodes run different deployments; one of them updates.', exit: 1 },

  GOSSIP_E_PROGRAM: { advice: 'Restart the node: its own program changed under it. No module is to blame.', exit: 1 },
  GOSSIP_E_BUSY: { advice: 'Try again shortly.', exit: 1 },
  GOSSIP_E_RATE: { advice: 'Too many requests; slow down.', exit: 1 },
  GOSSIP_E_TOO_LARGE: { advice: 'Send less at once.', exit: 1 },
  GOSSIP_E_REQUEST: { advice: 'The request does not follow the protocol.', exit: 1 },
  GOSSIP_E_NOT_FOUND: { advice: 'There is nothing of that name.', exit: 1 },
  GOSSIP_E_STOPPING: { advice: 'The node is stopping; ask another.', exit: 1 },

  GOSSIP_E_PORT: { advice: 'Choose another address or port with --listen.', exit: 1 },
  GOSSIP_E_JOIN_FROM: {
    advice: 'See what the source itself gives; it is written dns:NAME[:PORT], srv:NAME, file:PATH or exec:PROGRAM.',
    exit: 2,
  },
  GOSSIP_E_HANDLER: {
    advice: 'Write --on EVENT=PROGRAM with the path of an executable file; docs/applications.md lists the events.',
    exit: 2,
  },
  GOSSIP_E_APP_SOCKET: { advice: 'Choose another path with --app-socket, or none.', exit: 1 },
  GOSSIP_E_DATA_LOCKED: { advice: 'Another node uses this data directory; stop it, or choose another with --data.', exit: 1 },
  GOSSIP_E_DATA_UNWRITABLE: { advice: 'Give a data directory that this user may write to.', exit: 1 },
  GOSSIP_E_DATA_CLUSTER: { advice: 'The data directory belongs to another cluster; choose another with --data.', exit: 6 },
  GOSSIP_E_DATA_CORRUPT: { advice: 'The file is damaged and was set aside; what was lost is pulled from the peers.', exit: 1 },
  GOSSIP_E_DISK: { advice: 'The disk is full or failing; the old state is kept.', exit: 1 },
  GOSSIP_E_FILE: { advice: 'Check the path and its permissions.', exit: 1 },
  GOSSIP_E_DRILL: { advice: "See 'gossip status', and mend that first; 'gossip drill --help' says what a drill needs.", exit: 1 },
  GOSSIP_E_LAB: { advice: "See 'gossip lab up --help'.", exit: 1 },
  GOSSIP_E_PROXY: { advice: 'Check the proxy given with --proxy.', exit: 3 },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERRORS;

/** An error an operator can act upon: what happened, what to do, and a code that stays the same. */
export class GossipError extends Error {
  override readonly name = 'GossipError';
  readonly code: ErrorCode;
  readonly advice: string;
  /** Of a request that a module refused: the module's own word for why. */
  declare readonly reason?: string;
  constructor(code: ErrorCode, message: string, options: { advice?: string; reason?: string | undefined; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.advice = options.advice ?? ERRORS[code].advice;
    if (options.reason !== undefined) this.reason = options.reason;
  }
  get exitCode(): number {
    return ERRORS[this.code].exit;
  }
}

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERRORS, text);
}

/** The coded form of anything that was thrown. */
export function toGossipError(thrown: unknown, code: ErrorCode = 'GOSSIP_E_INTERNAL'): GossipError {
  if (thrown instanceof GossipError) return thrown;
  return new GossipError(code, thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown });
}

/** The same error, saying what it is about: `--peer: 'x' is not an address`. */
export function errorAbout(name: string, error: GossipError): GossipError {
  return new GossipError(error.code, `${name}: ${error.message}`, { advice: error.advice, cause: error });
}

/** A coded error as it is kept and told to others. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  /** Of a request that a module refused: the module's own word for why. */
  readonly reason?: string;
}

export function failureOf(thrown: unknown, otherwise?: ErrorCode): Failure {
  const { code, message, reason } = toGossipError(thrown, otherwise);
  return { code, message, ...(reason !== undefined && { reason }) };
}

export function errorOf({ code, message, reason }: Failure): GossipError {
  return new GossipError(code, message, { reason });
}
