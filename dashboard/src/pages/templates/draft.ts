import type { CreateVersion, TemplateSource, TemplateVersion } from '@/api/types';
import type { Part } from './parts';

export const LOCALE = /^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$/;

/** One language of a text. What is no part, such as a push message's data, is kept as it is. */
export type Written = Partial<Record<Part, string>> & Pick<TemplateSource, 'data'>;

/** One of the texts of a version, in all its languages. */
export interface Variant {
  /** Stays the same while the variant is written, whatever its name is. */
  key: number;
  name: string;
  /** As it is typed. */
  weight: string;
  locales: Record<string, Written>;
}

/** A version that is being written. With a single variant it compares nothing, and the variant's name is not sent. */
export interface Draft {
  defaultLocale: string;
  variants: readonly [Variant, ...Variant[]];
}

const PLAIN = { name: 'a', weight: '1' };

export function draftOf(version: TemplateVersion | undefined): Draft {
  const [first, ...others] = Object.entries(version?.variants ?? {}).map(
    ([name, { weight, locales }], key): Variant => ({ key, name, weight: String(weight), locales }),
  );
  return {
    defaultLocale: version?.defaultLocale ?? 'en',
    variants: [first ?? { ...PLAIN, key: 0, locales: version?.locales ?? { en: {} } }, ...others],
  };
}

/** The variant with a key; the first one if there is none, for example since it was removed. */
export const variantOf = ({ variants }: Draft, key: number): Variant =>
  variants.find((each) => each.key === key) ?? variants[0];

/** The languages, which are the same in every variant. */
export const localesOf = ({ variants: [first] }: Draft): string[] => Object.keys(first.locales);

/** A source without its empty parts, as the API takes it. */
export function sourceOf(written: Written): TemplateSource {
  return Object.fromEntries(Object.entries(written).filter(([, text]) => text !== ''));
}

export function versionOf({ defaultLocale, variants }: Draft): CreateVersion {
  const sources = ({ locales }: Variant) =>
    Object.fromEntries(Object.entries(locales).map(([locale, written]) => [locale, sourceOf(written)]));
  if (variants.length === 1) return { defaultLocale, locales: sources(variants[0]) };
  return {
    defaultLocale,
    variants: Object.fromEntries(
      variants.map((each) => [each.name, { weight: Number(each.weight), locales: sources(each) }]),
    ),
  };
}

/** The draft with each variant changed. */
export function withEach(draft: Draft, change: (variant: Variant) => Variant): Draft {
  const [first, ...others] = draft.variants;
  return { ...draft, variants: [change(first), ...others.map(change)] };
}

export function withPart(draft: Draft, key: number, locale: string, part: Part, text: string): Draft {
  return withEach(draft, (variant) =>
    variant.key === key
      ? {
          ...variant,
          locales: { ...variant.locales, [locale]: { ...variant.locales[locale], [part]: text } },
        }
      : variant,
  );
}

/** The draft with a further language in every variant, which begins as a copy of the default one. */
export function withLocale(draft: Draft, locale: string): Draft {
  return withEach(draft, (variant) => ({
    ...variant,
    locales: { ...variant.locales, [locale]: { ...variant.locales[draft.defaultLocale] } },
  }));
}

export function withoutLocale(draft: Draft, locale: string): Draft {
  return withEach(draft, (variant) => ({
    ...variant,
    locales: Object.fromEntries(Object.entries(variant.locales).filter(([each]) => each !== locale)),
  }));
}

/** Every part that a version has, in all variants and languages. */
export const textsOf = ({ variants }: Draft): string =>
  variants
    .flatMap(({ locales }) => Object.values(locales))
    .flatMap(({ data, ...parts }) => [...Object.values(parts), ...Object.values(data ?? {})])
    .join('\n');
