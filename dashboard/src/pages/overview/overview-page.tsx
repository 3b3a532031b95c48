import { Send } from 'lucide-react';
import { ApiError } from '@/api/errors';
import { minutesQuery, notificationsQuery, providersQuery, statisticsQuery } from '@/api/queries';
import { useLive } from '@/api/use-live';
import { ButtonLink } from '@/ui/button';
import { ErrorNotice } from '@/ui/error-notice';
import { PageHeader } from '@/ui/page-header';
import { Degradation } from './degradation';
import { FigureTiles } from './figure-tiles';
import { Providers } from './providers';
import { Queues } from './queues';
import { RecentNotifications } from './recent-notifications';
import { Throughput } from './throughput';

const RECENT = 8;

export function OverviewPage() {
  const statistics = useLive(statisticsQuery);
  const minutes = useLive(minutesQuery);
  const providers = useLive(providersQuery);
  const recent = useLive(notificationsQuery({ limit: RECENT }));
  // Empty cards show their own error; this notice explains old figures.
  const outdated = [statistics, minutes, recent].find(
    (each) => each.data !== undefined && each.error instanceof ApiError,
  );
  return (
    <>
      <PageHeader
        title="Overview"
        lead={<Degradation minutes={minutes} />}
        actions={
          <ButtonLink to="/create" variant="primary">
            <Send aria-hidden className="size-4" />
            Create
          </ButtonLink>
        }
      />
      <div className="grid gap-4 lg:gap-5">
        {outdated && <ErrorNotice what="These figures are old" error={outdated.error} />}
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
