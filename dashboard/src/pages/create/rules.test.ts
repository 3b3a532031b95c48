import { describe, expect, it } from 'vitest';
import { toLocalInput } from '@/lib/local-moment';
import { requestOf } from './request';
import { EMPTY, length, rules, type Form } from './rules';

const EMAIL: Form = { ...EMPTY, recipient: 'user@example.com', subject: 'Hello', message: 'World' };
const DAY_MS = 86_400_000;

function problems(changes: Partial<Form>): Record<string, string | undefined> {
  const result = rules.safeParse({ ...EMAIL, ...changes });
  return Object.fromEntries(
    (result.error?.issues ?? []).map((issue) => [issue.path.join('.'), issue.message]),
  );
}

describe('recipients', () => {
  it.each<Partial<Form>>([
    { type: 'EMAIL', recipient: 'user+tag@mail.example.co.uk' },
    { type: 'SMS', recipient: '+49 (30) 901-820' },
    { type: 'PUSH', recipient: 'ab'.repeat(32) },
    { type: 'PUSH', recipient: `cXy-_1:${'A'.repeat(140)}` },
  ])('takes $type $recipient', (changes) => {
    expect(problems(changes)).toEqual({});
  });

  it.each<Partial<Form>>([
    { type: 'EMAIL', recipient: 'user@example' },
    { type: 'EMAIL', recipient: 'user example.com' },
    { type: 'SMS', recipient: '030 901820' },
    { type: 'SMS', recipient: '+0301234567' },
    { type: 'SMS', recipient: '+12345678901234567' },
    { type: 'SMS', recipient: '+1 202 555 OOOO' },
    { type: 'SMS', recipient: '+1800FLOWERS' },
    { type: 'SMS', recipient: '+１２０２５５５０１２３' },
    { type: 'SMS', recipient: '+1\u00a0202\u00a0555\u00a00123' },
    { type: 'SMS', recipient: '+1\u00ad2025550123' },
    { type: 'SMS', recipient: '(+1) 202 555 0123' },
    { type: 'EMAIL', recipient: '"a"@example.com' },
    { type: 'EMAIL', recipient: `${'a'.repeat(65)}@example.com` },
    { type: 'PUSH', recipient: 'abc' },
  ])('refuses $type $recipient', (changes) => {
    expect(Object.keys(problems(changes))).toEqual(['recipient']);
  });
});

describe('one line of text', () => {
  it.each([
    'Votre commande est prête\u00a0!',
    'Prix\u202f: 12 €',
    '👨‍👩‍👧',
    'ご注文\u3000完了',
    'می\u200cشود',
    '\u{1fae8}',
  ])('is %s', (subject) => {
    expect(problems({ subject })).toEqual({});
  });

  it.each(['\n', '\t', '\u001b', '\u007f', '\u0085', '\u2028', '\u2029', '\ud83d'])(
    'is not what holds %j',
    (each) => {
      expect(Object.keys(problems({ subject: `Hello${each}there` }))).toEqual(['subject']);
    },
  );
});

describe('messages', () => {
  const PUSH: Partial<Form> = { type: 'PUSH', subject: '' };

  it.each([' ', '\n\t', '\u00a0\u3000', '\u200b\u200d\ufeff', '\u202e'])(
    'have visible text, unlike %j',
    (message) => {
      expect(problems({ message })).toEqual({ message: 'must have text that can be seen' });
    },
  );

  it('have no NUL and no half of a pair', () => {
    expect(problems({ message: 'a\0' })).toHaveProperty('message');
    expect(problems({ message: 'a\ud83d' })).toHaveProperty('message');
    expect(problems({ message: 'a😀\nb' })).toEqual({});
  });

  it.each([
    ['ab'.repeat(32), '{"aps":{"alert":{"body":""}},"notificationId":"000000000000000000000000"}'],
    [
      `cXy-_1:${'A'.repeat(140)}`,
      '{"notification":{"body":""},"data":{"notificationId":"000000000000000000000000"}}',
    ],
  ])('of push have 4096 bytes at the most, to %s', (recipient, empty) => {
    const longest = 'ü'.repeat(100) + 'x'.repeat(4096 - empty.length - 200);

    expect(problems({ ...PUSH, recipient, message: longest })).toEqual({});
    expect(problems({ ...PUSH, recipient, message: `${longest}x` })).toHaveProperty('message');
    expect(problems({ ...PUSH, recipient, subject: 's', message: longest })).toHaveProperty('message');
  });
});

it('wants a subject for an email, and for nothing else', () => {
  expect(problems({ subject: ' ' })).toHaveProperty('subject');
  expect(problems({ type: 'SMS', recipient: '+4930901820', subject: '' })).toEqual({});
});

it('counts characters as the API does', () => {
  expect(length('👩‍🚀')).toBe(3);
  expect(problems({ message: '😀'.repeat(5000) })).toEqual({});
  expect(problems({ message: '😀'.repeat(5001) })).toHaveProperty('message');
});

it('holds schedule and expiry to the future and to their order', () => {
  const at = (days: number) => toLocalInput(Date.now() + days * DAY_MS);

  expect(problems({ scheduledAt: at(1), expiresAt: at(2) })).toEqual({});
  expect(problems({ scheduledAt: at(-1) })).toHaveProperty('scheduledAt');
  expect(problems({ scheduledAt: at(400) })).toHaveProperty('scheduledAt');
  expect(problems({ expiresAt: at(-1) })).toHaveProperty('expiresAt');
  expect(problems({ scheduledAt: at(2), expiresAt: at(1) })).toHaveProperty('expiresAt');
});

describe('metadata', () => {
  it.each([
    'no JSON',
    '[1]',
    'null',
    '"text"',
    '{"a.b": 1}',
    '{"$where": 1}',
    '{"": 1}',
    '{"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}}',
    JSON.stringify({ a: 'x'.repeat(8 * 1024) }),
  ])('refuses %s', (metadata) => {
    expect(Object.keys(problems({ metadata }))).toEqual(['metadata']);
  });

  it('takes an object of five levels', () => {
    expect(problems({ metadata: '{"a": {"b": {"c": {"d": {"e": 1}}}}}' })).toEqual({});
  });
});

it('asks for what was filled in and leaves out the rest', () => {
  expect(requestOf(rules.parse(EMAIL), [])).toEqual({
    type: 'EMAIL',
    recipient: 'user@example.com',
    subject: 'Hello',
    message: 'World',
    priority: 'MEDIUM',
    maxRetries: 3,
  });
  expect(
    requestOf(rules.parse({ ...EMAIL, onUnknown: 'hold', metadata: '{"orderId": 7}' }), []),
  ).toMatchObject({
    onUnknown: 'hold',
    metadata: { orderId: 7 },
  });
});

it('gives its attachments to an email, and to no other type', () => {
  const sms = { ...EMAIL, type: 'SMS' as const, recipient: '+4930901820' };

  expect(requestOf(rules.parse(EMAIL), ['1', '2'])).toMatchObject({ attachments: ['1', '2'] });
  expect(requestOf(rules.parse(sms), ['1', '2'])).not.toHaveProperty('attachments');
});
