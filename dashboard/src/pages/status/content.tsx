import type { Notification } from '@/api/types';
import { Card } from '@/ui/card';

/** The sent content as plain text: nothing in it is read as markup. */
export function Content({ notification: { subject, message, metadata } }: { notification: Notification }) {
  const hasMetadata = metadata !== undefined && Object.keys(metadata).length > 0;
  return (
    <Card title="Content">
      {subject !== undefined && subject !== '' && <p className="mb-2 font-medium break-words">{subject}</p>}
      <p className="text-sm break-words whitespace-pre-wrap">{message}</p>
      {hasMetadata && (
        <>
          <h3 className="mt-5 mb-1 text-xs font-medium text-muted">Metadata</h3>
          <div
            role="region"
            aria-label="Metadata"
            tabIndex={0}
            className="overflow-x-auto rounded-lg bg-raised p-3 text-xs"
          >
            <pre>{JSON.stringify(metadata, null, 2)}</pre>
          </div>
        </>
      )}
    </Card>
  );
}
