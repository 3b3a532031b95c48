import { useNow } from '@/hooks/use-now';
import { exact, exactInBoth, relative } from '@/lib/times';
import { usePreferences } from '@/stores/preferences';

/** A time of the API, exact or as "3 min ago" if `ago` is set; the tooltip has it in full. */
export function Moment({ at, ago = false }: { at: string; ago?: boolean }) {
  const moment = Date.parse(at);
  return (
    <time
      dateTime={at}
      title={exactInBoth(moment)}
      className={`tabular-nums ${ago ? 'whitespace-nowrap' : ''}`}
    >
      {ago ? <Ago moment={moment} /> : <Exact moment={moment} />}
    </time>
  );
}

function Ago({ moment }: { moment: number }) {
  return relative(moment, useNow());
}

function Exact({ moment }: { moment: number }) {
  return exact(
    moment,
    usePreferences((preferences) => preferences.timeZone),
  );
}
