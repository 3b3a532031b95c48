import { useParams } from 'react-router';
import { ApiError } from '@/api/errors';
import { notificationQuery } from '@/api/queries';
import { useLive } from '@/api/use-live';
import { StatusBadge } from '@/ui/badge';
import { Card } from '@/ui/card';
import { ErrorNotice } from '@/ui/error-notice';
import { PageHeader } from '@/ui/page-header';
import { SkeletonRows } from '@/ui/skeleton';
import { CHANNELS, isUnfinished, STATUSES } from '@/lib/vocabulary';
import { Actions } from './actions';
import { Attempts } from './attempts';
import { CauseNotice } from './cause-notice';
import { Content } from './content';
import { Details } from './details';
import { Timeline } from './timeline';

export function StatusPage() {
  const { id = '' } = useParams();
  const { data, error, refetch } = useLive(notificationQuery(id));
  if (data === undefined) {
    return (
      <>
        <PageHeader title="Notification" lead={<code className="break-all">{id}</code>} />
        {error ? (
          <ErrorNotice what="The notification" error={error} onRetry={refetch} />
        ) : (
          <SkeletonRows rows={6} label="Loading the notification" />
        )}
      </>
    );
  }
  const { notification, logs } = data;
  return (
    <>
      <PageHeader
        title={`${CHANNELS[notification.type].label} to ${notification.recipient}`}
        tabTitle={`${STATUSES[notification.status].label}: ${CHANNELS[notification.type].label}`}
        lead={
          <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <StatusBadge status={notification.status} />
            <span>{STATUSES[notification.status].meaning}</span>
          </span>
        }
        actions={<Actions notification={notification} />}
      />
      <div className="space-y-4 lg:space-y-5">
        {error instanceof ApiError && <ErrorNotice what="Updates" error={error} onRetry={refetch} />}
        <CauseNotice notification={notification} />
        <div className="grid items-start gap-4 lg:gap-5 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
          <div className="min-w-0 space-y-4 lg:space-y-5">
            <Card
              title="Timeline"
              aside={
                <span className="text-xs text-muted">
                  {isUnfinished(notification.status) ? 'Live, until it is finished' : 'Finished'}
                </span>
              }
            >
              <Timeline notification={notification} logs={logs} />
            </Card>
            <Attempts attempts={notification.attempts ?? []} />
          </div>
          <div className="min-w-0 space-y-4 lg:space-y-5">
            <Details notification={notification} />
            <Content notification={notification} />
          </div>
        </div>
      </div>
    </>
  );
}
