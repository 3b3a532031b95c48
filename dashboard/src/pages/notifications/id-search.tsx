import { Search } from 'lucide-react';
import { useId, useState } from 'react';
import { useNavigate } from 'react-router';
import { Button } from '@/ui/button';
import { idIn } from './filter';

/** Leads to a notification by its id. */
export function IdSearch() {
  const navigate = useNavigate();
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState(false);
  const id = useId();
  return (
    <form
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        const found = idIn(text);
        setWrong(found === null);
        if (found !== null) void navigate(`/status/${found}`);
      }}
      className="w-full sm:w-auto"
    >
      <div className="flex gap-2">
        <input
          aria-label="Find by id"
          aria-invalid={wrong}
          aria-describedby={wrong ? id : undefined}
          placeholder="Find by id"
          autoComplete="off"
          spellCheck={false}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setWrong(false);
          }}
          className="control font-mono text-sm sm:w-72"
        />
        <Button type="submit" aria-label="Find">
          <Search aria-hidden className="size-4" />
        </Button>
      </div>
      {wrong && (
        <p id={id} role="alert" className="mt-1 text-sm text-bad">
          An id has 24 characters, 0 to 9 and a to f.
        </p>
      )}
    </form>
  );
}
