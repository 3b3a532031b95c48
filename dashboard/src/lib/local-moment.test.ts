import { expect, it } from 'vitest';
import { fromLocalInput, toLocalInput } from './local-moment';

it('brings a moment to the input and back, whatever the zone', () => {
  const moment = Date.parse('2026-06-30T22:15:00.000Z');

  expect(fromLocalInput(toLocalInput(moment))).toBe('2026-06-30T22:15:00.000Z');
});

it('makes nothing of nothing', () => {
  expect(fromLocalInput('')).toBe('');
});
