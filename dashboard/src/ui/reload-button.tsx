import { Button } from './button';

export function ReloadButton() {
  return (
    <Button
      onClick={() => {
        window.location.reload();
      }}
    >
      Reload
    </Button>
  );
}
