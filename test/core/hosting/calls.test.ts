/** What a host was asked and does not answer: whose fault that is said to be. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Calls, INSPECT_RULES, receiveRules, REQUEST_RULES, STATE_RULES } from '../../../src/core/hosting/calls.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it.each([
  [INSPECT_RULES, 10_000, 'GOSSIP_E_MODULE_ANSWER', 'inspect() did not end within 10000 ms'],
  [STATE_RULES, 10_000, 'GOSSIP_E_MODULE_HUNG', 'transferState did not end within 10000 ms'],
  // The peer that asked hears of a timeout, as it would of a slow network.
  [receiveRules(5_000), 5_000, 'GOSSIP_E_TIMEOUT', 'receive() did not end within 5000 ms'],
])('a call without an answer is given up in time: $0.what', async (rules, timeoutMs, code, message) => {
  const calls = new Calls();
  const outcome = calls.make(rules, () => undefined).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(timeoutMs - 1);
  expect(calls.waitedFor).toContain(rules.what);
  await vi.advanceTimersByTimeAsync(1);
  expect(await outcome).toMatchObject({ code, message });
  expect(calls.waitedFor).toBe(rules.what);
});

it('whoever answers nothing more is blamed for what it was asked first, although that was given up; an answer clears it', async () => {
  const calls = new Calls();
  const make = (rules: typeof REQUEST_RULES) => void calls.make(rules, () => undefined).catch(() => undefined);
  make(REQUEST_RULES);
  make(receiveRules(4_000));
  await vi.advanceTimersByTimeAsync(4_000);
  make(receiveRules(5_000));
  expect(calls.waitedFor).toBe('request');
  await vi.advanceTimersByTimeAsync(1_000);
  expect(calls.waitedFor).toBe('request');
  calls.done(3, { body: [], form: 'json' });
  expect(calls.waitedFor).toBeUndefined();
  make(REQUEST_RULES);
  make(receiveRules(10_000));
  await vi.advanceTimersByTimeAsync(5_000);
  expect(calls.waitedFor).toBe('request');
});

it.each([
  ['is given the time in which its host had no processor', 1, 20_000],
  ['is not waited for endlessly where it never gets one', Infinity, 100_000],
])('a call for the state %s', async (_what, shares, endsAfterMs) => {
  let waitedMs = 0;
  const calls = new Calls(() => waitedMs);
  const began = Date.now();
  const ended = calls.make(STATE_RULES, () => undefined).catch(() => Date.now() - began);
  // Of its first ten seconds all were waiting, and of what it is given after that none, or all.
  for (let at = 0; at < 110_000; at += 1_000) {
    if (at < 10_000 * shares) waitedMs += 1_000;
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(await ended).toBe(endsAfterMs);
});

it('a call for the state waits as long as a debugger is in the host', async () => {
  let inspectedMs = 0;
  const calls = new Calls(
    () => 0,
    () => inspectedMs,
  );
  const began = Date.now();
  const ended = calls.make(STATE_RULES, () => undefined).catch(() => Date.now() - began);
  for (let at = 0; at < 600_000; at += 1_000) {
    inspectedMs += 1_000;
    await vi.advanceTimersByTimeAsync(1_000);
  }
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await ended).toBeGreaterThan(600_000);
});

it('a call that a peer waits for is not given more than the peer waits', async () => {
  let waitedMs = 0;
  const calls = new Calls(() => (waitedMs += 60_000));
  const outcome = calls.make(receiveRules(5_000), () => undefined).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(await outcome).toMatchObject({ code: 'GOSSIP_E_TIMEOUT' });
});
