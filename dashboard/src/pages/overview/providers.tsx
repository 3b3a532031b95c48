import { ApiError } from '@/api/errors';
import type { Provider } from '@/api/types';
import type { Live } from '@/api/use-live';
import { count, percent } from '@/lib/numbers';
import { duration } from '@/lib/times';
import { BREAKERS, CHANNELS, FAILURE_RATE_ALARM } from '@/lib/vocabulary';
import { Badge } from '@/ui/badge';
import { Card } from '@/ui/card';
import { ErrorNotice } from '@/ui/error-notice';
import { Moment } from '@/ui/moment';
import { Skeleton } from '@/ui/skeleton';

export function Providers({ providers }: { providers: Live<Provider[]> }) {
  return (
    <Card
      title="Providers"
      aside={<span className="text-xs text-muted">Attempts of the last five minutes, all tenants</span>}
    >
      <Content providers={providers} />
    </Card>
  );
}

function Content({ providers: { data, error } }: { providers: Live<Provider[]> }) {
  if (data === undefined) {
    if (error instanceof ApiError && error.status === 403) {
      return (
        <p className="text-sm text-muted">
          Providers serve all tenants, so only an operator&rsquo;s key sees them.
        </p>
      );
    }
    if (error) return <ErrorNotice what="The providers" error={error} />;
    return <Skeleton className="h-36" />;
  }
  return (
    <ul className="grid gap-3 sm:grid-cols-2 xl:grid-cols-3">
      {data.map((provider) => (
        <ProviderCard key={provider.name} {...provider} />
      ))}
    </ul>
  );
}

function ProviderCard(provider: Provider) {
  const breaker = BREAKERS[provider.breaker];
  const attempts = Object.values(provider.outcomes).reduce((sum, each) => sum + each, 0);
  const failing = attempts > 0 && provider.failureRate > FAILURE_RATE_ALARM;
  const shifted = provider.effectiveWeight !== provider.weight;
  const change = provider.weightChanges[0];
  return (
    <li aria-label={provider.name} className="rounded-lg border border-line p-4">
      <div className="flex items-start justify-between gap-3">
        <div className="min-w-0">
          <h3 className="text-sm font-semibold break-words">{provider.name}</h3>
          <p className="text-xs text-muted">{CHANNELS[provider.type].label}</p>
        </div>
        <Badge tone={breaker.tone} title={breaker.meaning}>
          {breaker.label}
        </Badge>
      </div>
      {provider.inSandbox && (
        <p className="mt-1 text-xs text-warn">In its sandbox: it sends to verified recipients only.</p>
      )}
      <p className="mt-1 min-h-5 text-xs text-muted">
        {provider.breakerOpenedAt !== null && provider.breaker !== 'closed' && (
          <>
            Opened <Moment at={provider.breakerOpenedAt} ago />
          </>
        )}
      </p>
      <dl className="mt-2 grid grid-cols-3 gap-2 text-sm">
        <Figure label="Attempts">{count(attempts)}</Figure>
        <Figure label="Failing" bad={failing}>
          {attempts === 0 ? '—' : percent(provider.failureRate)}
        </Figure>
        <Figure label="Average">{attempts === 0 ? '—' : duration(provider.averageMs)}</Figure>
      </dl>
      <p className="mt-3 text-xs text-muted">
        Weight {provider.effectiveWeight}
        {shifted && ` of ${provider.weight}`}
        {provider.perSecond !== null && ` · at most ${count(provider.perSecond)}/s`}
        {shifted && change && (
          <>
            {' · '}
            {change.reason}, <Moment at={change.at} ago />
          </>
        )}
      </p>
    </li>
  );
}

function Figure({ label, bad = false, children }: { label: string; bad?: boolean; children: string }) {
  return (
    <div>
      <dt className="text-xs text-muted">{label}</dt>
      <dd className={`font-medium tabular-nums ${bad ? 'text-bad' : ''}`}>{children}</dd>
    </div>
  );
}
