import { Send } from 'lucide-react';
import { Link } from 'react-router';
import type { NotificationPage } from '@/api/types';
import type { Live } from '@/api/use-live';
import { Card } from '@/ui/card';
import { Empty } from '@/ui/empty';
import { ErrorNotice } from '@/ui/error-notice';
import { NotificationTable } from '@/ui/notification-table';
import { SkeletonRows } from '@/ui/skeleton';

export function RecentNotifications({ recent: { data, error } }: { recent: Live<NotificationPage> }) {
  return (
    <Card
      title="Recent notifications"
      aside={
        <Link to="/notifications" className="rounded text-sm font-medium text-accent hover:underline">
          All notifications
        </Link>
      }
    >
      {data === undefined ? (
        error ? (
          <ErrorNotice what="The recent notifications" error={error} />
        ) : (
          <SkeletonRows rows={8} label="Loading recent notifications" />
        )
      ) : data.notifications.length === 0 ? (
        <Empty icon={Send} title="Nothing has been sent yet">
          <Link to="/create" className="rounded text-accent underline underline-offset-4">
            Create the first notification
          </Link>{' '}
          here, or by POST to /api/notifications.
        </Empty>
      ) : (
        <NotificationTable label="Recent notifications" notifications={data.notifications} />
      )}
    </Card>
  );
}
