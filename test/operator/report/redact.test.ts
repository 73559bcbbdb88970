/** No secret of a planted list comes through into a report, wherever it stands; what a report is for does. */
import { describe, expect, test } from 'vitest';
import { redacted, redactText, REMOVED } from '../../../src/operator/report/redact.ts';
import { generateKey, toPem } from '../../../src/trust/keys.ts';

const key = generateKey();
const APP_TOKEN = 'Zk3v-9_Qw8yTgUxO2sPl7nVbRcFaEhJdMiKoLpXzYt1';
/** Each with the part that must not be left of it. */
const PLANTED: readonly (readonly [string, string, string])[] = [
  ['a key in PEM', toPem(key), toPem(key).split('\n')[1] ?? ''],
  ['a sealed key', toPem(key, 'a passphrase'), 'MIG'],
  ['half a key', toPem(key).slice(0, 80), toPem(key).slice(40, 80)],
  ['a join token', 'gossip node run --join gossip-join-1.eyJyb290Ijoi.abc_DEF', 'eyJyb290'],
  ['a later join token', 'token=gossip-join-2.QUJD', 'QUJD'],
  ['the token of the door', `authorization: Bearer ${APP_TOKEN}`, APP_TOKEN],
  ['that token by itself', `the token is ${APP_TOKEN}.`, APP_TOKEN],
  ['the password of a proxy', 'proxy http://user:hunter2@10.0.0.1:3128/ refused', 'hunter2'],
  ['a password in a log', 'connect failed password=hunter2 host=db', 'hunter2'],
  ['a quoted one', `{"db_password": "hunter2 with blanks"}`, 'hunter2'],
  ['an API key', 'API_KEY: sk-live-123456', 'sk-live'],
  ['basic authorization', 'Proxy-Authorization: Basic dXNlcjpodW50ZXIy', 'dXNlcjp'],
  ['a cookie', 'cookie: session=abcdef; other=1', 'abcdef'],
  ['a passphrase of the environment', 'GOSSIP_PASSPHRASE=correct-horse', 'correct-horse'],
];

describe('taken out of a text', () => {
  test.each(PLANTED)('%s', (_, text, secret) => {
    expect(secret.length).toBeGreaterThan(2);
    expect(text).toContain(secret);
    expect(redactText(text)).not.toContain(secret);
    expect(redactText(text)).toContain('removed');
  });

  test.each(PLANTED)('and out of JSON, in values, lists and names of fields: %s', (_, text, secret) => {
    const told = JSON.stringify(redacted({ log: [{ text, fields: { [text]: [text] } }], deep: { deeper: text } }));
    expect(told).not.toContain(secret);
  });
});

test('a field that is called after a secret loses its value, whatever it is', () => {
  expect(redacted({ password: 'x', token: 7, nested: { clientSecret: ['a', 'b'], apiKey: { inner: 'c' } } })).toEqual({
    password: REMOVED,
    token: REMOVED,
    nested: { clientSecret: [REMOVED, REMOVED], apiKey: { inner: REMOVED } },
  });
});

test('of settings the names stay, and of values the kind', () => {
  expect(redacted({ settings: { url: 'https://db', retries: 3, list: [1], nothing: null } })).toEqual({
    settings: { url: `${REMOVED}: string`, retries: `${REMOVED}: number`, list: `${REMOVED}: array`, nothing: `${REMOVED}: null` },
  });
});

test('what a report is for stays: ids, hashes, codes, numbers of deployments, addresses', () => {
  const told = {
    id: 'a'.repeat(64),
    hash: `sha256:${'0123456789abcdef'.repeat(4)}`,
    code: 'GOSSIP_E_TIMEOUT',
    message: 'node3 (10.0.0.3:7946) did not answer in 3000 ms',
    deployment: 'd17',
    url: 'http://10.0.0.1:9464/metrics',
    isolation: 'own-root',
    count: 3,
    nothing: null,
    yes: true,
  };
  expect(redacted(told)).toEqual(told);
});
