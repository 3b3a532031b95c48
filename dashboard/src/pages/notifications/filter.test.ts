import { expect, it } from 'vitest';
import { filterOf, idIn, isFiltered, viewOf } from './filter';

const view = (query: string) => viewOf(new URLSearchParams(query));

it('reads the address, and leaves out what nobody knows', () => {
  expect(view('status=FAILED&type=FAX&priority=HIGH&limit=50&recipient=a%40b.example')).toMatchObject({
    status: 'FAILED',
    type: undefined,
    priority: 'HIGH',
    limit: 50,
    recipient: 'a@b.example',
  });
  expect(view('limit=7&since=yesterday').limit).toBe(20);
  expect(view('since=yesterday').since).toBeUndefined();
});

it('lets a period move with the time, minute by minute', () => {
  const now = Date.parse('2026-11-24T12:00:31Z');

  expect(filterOf(view('period=1h'), now)).toMatchObject({
    since: '2026-11-24T11:00:00.000Z',
    until: undefined,
  });
  expect(filterOf(view('period=1h'), now + 20_000)).toEqual(filterOf(view('period=1h'), now));
  expect(filterOf(view('since=2026-01-31T00:00:00Z'), now)).toMatchObject({
    since: '2026-01-31T00:00:00.000Z',
  });
});

it('does not take a page or its size for a filter', () => {
  expect(isFiltered(view('cursor=abc&limit=50'))).toBe(false);
  expect(isFiltered(view('period=15m'))).toBe(true);
});

it.each([
  ['507f1f77bcf86cd799439011', '507f1f77bcf86cd799439011'],
  ['  507F1F77BCF86CD799439011 ', '507f1f77bcf86cd799439011'],
  ['https://wavecom.bank.example/status/507f1f77bcf86cd799439011', '507f1f77bcf86cd799439011'],
  ['507f1f77', null],
  ['../settings', null],
  ['', null],
])('finds the id in %j', (text, id) => {
  expect(idIn(text)).toBe(id);
});
