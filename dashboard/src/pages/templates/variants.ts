import { withEach, type Draft, type Variant } from './draft';

/** The most variants of a version, and the largest weight of one, as the API has them. */
export const VARIANTS_MAX = 4;
export const WEIGHT_MAX = 1000;
const NAME = /^[a-z0-9][a-z0-9-]{0,19}$/;
const NAMES = ['a', 'b', 'c', 'd'];

/** The draft with a further variant, which begins as a copy of the one with a key; and the key of the new one. */
export function withVariant(draft: Draft, source: Variant): { draft: Draft; key: number } {
  const taken = draft.variants.map(({ name }) => name);
  const added: Variant = {
    ...source,
    key: Math.max(...draft.variants.map(({ key }) => key)) + 1,
    name: NAMES.find((each) => !taken.includes(each)) ?? '',
    locales: structuredClone(source.locales),
  };
  return { draft: { ...draft, variants: [...draft.variants, added] }, key: added.key };
}

/** The draft without a variant; the last one stays. */
export function withoutVariant(draft: Draft, key: number): Draft {
  const [first, ...others] = draft.variants.filter((each) => each.key !== key);
  return first === undefined ? draft : { ...draft, variants: [first, ...others] };
}

export function withChange(draft: Draft, key: number, change: Partial<Pick<Variant, 'name' | 'weight'>>) {
  return withEach(draft, (variant) => (variant.key === key ? { ...variant, ...change } : variant));
}

/** The share of the recipients that get a variant, from 0 to 100; null while a weight is none. */
export function shareOf({ variants }: Draft, { weight }: Variant): number | null {
  if (variants.some((each) => problemOfWeight(each) !== null)) return null;
  return (100 * Number(weight)) / variants.reduce((sum, each) => sum + Number(each.weight), 0);
}

export function problemOfName({ variants }: Draft, { key, name }: Variant): string | null {
  if (!NAME.test(name)) return 'must be small letters, digits and hyphens, 20 at the most';
  return variants.some((each) => each.key !== key && each.name === name)
    ? 'is taken by another variant'
    : null;
}

export function problemOfWeight({ weight }: Variant): string | null {
  const isWhole = /^\d+$/.test(weight) && Number(weight) >= 1 && Number(weight) <= WEIGHT_MAX;
  return isWhole ? null : 'must be a whole number from 1 to 1,000';
}

/** The first variant that cannot be sent as it is, if the draft compares any. */
export function wrongVariant(draft: Draft): Variant | undefined {
  if (draft.variants.length === 1) return undefined;
  return draft.variants.find((each) => problemOfName(draft, each) !== null || problemOfWeight(each) !== null);
}
