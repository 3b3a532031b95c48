import { diffArrays } from 'diff';
import type { TemplateVersion } from '@/api/types';

export interface Line {
  kind: 'same' | 'added' | 'removed';
  text: string;
}

const PARTS = ['subject', 'text', 'html', 'mjml'] as const;

/** All lines of a version, below its languages and parts. */
export function linesOf({ defaultLocale, locales }: TemplateVersion): string[] {
  const parts = Object.entries(locales).flatMap(([locale, source]) =>
    PARTS.flatMap((part) => source[part]?.split('\n').map((line) => `${locale}.${part}: ${line}`) ?? []),
  );
  return [`Default language: ${defaultLocale}`, ...parts];
}

/** The lines of two versions, with what the second has more and less. */
export function differencesOf(before: TemplateVersion, after: TemplateVersion): Line[] {
  return diffArrays(linesOf(before), linesOf(after)).flatMap(({ added, removed, value }) =>
    value.map((text): Line => ({ kind: added ? 'added' : removed ? 'removed' : 'same', text })),
  );
}
