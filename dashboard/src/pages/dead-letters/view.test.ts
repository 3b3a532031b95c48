import { expect, it } from 'vitest';
import type { DeadLetterGroup } from '@/api/types';
import { aNotification } from '@/testing/notifications';
import { belongs, filterOf, parametersOf, shows, viewOf, viewOfGroup } from './view';

const GROUP: DeadLetterGroup = { day: '2026-11-24', cause: 'unknown', provider: 'ses', count: 2 };
const NOBODYS: DeadLetterGroup = { ...GROUP, provider: null };

it.each([GROUP, NOBODYS])('brings a group ($provider) to the address and back', (group) => {
  const view = viewOf(new URLSearchParams(parametersOf(group)));

  expect(shows(view, group)).toBe(true);
  expect(shows(view, group === GROUP ? NOBODYS : GROUP)).toBe(false);
});

it('keeps letters of providers out of the group that no provider was asked for', () => {
  const view = viewOfGroup(NOBODYS);

  expect(filterOf(view, 20)).toEqual({
    cause: 'unknown',
    day: '2026-11-24',
    provider: undefined,
    cursor: undefined,
    limit: 20,
  });
  expect(belongs(view, aNotification())).toBe(true);
  expect(belongs(view, aNotification({ provider: 'ses' }))).toBe(false);
  expect(belongs(viewOfGroup(GROUP), aNotification({ provider: 'ses' }))).toBe(true);
});

it('leaves out a cause that nobody knows', () => {
  expect(viewOf(new URLSearchParams('cause=boredom')).cause).toBeUndefined();
});
