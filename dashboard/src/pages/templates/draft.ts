import type { Channel, CreateVersion, TemplateSource, TemplateVersion } from '@/api/types';

export type Part =
  'subject' | 'text' | 'html' | 'mjml' | 'link' | 'image' | 'sound' | 'badge' | 'collapseKey';

/** Parts of markup, one of which an email may have. */
export const MARKUP: readonly Part[] = ['html', 'mjml'];

/** The parts of a channel's templates, in the order in which they are written. */
export const PARTS: Record<Channel, readonly { part: Part; label: string; rows: number }[]> = {
  EMAIL: [
    { part: 'subject', label: 'Subject', rows: 1 },
    { part: 'text', label: 'Text (made of the HTML or MJML if left out)', rows: 8 },
    { part: 'html', label: 'HTML (optional)', rows: 10 },
    { part: 'mjml', label: 'MJML (in place of HTML)', rows: 10 },
  ],
  SMS: [{ part: 'text', label: 'Text', rows: 4 }],
  PUSH: [
    { part: 'subject', label: 'Title (optional)', rows: 1 },
    { part: 'text', label: 'Text', rows: 4 },
    { part: 'link', label: 'Link that a tap opens (optional)', rows: 1 },
    { part: 'image', label: 'Address of a picture (optional)', rows: 1 },
    { part: 'sound', label: 'Sound (optional)', rows: 1 },
    { part: 'badge', label: 'Badge (optional)', rows: 1 },
    { part: 'collapseKey', label: 'Collapse key (optional)', rows: 1 },
  ],
};

export const LOCALE = /^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$/;

/** A version that is being written. */
export interface Draft {
  defaultLocale: string;
  /** What a part does not have, such as a push message's data, is kept as it is. */
  locales: Record<string, Partial<Record<Part, string>> & Pick<TemplateSource, 'data'>>;
}

export const draftOf = (version: TemplateVersion | undefined): Draft =>
  version === undefined
    ? { defaultLocale: 'en', locales: { en: {} } }
    : { defaultLocale: version.defaultLocale, locales: version.locales };

/** The parts to write: of HTML and MJML only the one that is written, if one is. */
export function partsOf(channel: Channel, written: Partial<Record<Part, string>>) {
  const isWritten = (part: Part) => (written[part] ?? '') !== '';
  return PARTS[channel].filter(
    ({ part }) => !MARKUP.includes(part) || isWritten(part) || !MARKUP.some(isWritten),
  );
}

/** A source without its empty parts, as the API takes it. */
export function sourceOf(parts: Partial<Record<Part, string>>): TemplateSource {
  return Object.fromEntries(Object.entries(parts).filter(([, text]) => text !== ''));
}

export const versionOf = ({ defaultLocale, locales }: Draft): CreateVersion => ({
  defaultLocale,
  locales: Object.fromEntries(Object.entries(locales).map(([locale, parts]) => [locale, sourceOf(parts)])),
});

export function withPart(draft: Draft, locale: string, part: Part, text: string): Draft {
  return { ...draft, locales: { ...draft.locales, [locale]: { ...draft.locales[locale], [part]: text } } };
}

/** The draft with a further language, which begins as a copy of the default one. */
export function withLocale(draft: Draft, locale: string): Draft {
  return { ...draft, locales: { ...draft.locales, [locale]: { ...draft.locales[draft.defaultLocale] } } };
}

export function withoutLocale(draft: Draft, locale: string): Draft {
  return {
    ...draft,
    locales: Object.fromEntries(Object.entries(draft.locales).filter(([each]) => each !== locale)),
  };
}

const SAMPLES: readonly { use: (name: string) => string; sample: unknown }[] = [
  { use: (name) => `\\b${name}\\s*\\|\\s*(money|number|percent|abs|int|round)\\b`, sample: 1250.5 },
  { use: (name) => `\\b${name}\\s*\\|\\s*(date|datetime|time)\\b`, sample: '2026-01-31T09:30:00Z' },
  { use: (name) => `\\b${name}\\s*\\|\\s*url\\b`, sample: 'https://example.com' },
  { use: (name) => `\\bin\\s+${name}\\b|\\b${name}\\s*\\|\\s*(list|join|sort)\\b`, sample: ['one', 'two'] },
];

/** Every part that a version has, in all languages. */
export const textsOf = (draft: Draft): string =>
  Object.values(draft.locales)
    .flatMap(({ data, ...parts }) => [...Object.values(parts), ...Object.values(data ?? {})])
    .join('\n');

/** A value for each variable that fits what is done with it; where nothing is, its name. */
export function samplesOf(names: readonly string[], texts: string): Record<string, unknown> {
  return Object.fromEntries(
    names.map((name) => [name, SAMPLES.find(({ use }) => new RegExp(use(name)).test(texts))?.sample ?? name]),
  );
}

/** The object that a text holds as JSON, null where it holds none. */
export function variablesOf(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
