import { diffArrays } from 'diff';
import type { TemplateSource, TemplateVersion } from '@/api/types';
import { PART_NAMES } from './parts';

export interface Line {
  kind: 'same' | 'added' | 'removed';
  text: string;
}

/** All lines of a version, below its variants, languages and parts. */
export function linesOf({ defaultLocale, locales, variants }: TemplateVersion): string[] {
  return [
    `Default language: ${defaultLocale}`,
    ...(variants === undefined
      ? linesOfText('', locales)
      : Object.entries(variants).flatMap(([name, variant]) => [
          `Variant ${name}: weight ${variant.weight}`,
          ...linesOfText(`${name}.`, variant.locales),
        ])),
  ];
}

function linesOfText(prefix: string, locales: TemplateVersion['locales']): string[] {
  return Object.entries(locales).flatMap(([locale, source]) =>
    partsOf(source).flatMap(([part, text]) =>
      text.split('\n').map((line) => `${prefix}${locale}.${part}: ${line}`),
    ),
  );
}

function partsOf(source: TemplateSource): [part: string, text: string][] {
  return [
    ...PART_NAMES.map((part): [string, string | null | undefined] => [part, source[part]]),
    ...Object.entries(source.data ?? {}).map(([name, text]): [string, string] => [`data.${name}`, text]),
  ].filter((each): each is [string, string] => typeof each[1] === 'string');
}

/** The lines of two versions, with what the second has more and less. */
export function differencesOf(before: TemplateVersion, after: TemplateVersion): Line[] {
  return diffArrays(linesOf(before), linesOf(after)).flatMap(({ added, removed, value }) =>
    value.map((text): Line => ({ kind: added ? 'added' : removed ? 'removed' : 'same', text })),
  );
}
