import type { Sender } from '@/api/types';
import { CHANNELS } from '@/lib/vocabulary';
import { Badge } from '@/ui/badge';
import { Button } from '@/ui/button';

interface SenderTableProps {
  senders: readonly Sender[];
  onChange: (sender: Sender) => void;
  onRemove: (sender: Sender) => void;
}

/** Senders in rows; where the window is not wide, each is a block. */
export function SenderTable({ senders, onChange, onRemove }: SenderTableProps) {
  return (
    <table aria-label="Senders" className="w-full text-left text-sm max-xl:block">
      <thead className="text-xs text-muted max-xl:sr-only">
        <tr>
          <th className="pb-2 font-medium">Id</th>
          <th className="pb-2 pl-4 font-medium">Channel</th>
          <th className="pb-2 pl-4 font-medium">Address</th>
          <th className="pb-2 pl-4 font-medium">Reply-to</th>
          <th className="pb-2 pl-4 font-medium">Providers</th>
          <th className="pb-2 pl-4 font-medium">
            <span className="sr-only">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody className="max-xl:block">
        {senders.map((sender) => (
          <Row
            key={sender.id}
            sender={sender}
            onChange={() => {
              onChange(sender);
            }}
            onRemove={() => {
              onRemove(sender);
            }}
          />
        ))}
      </tbody>
    </table>
  );
}

interface RowProps {
  sender: Sender;
  onChange: () => void;
  onRemove: () => void;
}

function Row({ sender, onChange, onRemove }: RowProps) {
  const { id, type, address, name, replyTo, providers, isDefault } = sender;
  return (
    <tr className="border-t border-line max-xl:grid max-xl:grid-cols-[minmax(0,1fr)_auto] max-xl:gap-x-3 max-xl:gap-y-1 max-xl:py-3 max-xl:first:border-t-0 max-xl:first:pt-0">
      <th scope="row" className="font-medium wrap-anywhere xl:py-2.5">
        <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
          {id}
          {isDefault && (
            <Badge tone="good" title="The sender of notifications that name none">
              Default
            </Badge>
          )}
        </span>
      </th>
      <td className="whitespace-nowrap text-muted xl:py-2.5 xl:pl-4">{CHANNELS[type].label}</td>
      <td className="wrap-anywhere max-xl:col-span-2 xl:py-2.5 xl:pl-4">
        {address}
        {name !== null && <span className="block text-xs text-muted">{name}</span>}
      </td>
      <td
        className={`wrap-anywhere text-muted max-xl:col-span-2 xl:py-2.5 xl:pl-4 ${replyTo === null ? 'max-xl:hidden' : ''}`}
      >
        <span className="xl:hidden">Reply-to: </span>
        {replyTo ?? '—'}
      </td>
      <td className="wrap-anywhere text-muted max-xl:col-span-2 xl:py-2.5 xl:pl-4">
        <span className="xl:hidden">Providers: </span>
        {providers.length === 0 ? 'all' : providers.join(', ')}
      </td>
      <td className="max-xl:col-span-2 max-xl:-ml-4 xl:pl-4">
        <span className="flex xl:justify-end">
          <Button variant="quiet" aria-label={`Change ${id}`} onClick={onChange}>
            Change
          </Button>
          <Button variant="quiet" aria-label={`Remove ${id}`} onClick={onRemove}>
            Remove
          </Button>
        </span>
      </td>
    </tr>
  );
}
