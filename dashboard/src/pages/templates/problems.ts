import { ApiError } from '@/api/errors';
import type { Draft } from './draft';

/** What the API says about one place of a draft that was sent. What is null stands for all of them, or for none. */
export interface PlacedProblem {
  /** The key of the variant. */
  variant: number | null;
  locale: string | null;
  /** A part, `weight`, or a field that is no place of a text. */
  part: string | null;
  message: string;
}

const FIELD = /^(?:variants\.([^.]+)(?:\.|$))?(?:locales(?:\.([^.]+)(?:\.(.+))?)?|(weight))?$/;

/**
 * What is wrong with a draft by the API's answer to it, each place once; nothing if the error is about something else.
 */
export function problemsOf(error: unknown, sent: Draft | undefined): PlacedProblem[] {
  if (!(error instanceof ApiError) || error.status !== 422 || sent === undefined) return [];
  const byField = new Map<string, Set<string>>();
  for (const { field, message } of error.details) {
    byField.set(field, (byField.get(field) ?? new Set()).add(message));
  }
  return [...byField].map(([field, messages]) => ({
    ...placeOf(field, sent),
    message: [...messages].join('; '),
  }));
}

function placeOf(field: string, { variants }: Draft): Omit<PlacedProblem, 'message'> {
  const found = FIELD.exec(field);
  if (found === null) return { variant: null, locale: null, part: field };
  const [, name, locale, part, weight] = found;
  const variant = variants.length === 1 ? variants[0] : variants.find((each) => each.name === name);
  return { variant: variant?.key ?? null, locale: locale ?? null, part: part ?? weight ?? null };
}

/** True while the place of a problem is as it was sent. */
export function isUnchanged(problem: PlacedProblem, sent: Draft, now: Draft): boolean {
  return at(problem, sent) === at(problem, now);
}

function at({ variant: key, locale, part }: PlacedProblem, draft: Draft): unknown {
  const variant = draft.variants.find((each) => each.key === key);
  if (key === null) return draft;
  if (part === 'weight') return variant?.weight;
  if (locale === null) return variant?.locales;
  const written: Record<string, unknown> | undefined = variant?.locales[locale];
  return part !== null && written !== undefined && part in written ? written[part] : written;
}
