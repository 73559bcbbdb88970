/**
 * What a node gives to a module in WebAssembly (interface 1), in the words of AssemblyScript: copy this file into your own module. The interface itself is
 * explained in docs/wasm.md of Gossip.
 */

// @ts-ignore: decorator
@external("gossip", "answer") declare function answerBytes(call: i32, form: i32, at: usize, bytes: i32): void;
// @ts-ignore: decorator
@external("gossip", "refuse") declare function refuseBytes(call: i32, reasonAt: usize, reasonBytes: i32, at: usize, bytes: i32): void;
// @ts-ignore: decorator
@external("gossip", "exchange") declare function exchangeBytes(toAt: usize, toBytes: i32, form: i32, at: usize, bytes: i32): i32;
// @ts-ignore: decorator
@external("gossip", "log") declare function logBytes(at: usize, bytes: i32): void;
// @ts-ignore: decorator
@external("gossip", "peers") declare function drawPeers(count: i32): i32;
// @ts-ignore: decorator
@external("gossip", "instanceId") declare function giveInstanceId(): i32;
// @ts-ignore: decorator
@external("gossip", "take") declare function take(at: usize): void;
/** This module's round in milliseconds: of its settings, or else the node's own. */
// @ts-ignore: decorator
@external("gossip", "intervalMs") export declare function intervalMs(): f64;
/** Calls `onTimer` again and again; returns the timer's number. */
// @ts-ignore: decorator
@external("gossip", "every") export declare function every(intervalMs: f64): i32;

/** The form of bodies that are the text of a JSON value. */
export const TEXT: i32 = 0;
/** The outcome of an exchange that was answered; the others say why not. */
export const ANSWERED: i32 = 0;

/** Answers a call with the text of a JSON value, or with a state. */
export function answer(call: i32, text: string): void {
  const bytes = String.UTF8.encode(text);
  answerBytes(call, TEXT, changetype<usize>(bytes), bytes.byteLength);
}

/** Refuses what was asked. `reason`: a word for programs. */
export function refuse(call: i32, reason: string, why: string): void {
  const word = String.UTF8.encode(reason);
  const text = String.UTF8.encode(why);
  refuseBytes(call, changetype<usize>(word), word.byteLength, changetype<usize>(text), text.byteLength);
}

/** Asks the same module on a peer, which is a line that `peers` gave; the outcome comes to `onAnswer` with the number that this returns. */
export function exchange(peer: string, text: string): i32 {
  const to = String.UTF8.encode(peer);
  const body = String.UTF8.encode(text);
  return exchangeBytes(changetype<usize>(to), to.byteLength, TEXT, changetype<usize>(body), body.byteLength);
}

export function log(line: string): void {
  const bytes = String.UTF8.encode(line);
  logBytes(changetype<usize>(bytes), bytes.byteLength);
}

/** At most `count` other nodes. */
export function peers(count: i32): string[] {
  const lines = taken(drawPeers(count));
  return lines.length == 0 ? [] : lines.split('\n');
}

/** 32 hex digits that no other instance has. */
export function instanceId(): string {
  return taken(giveInstanceId());
}

/** The text that the node lends. */
export function textAt(at: usize, bytes: i32): string {
  return String.UTF8.decodeUnsafe(at, bytes);
}

function taken(bytes: i32): string {
  const buffer = new ArrayBuffer(bytes);
  take(changetype<usize>(buffer));
  return String.UTF8.decode(buffer);
}

/** Where a failed check of the language ends; put in its place by the build. */
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  log((message === null ? 'aborted' : message) + ' at ' + (file === null ? '' : file) + ':' + line.toString() + ':' + column.toString());
  unreachable();
}
