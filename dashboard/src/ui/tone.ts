import type { Tone } from '@/lib/vocabulary';

/** Text on a soft background of the same tone. */
export const TONE_CLASS: Record<Tone, string> = {
  good: 'bg-good-soft text-good',
  warn: 'bg-warn-soft text-warn',
  bad: 'bg-bad-soft text-bad',
  active: 'bg-active-soft text-active',
  neutral: 'bg-neutral-soft text-neutral',
};
