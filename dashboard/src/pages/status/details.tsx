import { Check, Copy } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import type { Notification } from '@/api/types';
import { duration } from '@/lib/times';
import { ON_UNKNOWN, PRIORITIES } from '@/lib/vocabulary';
import { Card } from '@/ui/card';
import { Moment } from '@/ui/moment';

const COPIED_MS = 2000;

export function Details({ notification }: { notification: Notification }) {
  const {
    priority,
    sender,
    category,
    retryCount,
    maxRetries,
    onUnknown,
    provider,
    providerMessageId,
    processingTimeMs,
  } = notification;
  return (
    <Card title="Details">
      <dl className="space-y-3 text-sm">
        <Row label="Id">
          <CopyableId id={notification._id} />
        </Row>
        {sender !== undefined && (
          <Row label="Sender">
            {sender.address}
            {sender.name !== undefined && <span className="block text-muted">{sender.name}</span>}
          </Row>
        )}
        {category !== undefined && <Row label="Category">{category}</Row>}
        <Row label="Priority">
          {PRIORITIES[priority].label}, lane <code>{PRIORITIES[priority].lane}</code>
        </Row>
        <Row label="Retries">
          {retryCount} of {maxRetries} used
        </Row>
        <Row label="If unknown">{ON_UNKNOWN[onUnknown].label}</Row>
        {provider !== undefined && <Row label="Provider">{provider}</Row>}
        {providerMessageId !== undefined && (
          <Row label="Its id there">
            <code className="break-all">{providerMessageId}</code>
          </Row>
        )}
        {notification.sentAt !== undefined && (
          <Row label="Accepted to sent">
            {duration(Date.parse(notification.sentAt) - Date.parse(notification.createdAt))}
          </Row>
        )}
        {processingTimeMs !== undefined && <Row label="Claimed to sent">{duration(processingTimeMs)}</Row>}
        <Row label="Created">
          <Moment at={notification.createdAt} />
        </Row>
        {notification.scheduledAt !== undefined && (
          <Row label="Scheduled">
            <Moment at={notification.scheduledAt} />
          </Row>
        )}
        {notification.expiresAt !== undefined && (
          <Row label="Expires">
            <Moment at={notification.expiresAt} />
          </Row>
        )}
        <Row label="Last change">
          <Moment at={notification.updatedAt} />
        </Row>
      </dl>
    </Card>
  );
}

function Row({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="grid grid-cols-[6.5rem_minmax(0,1fr)] gap-3 sm:grid-cols-[8rem_minmax(0,1fr)]">
      <dt className="text-muted">{label}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </div>
  );
}

function CopyableId({ id }: { id: string }) {
  const [copied, setCopied] = useState(false);
  const Icon = copied ? Check : Copy;
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(id);
    } catch {
      return; // Not in a secure context, or not allowed: it can still be marked and copied.
    }
    setCopied(true);
    setTimeout(() => {
      setCopied(false);
    }, COPIED_MS);
  };
  return (
    <span className="flex items-center gap-1">
      <code className="min-w-0 break-all">{id}</code>
      <button
        type="button"
        aria-label={copied ? 'Copied' : 'Copy the id'}
        onClick={() => void copy()}
        className="rounded p-1.5 text-muted hover:bg-raised hover:text-ink"
      >
        <Icon aria-hidden className="size-4" />
      </button>
    </span>
  );
}
