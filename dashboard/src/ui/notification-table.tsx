import { Link } from 'react-router';
import type { Notification } from '@/api/types';
import { CHANNELS, PRIORITIES } from '@/lib/vocabulary';
import { StatusBadge } from './badge';
import { Moment } from './moment';

interface NotificationTableProps {
  label: string;
  notifications: readonly Notification[];
}

/** Notifications in rows; on a phone each is a block of two lines. Each leads to its page. */
export function NotificationTable({ label, notifications }: NotificationTableProps) {
  return (
    <table aria-label={label} className="w-full text-left text-sm max-md:block">
      <thead className="text-xs text-muted max-md:sr-only">
        <tr>
          <th className="pb-2 font-medium">Recipient</th>
          <th className="pb-2 pl-4 font-medium">Status</th>
          <th className="pb-2 pl-4 font-medium">Type</th>
          <th className="pb-2 pl-4 font-medium">Priority</th>
          <th className="pb-2 pl-4 text-right font-medium">Created</th>
        </tr>
      </thead>
      <tbody className="max-md:block">
        {notifications.map((each) => (
          <tr
            key={each._id}
            className="border-t border-line max-md:grid max-md:grid-cols-[minmax(0,1fr)_auto] max-md:gap-x-3 max-md:gap-y-1 max-md:py-3 max-md:first:border-t-0"
          >
            <td className="min-w-0 md:max-w-0 md:w-full md:py-2.5">
              <Link
                to={`/status/${each._id}`}
                className="block truncate rounded font-medium text-accent hover:underline"
                title={each.recipient}
              >
                {each.recipient}
              </Link>
              {each.subject !== undefined && each.subject !== '' && (
                <span className="block truncate text-xs text-muted">{each.subject}</span>
              )}
            </td>
            <td className="md:py-2.5 md:pl-4">
              <StatusBadge status={each.status} />
            </td>
            <td className="whitespace-nowrap text-muted max-md:text-xs md:py-2.5 md:pl-4">
              {CHANNELS[each.type].label}
              <span className="md:hidden"> · {PRIORITIES[each.priority].label}</span>
            </td>
            <td className="text-muted max-md:hidden md:py-2.5 md:pl-4">{PRIORITIES[each.priority].label}</td>
            <td className="text-right text-muted max-md:text-xs md:py-2.5 md:pl-4">
              <Moment at={each.createdAt} ago />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
