import { useLocation } from 'react-router';
import { useSession } from '@/stores/session';
import { ButtonLink } from '@/ui/button';
import { Notice } from '@/ui/notice';

/** Asks for a key once the API has refused to answer without one, or with the one there is. */
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
          ? 'Without it you see nothing here.'
          : 'It may be mistyped, revoked, or of another stack.'}
      </Notice>
    </div>
  );
}
