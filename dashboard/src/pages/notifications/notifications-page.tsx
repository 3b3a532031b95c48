import { SearchX, Send } from 'lucide-react';
import { Link, useNavigate } from 'react-router';
import { ApiError } from '@/api/errors';
import { notificationsQuery } from '@/api/queries';
import { useLive } from '@/api/use-live';
import { useAddress } from '@/hooks/use-address';
import { useNow } from '@/hooks/use-now';
import { count } from '@/lib/numbers';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { Empty } from '@/ui/empty';
import { ErrorNotice } from '@/ui/error-notice';
import { NotificationTable } from '@/ui/notification-table';
import { PageHeader } from '@/ui/page-header';
import { SkeletonRows } from '@/ui/skeleton';
import { filterOf, isFiltered, viewOf, type View } from './filter';
import { Filters } from './filters';
import { IdSearch } from './id-search';

export function NotificationsPage() {
  const [parameters, changeAddress] = useAddress();
  const navigate = useNavigate();
  const view = viewOf(parameters);
  const { data, error, isPlaceholderData, refetch } = useLive(notificationsQuery(filterOf(view, useNow())));

  /** Changes the view; another filter begins at its first page. */
  const change = (changes: Partial<Record<keyof View, string>>, { replace = false } = {}) => {
    changeAddress(
      (before) => {
        const after = new URLSearchParams(before);
        after.delete('cursor');
        for (const [name, value] of Object.entries(changes)) {
          if (value === '') after.delete(name);
          else after.set(name, value);
        }
        return after;
      },
      { replace },
    );
  };

  const total = data?.pagination.totalItems;
  const next = data?.pagination.nextCursor ?? null;
  return (
    <>
      <PageHeader
        title="Notifications"
        lead={typeof total === 'number' ? `${count(total)} in all, newest first` : 'Newest first'}
        actions={<IdSearch />}
      />
      <div className="space-y-4">
        <Filters view={view} change={change} />
        <Card
          title={view.cursor === undefined ? 'Newest' : 'Older'}
          aside={
            isFiltered(view) && (
              <Button
                variant="quiet"
                onClick={() => {
                  changeAddress(() => new URLSearchParams());
                }}
              >
                Clear filters
              </Button>
            )
          }
        >
          <div aria-busy={isPlaceholderData} className={isPlaceholderData ? 'opacity-60' : ''}>
            {data === undefined ? (
              error ? (
                <ErrorNotice what="The list" error={error} onRetry={refetch} />
              ) : (
                <SkeletonRows rows={10} label="Loading notifications" />
              )
            ) : data.notifications.length === 0 ? (
              <NothingFound filtered={isFiltered(view)} />
            ) : (
              <NotificationTable label="Notifications" notifications={data.notifications} />
            )}
            {data !== undefined && error instanceof ApiError && (
              <div className="mt-4">
                <ErrorNotice what="The list" error={error} onRetry={refetch} />
              </div>
            )}
          </div>
          {data !== undefined && (view.cursor !== undefined || next !== null) && (
            <nav
              aria-label="Pages of the list"
              className="mt-4 flex flex-wrap justify-between gap-2 border-t border-line pt-4"
            >
              <div className="flex gap-2">
                <Button
                  disabled={view.cursor === undefined}
                  onClick={() => {
                    change({});
                  }}
                >
                  Newest
                </Button>
                <Button disabled={view.cursor === undefined} onClick={() => void navigate(-1)}>
                  Back
                </Button>
              </div>
              <Button
                disabled={next === null}
                onClick={() => {
                  if (next !== null) change({ cursor: next });
                }}
              >
                Older
              </Button>
            </nav>
          )}
        </Card>
      </div>
    </>
  );
}

function NothingFound({ filtered }: { filtered: boolean }) {
  return filtered ? (
    <Empty icon={SearchX} title="Nothing matches these filters">
      A recipient must be given in full: an email address, a phone number with its country code, a whole
      token. Widen the filters, or clear them.
    </Empty>
  ) : (
    <Empty icon={Send} title="There are no notifications yet">
      <Link to="/create" className="rounded text-accent underline underline-offset-4">
        Create the first one
      </Link>{' '}
      here, or by POST to /api/notifications.
    </Empty>
  );
}
