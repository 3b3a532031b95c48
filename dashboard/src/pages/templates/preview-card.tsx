import { useQuery } from '@tanstack/react-query';
import { Eye } from 'lucide-react';
import { useEffect, useState } from 'react';
import { previewQuery, type Shown } from '@/api/queries';
import type { Channel, Preview } from '@/api/types';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { Empty } from '@/ui/empty';
import { ErrorNotice } from '@/ui/error-notice';
import { JsonBlock } from '@/ui/json-block';
import { Notice } from '@/ui/notice';
import { sourceOf, type Written } from './draft';

const PAUSE_MS = 400;

interface PreviewCardProps {
  templateId: string;
  channel: Channel;
  locale: string;
  /** The name of the one that is shown, where the draft compares some. */
  variant: string | undefined;
  parts: Written;
  /** Null while they are no JSON object. */
  variables: Record<string, unknown> | null;
}

/** What the draft would send, asked of the API when the writer pauses. */
export function PreviewCard({ templateId, channel, locale, variant, parts, variables }: PreviewCardProps) {
  const source = sourceOf(parts);
  const isComplete =
    (source.text ?? source.html ?? source.mjml) !== undefined &&
    (channel !== 'EMAIL' || source.subject !== undefined);
  const shown = useSettled<Shown | null>(
    variables === null || !isComplete ? null : { source, locale, variables },
  );
  const { data, error } = useQuery({
    ...previewQuery(templateId, shown ?? { source: {}, locale, variables: {} }),
    enabled: shown !== null,
  });
  return (
    <Card
      title="Preview"
      aside={
        variant !== undefined && (
          <span className="text-xs text-muted">
            {variant}, {locale}
          </span>
        )
      }
    >
      {shown === null ? (
        <Empty icon={Eye} title="Nothing to show yet">
          Write a text, and what it would send appears here.
        </Empty>
      ) : error ? (
        <ErrorNotice what="The preview" error={error} />
      ) : (
        data && <Rendered preview={data} />
      )}
    </Card>
  );
}

function Rendered({ preview }: { preview: Preview }) {
  const [isPhone, setIsPhone] = useState(false);
  const [isDark, setIsDark] = useState(false);
  return (
    <div className="space-y-4">
      {preview.warnings.map((warning) => (
        <Notice key={warning} tone="warn" title={warning} />
      ))}
      {preview.subject !== undefined && <p className="font-medium break-words">{preview.subject}</p>}
      <p className="text-sm break-words whitespace-pre-wrap">{preview.message}</p>
      {preview.push !== undefined && <JsonBlock title="Carried to the app" value={preview.push} />}
      {preview.sms !== undefined && (
        <p className="text-sm text-muted">
          {preview.sms.segments} {preview.sms.segments === 1 ? 'segment' : 'segments'} in{' '}
          {preview.sms.encoding}
        </p>
      )}
      {preview.html !== undefined && (
        <>
          <div className="flex flex-wrap gap-2">
            <Button
              aria-pressed={isPhone}
              onClick={() => {
                setIsPhone(!isPhone);
              }}
            >
              Phone width
            </Button>
            <Button
              aria-pressed={isDark}
              onClick={() => {
                setIsDark(!isDark);
              }}
            >
              Dark
            </Button>
          </div>
          {/* Without any permission: no script runs, and no form or link leads anywhere. */}
          <iframe
            title="HTML"
            sandbox=""
            srcDoc={preview.html}
            style={{ colorScheme: isDark ? 'dark' : 'light' }}
            className={`h-96 rounded-lg border border-line ${isPhone ? 'w-[23.4375rem] max-w-full' : 'w-full'} ${isDark ? 'bg-black' : 'bg-white'}`}
          />
        </>
      )}
    </div>
  );
}

/** A value once it has not changed for a moment. */
function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState(value);
  const text = JSON.stringify(value);
  useEffect(() => {
    const timer = setTimeout(() => {
      setSettled(JSON.parse(text) as T);
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [text]);
  return settled;
}
