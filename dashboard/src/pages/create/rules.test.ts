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
    { type: 'PUSH', recipient: 'abc' },
  ])('refuses $type $recipient', (changes) => {
    expect(Object.keys(problems(changes))).toEqual(['recipient']);
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
  expect(requestOf(rules.parse(EMAIL))).toEqual({
    type: 'EMAIL',
    recipient: 'user@example.com',
    subject: 'Hello',
    message: 'World',
    priority: 'MEDIUM',
    maxRetries: 3,
  });
  expect(requestOf(rules.parse({ ...EMAIL, onUnknown: 'hold', metadata: '{"orderId": 7}' }))).toMatchObject({
    onUnknown: 'hold',
    metadata: { orderId: 7 },
  });
});
