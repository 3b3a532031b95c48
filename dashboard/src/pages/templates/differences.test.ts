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

it('shows variants with their weights, and what a push message carries', () => {
  const locales = { en: { text: 'Hello', link: 'bank://pay', data: { account: '7' } } };
  const before = { ...version(locales), variants: { a: { weight: 1, locales }, b: { weight: 1, locales } } };
  const after = {
    ...before,
    variants: {
      a: { weight: 3, locales },
      b: { weight: 1, locales: { en: { ...locales.en, text: 'Hi', data: { account: '8' } } } },
    },
  };

  expect(differencesOf(before, after)).toEqual([
    { kind: 'same', text: 'Default language: en' },
    { kind: 'removed', text: 'Variant a: weight 1' },
    { kind: 'added', text: 'Variant a: weight 3' },
    { kind: 'same', text: 'a.en.text: Hello' },
    { kind: 'same', text: 'a.en.link: bank://pay' },
    { kind: 'same', text: 'a.en.data.account: 7' },
    { kind: 'same', text: 'Variant b: weight 1' },
    { kind: 'removed', text: 'b.en.text: Hello' },
    { kind: 'added', text: 'b.en.text: Hi' },
    { kind: 'same', text: 'b.en.link: bank://pay' },
    { kind: 'removed', text: 'b.en.data.account: 7' },
    { kind: 'added', text: 'b.en.data.account: 8' },
  ]);
});
