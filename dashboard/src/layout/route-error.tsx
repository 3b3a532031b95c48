import { useRouteError } from 'react-router';
import { Notice } from '@/ui/notice';
import { ReloadButton } from '@/ui/reload-button';

/** The page shown after an error, or if a part could not be loaded after a new deployment. */
export function RouteError() {
  const error = useRouteError();
  return (
    <main className="mx-auto max-w-2xl p-6">
      <Notice tone="bad" role="alert" title="The page could not be shown" actions={<ReloadButton />}>
        {error instanceof Error ? error.message : 'The reason is in the browser console.'}
      </Notice>
    </main>
  );
}
