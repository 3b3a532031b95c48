import { expect, it } from 'vitest';
import { ApiError } from '@/api/errors';
import { draftOf, withPart, type Draft } from './draft';
import { isUnchanged, problemsOf } from './problems';
import { withChange, withVariant } from './variants';

const PLAIN = draftOf(undefined);
const COMPARING = withChange(withVariant(PLAIN, PLAIN.variants[0]).draft, 1, { name: 'short' });

function refusal(field: string, status = 422): ApiError {
  const error = { code: 'VALIDATION_ERROR', message: 'No', details: [{ field, message: 'is wrong' }] };
  return new ApiError(new Response(null, { status }), { success: false, error, requestId: 'request-1' });
}

it.each<[string, Draft, object]>([
  ['locales.en.text', PLAIN, { variant: 0, locale: 'en', part: 'text' }],
  ['locales.de-CH', PLAIN, { variant: 0, locale: 'de-CH', part: null }],
  ['locales.en.data.account', PLAIN, { variant: 0, locale: 'en', part: 'data.account' }],
  ['variants.short.locales.en.text', COMPARING, { variant: 1, locale: 'en', part: 'text' }],
  ['variants.short.locales', COMPARING, { variant: 1, locale: null, part: null }],
  ['variants.short.weight', COMPARING, { variant: 1, locale: null, part: 'weight' }],
  ['variants.short', COMPARING, { variant: 1, locale: null, part: null }],
  ['variants', COMPARING, { variant: null, locale: null, part: 'variants' }],
  ['defaultLocale', COMPARING, { variant: null, locale: null, part: 'defaultLocale' }],
])('places %s', (field, sent, place) => {
  expect(problemsOf(refusal(field), sent)).toEqual([{ ...place, message: 'is wrong' }]);
});

it('says each thing about a place once, in one problem', () => {
  const details = ['line 1: no {', 'line 1: no {', 'line 2: no }'].map((message) => ({
    field: 'locales.en.text',
    message,
  }));
  const error = { code: 'VALIDATION_ERROR', message: 'No', details };
  const refused = new ApiError(new Response(null, { status: 422 }), {
    success: false,
    error,
    requestId: 'request-1',
  });

  expect(problemsOf(refused, PLAIN).map(({ message }) => message)).toEqual(['line 1: no {; line 2: no }']);
});

it('places no other errors', () => {
  expect(problemsOf(refusal('locales', 409), PLAIN)).toEqual([]);
  expect(problemsOf(new Error('No'), PLAIN)).toEqual([]);
});

it('holds a problem until its place is changed', () => {
  const [problem] = problemsOf(refusal('variants.short.locales.en.text'), COMPARING);
  if (problem === undefined) throw new Error('There is none');
  const elsewhere = withPart(COMPARING, 0, 'en', 'text', 'Hello');

  expect(isUnchanged(problem, COMPARING, elsewhere)).toBe(true);
  expect(isUnchanged(problem, COMPARING, withPart(elsewhere, 1, 'en', 'text', 'Hi'))).toBe(false);
});
