import { count } from '@/lib/numbers';
import { length } from './rules';

interface CounterProps {
  text: string;
  max: number;
  /** Shown once the text has this many characters. */
  from: number;
}

export function Counter({ text, max, from }: CounterProps) {
  const used = length(text);
  if (used < from) return null;
  return (
    <span className={`text-xs tabular-nums ${used > max ? 'font-medium text-bad' : 'text-muted'}`}>
      {count(used)} of {count(max)}
    </span>
  );
}
