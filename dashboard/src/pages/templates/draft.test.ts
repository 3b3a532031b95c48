import { expect, it } from 'vitest';
import {
  draftOf,
  LOCALE,
  partsOf,
  samplesOf,
  sourceOf,
  textsOf,
  variablesOf,
  versionOf,
  withLocale,
  withoutLocale,
  withPart,
} from './draft';

const DRAFT = { defaultLocale: 'en', locales: { en: { subject: 'Paid', text: 'Hello' } } };

it('begins with English where there is no version', () => {
  expect(draftOf(undefined)).toEqual({ defaultLocale: 'en', locales: { en: {} } });
});

it('changes one part of one language', () => {
  expect(withPart(DRAFT, 'en', 'text', 'Bye').locales).toEqual({ en: { subject: 'Paid', text: 'Bye' } });
  expect(DRAFT.locales.en.text).toBe('Hello');
});

it('begins a language as a copy of the default one, and removes it', () => {
  const more = withLocale(DRAFT, 'de');

  expect(more.locales.de).toEqual(DRAFT.locales.en);
  expect(withoutLocale(more, 'de')).toEqual(DRAFT);
});

it('keeps what a push message carries beside its parts', () => {
  const pushed = { defaultLocale: 'en', locales: { en: { text: 'Hello', data: { account: '{{ id }}' } } } };

  expect(versionOf(withPart(pushed, 'en', 'link', 'bank://pay')).locales).toEqual({
    en: { text: 'Hello', data: { account: '{{ id }}' }, link: 'bank://pay' },
  });
  expect(textsOf(pushed)).toContain('{{ id }}');
});

it('sends no empty part', () => {
  expect(sourceOf({ subject: 'Paid', text: 'Hello', html: '' })).toEqual({ subject: 'Paid', text: 'Hello' });
  expect(versionOf(withPart(DRAFT, 'en', 'html', ''))).toEqual(DRAFT);
});

it.each(['en', 'de-CH', 'zh-Hant-TW', 'es-419'])('takes %s for a language', (locale) => {
  expect(locale).toMatch(LOCALE);
});

it.each(['English', 'EN', 'de_CH', 'de-ch', ''])('takes "%s" for none', (locale) => {
  expect(locale).not.toMatch(LOCALE);
});

it('reads variables from an object only', () => {
  expect(variablesOf('{"name": "Ada"}')).toEqual({ name: 'Ada' });
  for (const text of ['', '{', '[]', 'null', '3']) expect(variablesOf(text)).toBeNull();
});

const namesOf = (written: Parameters<typeof partsOf>[1]) => partsOf('EMAIL', written).map(({ part }) => part);

it('has HTML and MJML to write while neither is written', () => {
  expect(namesOf({})).toEqual(['subject', 'text', 'html', 'mjml']);
  expect(namesOf({ html: '' })).toEqual(['subject', 'text', 'html', 'mjml']);
});

it('has the one of both that is written', () => {
  expect(namesOf({ html: '<p>x</p>' })).toEqual(['subject', 'text', 'html']);
  expect(namesOf({ mjml: '<mjml/>' })).toEqual(['subject', 'text', 'mjml']);
});

it('has no markup to write for other channels', () => {
  expect(partsOf('SMS', { html: 'x' }).map(({ part }) => part)).toEqual(['text']);
});

it('offers a value for each variable that fits what is done with it', () => {
  const texts =
    "{{ name }} {{ amount|money('EUR') }} {{ due | date('long') }} {{ link|url }} {% for row in rows %}{% endfor %}";

  expect(samplesOf(['amount', 'due', 'link', 'name', 'rows'], texts)).toEqual({
    amount: 1250.5,
    due: '2026-01-31T09:30:00Z',
    link: 'https://example.com',
    name: 'name',
    rows: ['one', 'two'],
  });
});
