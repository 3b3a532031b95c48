import { expect, it } from 'vitest';
import type { TemplateVersion } from '@/api/types';
import {
  draftOf,
  LOCALE,
  localesOf,
  sourceOf,
  textsOf,
  variantOf,
  versionOf,
  withLocale,
  withoutLocale,
  withPart,
} from './draft';

const LOCALES = { en: { subject: 'Paid', text: 'Hello' } };
const STORED: TemplateVersion = {
  number: 1,
  defaultLocale: 'en',
  locales: LOCALES,
  variables: [],
  createdAt: '2026-01-31T09:30:00.000Z',
};
const DRAFT = draftOf(STORED);
const COMPARING = draftOf({
  ...STORED,
  variants: {
    plain: { weight: 3, locales: LOCALES },
    short: { weight: 1, locales: { en: { text: 'Hi', data: { account: '{{ id }}' } } } },
  },
});

it('begins with English where there is no version', () => {
  expect(versionOf(draftOf(undefined))).toEqual({ defaultLocale: 'en', locales: { en: {} } });
});

it('is the version again while nothing has changed, with its variants', () => {
  expect(versionOf(DRAFT)).toEqual({ defaultLocale: 'en', locales: LOCALES });
  expect(versionOf(COMPARING)).toEqual({
    defaultLocale: 'en',
    variants: {
      plain: { weight: 3, locales: LOCALES },
      short: { weight: 1, locales: { en: { text: 'Hi', data: { account: '{{ id }}' } } } },
    },
  });
});

it('changes one part of one language of one variant', () => {
  const changed = withPart(COMPARING, 1, 'en', 'text', 'Bye');

  expect(variantOf(changed, 1).locales.en?.text).toBe('Bye');
  expect(variantOf(changed, 0)).toBe(variantOf(COMPARING, 0));
  expect(variantOf(COMPARING, 1).locales.en?.text).toBe('Hi');
});

it('begins a language of each variant as a copy of its default one, and removes it', () => {
  const more = withLocale(COMPARING, 'de');

  expect(localesOf(more)).toEqual(['en', 'de']);
  expect(variantOf(more, 0).locales.de).toEqual({ subject: 'Paid', text: 'Hello' });
  expect(variantOf(more, 1).locales.de?.text).toBe('Hi');
  expect(withoutLocale(more, 'de')).toEqual(COMPARING);
});

it('keeps what a push message carries beside its parts', () => {
  const kept = versionOf(withPart(COMPARING, 1, 'en', 'link', 'bank://pay'));

  expect(kept.variants?.short?.locales).toEqual({
    en: { text: 'Hi', data: { account: '{{ id }}' }, link: 'bank://pay' },
  });
  expect(textsOf(COMPARING)).toContain('{{ id }}');
});

it('sends no empty part', () => {
  expect(sourceOf({ subject: 'Paid', text: 'Hello', html: '' })).toEqual({ subject: 'Paid', text: 'Hello' });
  expect(versionOf(withPart(DRAFT, 0, 'en', 'html', ''))).toEqual(versionOf(DRAFT));
});

it.each(['en', 'de-CH', 'zh-Hant-TW', 'es-419'])('takes %s for a language', (locale) => {
  expect(locale).toMatch(LOCALE);
});

it.each(['English', 'EN', 'de_CH', 'de-ch', ''])('takes "%s" for none', (locale) => {
  expect(locale).not.toMatch(LOCALE);
});
