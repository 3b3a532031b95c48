import { count } from '@/lib/numbers';
import { length } from './rules';
import { segmentsOf } from './segments';

interface CounterProps {
  text: string;
  max: number;
  /** Shown once the text has this many characters. */
  from: number;
}

/** The segments of an SMS with this text. */
export function SegmentCount({ text }: { text: string }) {
  const { encoding, count: segments } = segmentsOf(text);
  return (
    <span className="text-xs text-muted tabular-nums">
      {count(segments)} {segments === 1 ? 'segment' : 'segments'} in {encoding}
    </span>
  );
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
