import type { UserEvent } from '@testing-library/user-event';
import type { Template, TemplateVersion, VersionSummary } from '@/api/types';
import { ok } from './api';

export const AT = '2026-01-31T09:30:00.000Z';

export function aTemplate(changes: Partial<Template> = {}): Template {
  return {
    id: 'paid',
    channel: 'EMAIL',
    description: 'After a payment',
    category: null,
    published: 1,
    latest: 2,
    createdAt: AT,
    updatedAt: AT,
    archivedAt: null,
    ...changes,
  };
}

export function aVersion(number: number): TemplateVersion {
  return {
    number,
    defaultLocale: 'en',
    locales: { en: { subject: 'Paid', text: `Text ${number}, {{ name }}` } },
    variables: ['name'],
    createdAt: AT,
  };
}

export function summary(number: number): VersionSummary {
  const { defaultLocale, variables, createdAt } = aVersion(number);
  return { number, defaultLocale, locales: ['en'], variantNames: [], variables, createdAt };
}

/** What the API says of the template `paid`. */
export const SHOWN = {
  'GET /api/templates/paid/versions/2': () => ok(aVersion(2)),
  'GET /api/templates/paid': () => ok(aTemplate()),
  'GET /api/templates/paid/versions': () => ok({ versions: [summary(2), summary(1)], nextCursor: null }),
  'POST /api/templates/paid/preview': () =>
    ok({
      locale: 'en',
      subject: 'Paid',
      message: 'Text 2, Ada',
      html: '<p>Ada</p>',
      warnings: ['Too large'],
    }),
};

/** Puts a text into a field at once; letter by letter, a page as large as this one takes seconds. */
export async function fill(user: UserEvent, field: HTMLElement, text: string) {
  await user.click(field);
  await user.paste(text);
}
