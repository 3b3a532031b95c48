import { useQuery } from '@tanstack/react-query';
import { Send } from 'lucide-react';
import { minutesQuery, notificationsQuery, providersQuery, statisticsQuery } from '@/api/queries';
import { LEVELS } from '@/lib/vocabulary';
import { Badge } from '@/ui/badge';
import { ButtonLink } from '@/ui/button';
import { PageHeader } from '@/ui/page-header';
import { FigureTiles } from './figure-tiles';
import { Providers } from './providers';
import { Queues } from './queues';
import { RecentNotifications } from './recent-notifications';
import { Throughput } from './throughput';

const RECENT = 8;

export function OverviewPage() {
  const statistics = useQuery(statisticsQuery);
  const minutes = useQuery(minutesQuery);
  const providers = useQuery(providersQuery);
  const recent = useQuery(notificationsQuery({ limit: RECENT }));
  const level = minutes.data && LEVELS[minutes.data.degradationLevel];
  return (
    <>
      <PageHeader
        title="Overview"
        lead={
          <span className="flex min-h-6 flex-wrap items-center gap-2">
            {minutes.data && level && (
              <>
                <Badge tone={level.tone}>
                  Level {minutes.data.degradationLevel} · {level.label}
                </Badge>
                {level.meaning}
              </>
            )}
          </span>
        }
        actions={
          <ButtonLink to="/create" variant="primary">
            <Send aria-hidden className="size-4" />
            Create
          </ButtonLink>
        }
      />
      <div className="grid gap-4 lg:gap-5">
        <FigureTiles statistics={statistics} minutes={minutes} />
        <div className="grid gap-4 lg:gap-5 xl:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
          <Throughput minutes={minutes} />
          <Queues statistics={statistics} />
        </div>
        <Providers providers={providers} />
        <RecentNotifications recent={recent} />
      </div>
    </>
  );
}
