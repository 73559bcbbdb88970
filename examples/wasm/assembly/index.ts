/** wasm-counter: a counter that only grows, for the whole fleet, in AssemblyScript. The functions that are exported here are the module. */
import { answer, ANSWERED, every, exchange, instanceId, intervalMs, log, peers, refuse, TEXT, textAt } from './gossip';
import { Reader } from './reader';
import { MAX_AMOUNT, merge, raise, readSlots, Slots, textOf, total } from './slots';

const slots: Slots = new Map<string, u64>();

/** States which interface this code is written against. */
export function gossip_interface_1(): void {}

/** Room for what the node hands over. */
export function alloc(bytes: i32): usize {
  return heap.alloc(bytes);
}

export function free(at: usize, _bytes: i32): void {
  heap.free(at);
}

export function start(_call: i32): void {
  every(intervalMs());
}

/** A round: counts here, and tells one peer. */
export function onTimer(_timer: i32): void {
  // An example of something to count: the rounds of all nodes.
  add(1);
  const drawn = peers(1);
  if (drawn.length > 0) exchange(drawn[0], textOf(slots));
}

/** How an exchange ended. Gossip needs neither every message nor every peer. */
export function onAnswer(_exchange: i32, outcome: i32, _form: i32, at: usize, bytes: i32): void {
  if (outcome != ANSWERED) return log('an exchange failed: ' + textAt(at, bytes));
  const told = readWhole(textAt(at, bytes));
  if (told === null) return log('a peer answers what is no table of counts');
  merge(slots, told);
}

/** A message of this module on another node. */
export function receive(call: i32, form: i32, at: usize, bytes: i32, _fromAt: usize, _fromBytes: i32): void {
  const told = form == TEXT ? readWhole(textAt(at, bytes)) : null;
  if (told === null) return refuse(call, 'malformed', 'not a table of counts');
  merge(slots, told);
  answer(call, textOf(slots));
}

/** A program beside the node: `{"add": 3}`, or `{}` to read. */
export function request(call: i32, form: i32, at: usize, bytes: i32, _callerAt: usize, _callerBytes: i32): void {
  const reader = new Reader(textAt(at, bytes));
  reader.expect(0x7b);
  let amount: u64 = 0;
  if (!reader.next(0x7d)) {
    if (reader.plainText() != 'add') reader.failed = true;
    reader.expect(0x3a);
    amount = reader.whole(MAX_AMOUNT);
    reader.expect(0x7d);
  }
  reader.end();
  if (reader.failed || form != TEXT) return refuse(call, 'malformed', 'ask {"add": AMOUNT}, or {} to read');
  if (amount > 0) add(amount);
  inspect(call);
}

export function inspect(call: i32): void {
  answer(call, '{"total":' + total(slots).toString() + ',"instances":' + slots.size.toString() + '}');
}

export function transferState(call: i32): void {
  answer(call, '{"version":1,"slots":' + textOf(slots) + '}');
}

export function acceptState(call: i32, form: i32, at: usize, bytes: i32): void {
  const reader = new Reader(textAt(at, bytes));
  reader.expect(0x7b);
  if (reader.plainText() != 'version') reader.failed = true;
  reader.expect(0x3a);
  if (reader.whole(1) != 1) reader.failed = true;
  reader.expect(0x2c);
  if (reader.plainText() != 'slots') reader.failed = true;
  reader.expect(0x3a);
  const told = readSlots(reader);
  reader.expect(0x7d);
  reader.end();
  if (told === null || reader.failed || form != TEXT) return refuse(call, 'malformed', 'not a state of version 1');
  merge(slots, told);
}

function readWhole(text: string): Slots | null {
  const reader = new Reader(text);
  const told = readSlots(reader);
  reader.end();
  return reader.failed ? null : told;
}

/** The slot is this instance's own: one of the node's would begin below what was told before a crash. */
function add(amount: u64): void {
  const id = instanceId();
  raise(slots, id, (slots.has(id) ? slots.get(id) : 0) + amount);
}
