import { useLocation } from 'react-router';
import { useSession } from '@/stores/session';
import { ButtonLink } from '@/ui/button';
import { Notice } from '@/ui/notice';

/** Asks for a key once the API has refused a request without a key, or with the present one. */
export function KeyNotice() {
  const refused = useSession((session) => session.refused);
  const { pathname } = useLocation();
  if (refused === null || pathname === '/settings') return null;
  return (
    <div className="mb-5">
      <Notice
        tone="warn"
        role="alert"
        title={refused === 'missing' ? 'The API asks for a key' : 'The API does not accept your key'}
        actions={
          <ButtonLink to="/settings" variant="primary">
            Enter a key
          </ButtonLink>
        }
      >
        {refused === 'missing'
          ? 'No data is shown without one.'
          : 'It may be mistyped, revoked, or of another stack.'}
      </Notice>
    </div>
  );
}
