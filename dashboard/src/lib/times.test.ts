import { describe, expect, it } from 'vitest';
import { countdown, dayName, duration, exact, relative, roughSpan } from './times';

const NOON = Date.parse('2026-11-24T12:00:00Z');

describe('duration', () => {
  it.each([
    [0, '0 ms'],
    [84.4, '84 ms'],
    [5020, '5.02 s'],
    [12_340, '12.3 s'],
    [125_000, '2 min 5 s'],
    [3_840_000, '1 h 4 min'],
    [90_000_000, '1 d 1 h'],
  ])('says %d ms as %s', (milliseconds, text) => {
    expect(duration(milliseconds)).toBe(text);
  });
});

describe('countdown', () => {
  it.each([
    [-1000, 'now'],
    [0, 'now'],
    [1, '1 s'],
    [24_500, '25 s'],
    [125_000, '2:05'],
    [3_870_000, '1:04:30'],
    [12 * 86_400_000, '12 d'],
  ])('shows %d ms before as %s', (left, text) => {
    expect(countdown(NOON + left, NOON)).toBe(text);
  });
});

describe('relative', () => {
  it('says how long ago and how far ahead', () => {
    expect(relative(NOON - 180_000, NOON)).toBe('3 min ago');
    expect(relative(NOON + 7_200_000, NOON)).toBe('in 2 h');
    expect(relative(NOON + 900, NOON)).toBe('now');
  });

  it('never rounds up to the next unit', () => {
    expect(roughSpan(119)).toBe('1 min');
    expect(roughSpan(47 * 3600)).toBe('47 h');
  });
});

it('names moments and days in the zone that is asked for', () => {
  expect(exact(NOON, 'utc')).toBe('24 Nov 2026, 12:00:00 UTC');
  expect(dayName('2026-11-24')).toBe('Tue, 24 Nov 2026');
});
