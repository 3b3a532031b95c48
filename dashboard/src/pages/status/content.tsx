import { Link } from 'react-router';
import type { Notification } from '@/api/types';
import { fileSize } from '@/lib/numbers';
import { Card } from '@/ui/card';
import { JsonBlock } from '@/ui/json-block';

/** The sent content as plain text: nothing in it is read as markup. */
export function Content({
  notification: { subject, message, html, attachments, push, template, category, unsubscribeUrl, metadata },
}: {
  notification: Notification;
}) {
  const hasMetadata = metadata !== undefined && Object.keys(metadata).length > 0;
  return (
    <Card title="Content">
      {subject !== undefined && subject !== '' && <p className="mb-2 font-medium break-words">{subject}</p>}
      <p className="text-sm break-words whitespace-pre-wrap">{message}</p>
      {html !== undefined && <p className="mt-3 text-xs text-muted">With HTML beside the text.</p>}
      {attachments !== undefined && <Attachments files={attachments} />}
      {template !== undefined && (
        <p className="mt-3 text-xs text-muted">
          From{' '}
          <Link to={`/templates/${template.id}`} className="rounded text-accent hover:underline">
            {template.id}
          </Link>
          , version {template.version}, in {template.locale}
          {template.variant !== undefined && `, variant ${template.variant}`}
        </p>
      )}
      {category !== undefined && (
        <p className="mt-3 text-xs text-muted">
          In the category {category}
          {unsubscribeUrl !== undefined && (
            <>
              , which its recipient can leave by{' '}
              <a
                href={unsubscribeUrl}
                target="_blank"
                rel="noreferrer"
                className="rounded text-accent hover:underline"
              >
                this link
              </a>
            </>
          )}
        </p>
      )}
      {push !== undefined && <JsonBlock title="Carried to the app" value={push} />}
      {hasMetadata && <JsonBlock title="Metadata" value={metadata} />}
    </Card>
  );
}

function Attachments({ files }: { files: NonNullable<Notification['attachments']> }) {
  return (
    <>
      <h3 className="mt-5 mb-1 text-xs font-medium text-muted">Attachments</h3>
      <ul className="space-y-1 text-sm">
        {files.map((file) => (
          <li key={file.id} className="break-words">
            {file.filename}{' '}
            <span className="text-xs text-muted">
              {file.contentType}, {fileSize(file.size)}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
