import { expect, it } from 'vitest';
import { draftOf, variantOf, versionOf, withPart } from './draft';
import {
  problemOfName,
  problemOfWeight,
  shareOf,
  withChange,
  withoutVariant,
  withVariant,
  wrongVariant,
} from './variants';

const PLAIN = draftOf({
  number: 1,
  defaultLocale: 'en',
  locales: { en: { text: 'Hello', data: { account: '7' } } },
  variables: [],
  createdAt: '2026-01-31T09:30:00.000Z',
});
const { draft: TWO, key: SECOND } = withVariant(PLAIN, PLAIN.variants[0]);

it('begins a variant as a copy under a name that is free', () => {
  expect(TWO.variants.map(({ name }) => name)).toEqual(['a', 'b']);
  expect(variantOf(TWO, SECOND).locales).toEqual(PLAIN.variants[0].locales);
  expect(withVariant(withoutVariant(TWO, 0), variantOf(TWO, SECOND)).draft.variants[1]?.name).toBe('a');
});

it('is a copy that changes by itself', () => {
  const changed = withPart(TWO, SECOND, 'en', 'text', 'Hi');

  expect(versionOf(changed)).toEqual({
    defaultLocale: 'en',
    variants: {
      a: { weight: 1, locales: { en: { text: 'Hello', data: { account: '7' } } } },
      b: { weight: 1, locales: { en: { text: 'Hi', data: { account: '7' } } } },
    },
  });
});

it('is a plain version again without its last variant but one', () => {
  expect(versionOf(withoutVariant(TWO, SECOND))).toEqual(versionOf(PLAIN));
});

it('gives each variant its share of the weights', () => {
  const weighted = withChange(TWO, SECOND, { weight: '3' });

  expect(weighted.variants.map((each) => shareOf(weighted, each))).toEqual([25, 75]);
  const wrong = withChange(TWO, SECOND, { weight: '' });
  expect(shareOf(wrong, wrong.variants[0])).toBeNull();
});

it.each(['short', 'a-1', '0'])('takes %s for a name', (name) => {
  const named = withChange(TWO, SECOND, { name });

  expect(problemOfName(named, variantOf(named, SECOND))).toBeNull();
  expect(wrongVariant(named)).toBeUndefined();
});

it.each(['', 'Short', '-a', 'a b', 'a'.repeat(21), 'a'])('takes "%s" for none', (name) => {
  const named = withChange(TWO, SECOND, { name });

  expect(problemOfName(named, variantOf(named, SECOND))).not.toBeNull();
  expect(wrongVariant(named)).toBeDefined();
});

it.each(['', '0', '1001', '1.5', '-1', '1e2'])('takes "%s" for no weight', (weight) => {
  expect(problemOfWeight({ ...PLAIN.variants[0], weight })).not.toBeNull();
});

it('has nothing wrong about the name of a plain version, which is not sent', () => {
  expect(wrongVariant(withChange(PLAIN, 0, { name: '' }))).toBeUndefined();
});
