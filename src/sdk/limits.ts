/** The limits that a module meets, in one place: the host, the core, the wire, the simulator and the tests of authors hold the same. */

/** Largest message of a module (what `exchange` and `send` send, what `receive` answers) and largest answer of `inspect`: bytes, of JSON in UTF-8. */
export const MAX_MESSAGE_BYTES = 1024 * 1024;
/** Largest state that `transferState` may give: bytes, of a text in UTF-8. */
export const MAX_STATE_BYTES = 64 * 1024 * 1024;
/** Largest signed deployment with its signatures (attack A6). Its settings share this with some 500 bytes of other fields. */
export const MAX_RECORD_BYTES = 16 * 1024;
/** How deep what `inspect` shows may be nested: a command shows no deeper value. */
export const MAX_SHOWN_DEPTH = 64;
/** How deep settings may be nested. */
export const MAX_SETTINGS_DEPTH = 16;
/** Messages of peers that may wait for one instance; beyond them its node answers "busy". */
export const MAX_OPEN_CALLS = 256;
/** Requests of applications that one instance may have open; further ones wait for their turn. */
export const MAX_OPEN_REQUESTS = 64;
/** How long `request` may take for one. */
export const REQUEST_MS = 5_000;
/** Other modules that one may name in `uses`. */
export const MAX_USES = 16;
/** Requests to other modules of its node that one instance may have open; further ones are refused. Fewer than `MAX_OPEN_REQUESTS`: modules that ask each other without end hear so at once. */
export const MAX_OPEN_USES = 32;
/** Watches of other modules that one instance may have open. */
export const MAX_WATCHES = 16;
/** Longest that a request to another module may take: its wait for an instance, and the answer. */
export const USE_MS = 20_000;
/** Longest that what is asked in `start` waits for an instance: of two modules that wait for each other both can still go on without (`STEP_MS`). */
export const START_USE_MS = 2_500;
/** Requests of one module to others that may begin at once, and in each second after that; further ones wait for their turn. */
export const USE_BURST = 200;
export const USES_PER_SECOND = 500;
/** Largest event that `publish` takes: bytes of its JSON in UTF-8. */
export const MAX_EVENT_BYTES = 64 * 1024;
/** Longest topic of an event, in characters. */
export const MAX_TOPIC = 256;
/** Exchanges that one instance may have open at once; further ones are refused. */
export const MAX_OPEN_EXCHANGES = 64;
/** Likewise of what `send` began: one more is dropped, and `send` says so. */
export const MAX_OPEN_SENDS = 64;
/** Longest deadline that `exchange` takes. The peer has `ANSWER_MS` of it at most; the rest may pass until it is this exchange's turn. */
export const MAX_EXCHANGE_MS = 60_000;
/** Exchanges of one module that may begin at once, and in each second after that; further ones wait for their turn. */
export const EXCHANGE_BURST = 200;
export const EXCHANGES_PER_SECOND = 100;
/** A node is never further behind than this, from 1: so many times rarer are its rounds and those of its modules at most. */
export const MOST_STRAIN = 8;
/** One step of an instance's life, each by itself: loading with its constructor, `acceptState`, `start`. */
export const STEP_MS = 5_000;
/** How long `receive` may take for one message. */
export const ANSWER_MS = 5_000;
/** How long `transferState` and `inspect` may take, where they do not hold up the process. */
export const ASK_MS = 10_000;
/** A process that answers no heartbeat for so long (an endless loop, a long computation in one piece) is ended. */
export const HUNG_MS = 5_000;
/** From the call of `stop` to the end of the process. */
export const STOP_MS = 1_000;
/** How long `transferState` may take when the whole node stops. */
export const LAST_STATE_MS = 2_000;
