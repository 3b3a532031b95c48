import { expect, it } from 'vitest';
import type { TemplateVersion } from '@/api/types';
import { differencesOf } from './differences';

const version = (locales: TemplateVersion['locales'], defaultLocale = 'en'): TemplateVersion => ({
  number: 1,
  defaultLocale,
  locales,
  variables: [],
  createdAt: '2026-01-31T09:30:00.000Z',
});

it('shows what one version has more and less than another, by language and part', () => {
  const before = version({ en: { subject: 'Paid', text: 'Hello\nBye' } });
  const after = version({
    en: { subject: 'Paid', text: 'Hi\nBye', html: '<p>Hi</p>' },
    de: { text: 'Hallo' },
  });

  expect(differencesOf(before, after)).toEqual([
    { kind: 'same', text: 'Default language: en' },
    { kind: 'same', text: 'en.subject: Paid' },
    { kind: 'removed', text: 'en.text: Hello' },
    { kind: 'added', text: 'en.text: Hi' },
    { kind: 'same', text: 'en.text: Bye' },
    { kind: 'added', text: 'en.html: <p>Hi</p>' },
    { kind: 'added', text: 'de.text: Hallo' },
  ]);
});

it('shows no difference between equal versions', () => {
  const same = version({ en: { text: 'Hello' } });

  expect(differencesOf(same, same).every(({ kind }) => kind === 'same')).toBe(true);
});
